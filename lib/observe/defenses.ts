import type { Config } from "../core/config.ts";
import { KINDS } from "../core/events.ts";
import type { ProjectState } from "../core/project_state.ts";
import { CRASHES_MAX } from "../core/rules.ts";
import { isSwitchedOn } from "../core/switch_word.ts";
import type { Host } from "../host.ts";

/** A mistake that was made once and cannot be made again. */
export interface Defense {
  readonly name: string;
  readonly value: number | string | readonly string[];
  /** The incident of the Python version that it remembers. */
  readonly codifies: string | null;
  /** A test of this project, null for what is not carried out. */
  readonly guarded_by: string | null;
  readonly current_state: DefenseState;
}

export type DefenseState = "active" | "degraded" | "off";

/** All of them, in a fixed order. What depends on the machine is looked up on this one. */
export function defenses(host: Host, config: Config, state: ProjectState): readonly Defense[] {
  return ROWS.map(({ name, codifies, guardedBy, value, measure }) => ({
    name,
    value: value(config),
    codifies,
    guarded_by: guardedBy,
    current_state: guardedBy === null ? "off" : measure?.({ host, config, state }) ?? "active",
  }));
}

interface Place {
  readonly host: Host;
  readonly config: Config;
  readonly state: ProjectState;
}

const SETTLE_TEST = "tests/supervise/settle_test.ts";

interface Row {
  readonly name: string;
  readonly codifies: string | null;
  readonly guardedBy: string | null;
  readonly value: (config: Config) => Defense["value"];
  /** Absent where nothing can weaken it. */
  readonly measure?: (place: Place) => DefenseState;
}

const ROWS: readonly Row[] = [
  {
    name: "round_timeout_s",
    codifies: "R1128",
    guardedBy: "tests/supervise/phases_test.ts",
    value: ({ runtime }) => runtime.round_timeout_s,
  },
  {
    name: "process_group_isolation",
    codifies: "#307",
    guardedBy: "tests/e2e/contain_test.ts",
    value: () => "a session of its own, and a cgroup where there is one",
    measure: ({ state: { serve } }) =>
      serve.kind === "started" && !serve.containment.includes("cgroup") ? "degraded" : "active",
  },
  {
    name: "sigterm_reaper",
    codifies: "R725",
    guardedBy: "tests/e2e/signals_test.ts",
    value: () => "a first signal lets the round finish, a second ends it",
  },
  {
    name: "orphan_stash_idempotency_s",
    codifies: "R820",
    guardedBy: SETTLE_TEST,
    value: ({ vcs }) => vcs.stash_idempotency_s,
  },
  {
    name: "sha_locked_stash",
    codifies: "§9",
    guardedBy: SETTLE_TEST,
    value: () => "a stash is known by its commit id only",
  },
  {
    name: "set_diff_classification",
    codifies: "R2110",
    guardedBy: "tests/core/git_status_test.ts",
    value: () => "records of git status, no diff lines",
  },
  {
    name: "critical_envs_injection",
    codifies: null,
    guardedBy: "tests/supervise/prompt_test.ts",
    value: ({ agent }) => Object.keys(agent.env).sort(),
    measure: ({ config }) => Object.keys(config.agent.env).length === 0 ? "off" : "active",
  },
  {
    name: "startup_smoke_check",
    codifies: "R721 + #446",
    guardedBy: "tests/supervise/startup_checks_test.ts",
    value: () =>
      "5 checks (log_dir, agent_cli, git, prompt_file, prompt_smoke), the last two for every phase",
    measure: ({ host }) => isSwitchedOn(host.env.get("AGENT_RUNNER_SKIP_STARTUP_CHECK")) ? "off" : "active",
  },
  {
    name: "crash_loop_breaker",
    codifies: "Run 6",
    guardedBy: "tests/core/rules_test.ts",
    value: () => `stops after ${CRASHES_MAX} short failures in a row, with growing pauses`,
  },
  {
    name: "flock_concurrency",
    codifies: null,
    guardedBy: "tests/sys/launcher_test.ts",
    value: () => "agent-runner.lock",
    // Without flock(1) an agent whose supervisor died holds no lock.
    measure: ({ host }) => host.processes.hasFlock ? "active" : "degraded",
  },
  {
    name: "atomic_state_writes",
    codifies: null,
    guardedBy: "tests/sys/files_test.ts",
    value: () => "tmp + fsync + rename",
  },
  {
    name: "event_kind_registry",
    codifies: null,
    guardedBy: "tests/core/events_test.ts",
    value: () => `${KINDS.length} kinds in one table`,
  },
];
