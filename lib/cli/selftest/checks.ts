import type { Check } from "./check.ts";
import { cgroup, flock, group, lock, marker, session } from "./containment_checks.ts";
import { dataSync, freeSpace, git, holes } from "./disk_checks.ts";
import { adoption, limits, stop } from "./serve_checks.ts";

/**
 * All checks in the order of the table. `required` are those without which a promise is weaker; the two others cost
 * something that no promise speaks of.
 */
export const CHECKS: readonly Check[] = [
  {
    name: "session",
    promise: "nothing_extra_runs",
    required: true,
    text: "an agent has a session and a group of its own",
    cost: "Ctrl-C and a closed terminal hit the agent in the middle of its work.",
    look: session,
  },
  {
    name: "group",
    promise: "nothing_extra_runs",
    required: true,
    text: "what stays in its group ends with it",
    cost: "An agent that is out of time runs on beside the next one.",
    look: group,
  },
  {
    name: "marker",
    promise: "nothing_extra_runs",
    required: true,
    text: "what leaves its group is found by its marker",
    cost: "Without a cgroup, whatever an agent puts into a session of its own outlives the round.",
    look: marker,
  },
  {
    name: "cgroup",
    promise: "nothing_extra_runs",
    required: true,
    text: "what hides from both is held by a cgroup",
    cost: "A process that leaves its group and clears its environment outlives the round unseen.",
    look: cgroup,
  },
  {
    name: "lock",
    promise: "nothing_extra_runs",
    required: true,
    text: "two supervisors exclude each other",
    cost: "Two supervisors of one log directory can run two agents at once.",
    look: lock,
  },
  {
    name: "flock",
    promise: "nothing_extra_runs",
    required: true,
    text: "a running round holds the lock by itself",
    cost: "While no supervisor lives, the Python version can start a second agent beside a running round.",
    look: flock,
  },
  {
    name: "stop",
    promise: "nothing_extra_runs",
    required: true,
    text: "SIGTERM in a wait is answered within 1 s",
    cost: "A stop is not heard in time, and a service manager ends the supervisor by force.",
    look: stop,
  },
  {
    name: "limits",
    promise: "nothing_extra_runs",
    required: true,
    text: "a limit is waited for, just as long as it lasts",
    cost: "Rounds run into a known limit, or the agent stands still after its end.",
    look: limits,
  },
  {
    name: "adoption",
    promise: "no_work_lost",
    required: true,
    text: "a round outlives its supervisor and is taken over",
    cost: "When the supervisor dies, the running round's work or the truth about its end is lost.",
    look: adoption,
  },
  {
    name: "data_sync",
    promise: "no_work_lost",
    required: true,
    text: "what is written reaches the disk",
    cost: "The last events before a power cut are lost.",
    look: dataSync,
  },
  {
    name: "free_space",
    promise: "no_work_lost",
    required: true,
    text: "the free space of the disk is known",
    cost: "Rounds start on a full disk, where the agent cannot keep what it does.",
    look: freeSpace,
  },
  {
    name: "holes",
    promise: "no_work_lost",
    required: false,
    text: "a running round's log can be shortened",
    cost: "An agent that writes without end fills the disk until its round is over.",
    look: holes,
  },
  {
    name: "git",
    promise: "reports_are_true",
    required: false,
    text: "git can be asked what a round changed",
    cost: "Whether a round did anything is judged by its output alone.",
    look: git,
  },
];
