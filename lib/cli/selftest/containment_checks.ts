/**
 * Ending a round, layer by layer: each is shown a process that only it can end.
 *
 * @module
 */
import { type Containment, endRound, livingMembers } from "../../supervise/contain.ts";
import { fails, type Seen, works } from "./check.ts";
import type { Actor, Stage } from "./stage.ts";

/** Says that it runs, does not listen to SIGTERM, and ends by itself after a minute. */
const STUBBORN = ["/bin/sh", "-c", "trap '' TERM; echo up; sleep 60"];

/** How long a shell may take to start on a busy machine (ms). */
const START_MS = 5000;

/** From SIGTERM to SIGKILL (s). */
const GRACE_S = 0.1;

/** Exit code of the launcher when another process holds the lock. */
const LAUNCHER_BUSY = 75;

export async function session(stage: Stage): Promise<Seen> {
  const { inspect, self } = stage.host.processes;
  const actor = await started(stage, stage.start(STUBBORN));
  const launcher = inspect(actor.launch.pid);
  if (launcher === null) return fails("the launcher cannot be looked at");
  const isApart = launcher.group === launcher.pid && launcher.session !== inspect(self.pid)?.session;
  return isApart ? works() : fails("an agent shares the supervisor's session");
}

export async function group(stage: Stage): Promise<Seen> {
  const actor = await started(stage, stage.start(STUBBORN));
  await endRound(stage.host, actor.containment, GRACE_S);
  return gone(stage, actor.containment, "a process in the agent's group outlived SIGKILL");
}

/** The second process is in another session: of the first one's round it has nothing but the marker. */
export async function marker(stage: Stage): Promise<Seen> {
  const id = stage.newName();
  const first = await started(stage, stage.start(STUBBORN, { id }));
  const escaped = await started(stage, stage.start(STUBBORN, { id }));
  await endRound(stage.host, first.containment, GRACE_S);
  return gone(stage, escaped.containment, "a process that left the session was not found by its marker");
}

/** The second process has neither session nor marker in common with the first one's round. */
export async function cgroup(stage: Stage): Promise<Seen> {
  const { root } = stage.host.cgroups;
  if (root === null) return fails("no cgroup v2 that this user may make groups in");
  const path = stage.host.cgroups.make(`${root}/agent-runner-${stage.newName()}`);
  stage.atClose(() => stage.host.cgroups.remove(path) ? null : `not removed: ${path}`);
  const first = await started(stage, stage.start(STUBBORN, { cgroup: path }));
  const escaped = await started(stage, stage.start(STUBBORN, { cgroup: path }));
  await endRound(stage.host, { ...first.containment, cgroup: path }, GRACE_S);
  return gone(stage, escaped.containment, "a process without marker outlived its cgroup", root);
}

/** As the supervisor does: of two that open the same file, only one may hold it. */
export function lock(stage: Stage): Seen {
  const { files } = stage.host;
  const path = `${stage.dir}/${stage.newName()}.lock`;
  const first = files.lock(path);
  if (first === null) return fails("a lock that nobody holds was refused");
  const second = files.lock(path);
  second?.release();
  first.release();
  return second === null ? works() : fails("two held the same lock");
}

/** As a round does: its launcher holds the lock for as long as it lives, whatever became of the supervisor. */
export async function flock(stage: Stage): Promise<Seen> {
  const { files, processes } = stage.host;
  if (!processes.hasFlock) return fails("flock(1) is not on PATH");
  const lockPath = `${stage.dir}/${stage.newName()}.lock`;
  const holder = await started(stage, stage.start(STUBBORN, { lockPath }));
  const ours = files.lock(lockPath);
  ours?.release();
  if (ours !== null) return fails("the lock could be taken while a round held it");
  const second = stage.start(STUBBORN, { lockPath });
  await stage.until(START_MS, () => second.output() !== "" || second.hasEnded());
  if (!second.hasEnded() || await second.launch.ended !== LAUNCHER_BUSY) {
    return fails("a second agent started beside the first one");
  }
  await endRound(stage.host, holder.containment, GRACE_S);
  const after = files.lock(lockPath);
  after?.release();
  return after === null ? fails("the lock was still held after the round") : works();
}

/** @throws NotStarted when it does not run in time */
async function started(stage: Stage, actor: Actor): Promise<Actor> {
  const isUp = await stage.until(START_MS, () => actor.output() !== "" || actor.hasEnded());
  if (!isUp || actor.hasEnded()) throw new NotStarted();
  return actor;
}

/** A program of the self-test did not run: the machine is too busy, or starts nothing at all. */
export class NotStarted extends Error {
  constructor() {
    super("a test process could not be started");
  }
}

function gone(stage: Stage, containment: Containment, words: string, found = ""): Seen {
  return livingMembers(stage.host, containment).length === 0 ? works(found) : fails(words);
}
