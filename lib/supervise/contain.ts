/**
 * Ending what a round started: TERM to the whole group, a grace, then KILL.
 *
 * @module
 */
import type { Host, ProcessInfo } from "../host.ts";

/** The launcher of a round: leader of its own session and group. */
export interface Leader {
  readonly pid: number;
  readonly startTime: string;
}

/** A process that had to be ended, by its name and number only: arguments may hold secrets. */
export interface Ended {
  readonly name: string;
  readonly pid: number;
}

export interface Census {
  readonly ended: readonly Ended[];
  readonly left: readonly Ended[];
}

/** Between two looks at a group that is ending (ms). */
const LOOK_MS = 50;

/** How long processes may take to vanish after KILL (ms). */
const KILL_MS = 5000;

/** Living processes of the round's group without the launcher; none when the pid now belongs to somebody else. */
export function groupMembers(host: Host, leader: Leader): readonly ProcessInfo[] {
  const now = host.processes.inspect(leader.pid);
  if (now !== null && now.startTime !== leader.startTime) return [];
  return host.processes.list().filter(({ group, pid, zombie }) =>
    group === leader.pid && pid !== leader.pid && !zombie
  );
}

/** Whether the launcher itself still lives. */
export function isAlive(host: Host, leader: Leader): boolean {
  const now = host.processes.inspect(leader.pid);
  return now !== null && now.startTime === leader.startTime && !now.zombie;
}

/**
 * Ends every member of the group. The launcher is spared, so that it can still write how the agent ended; it follows
 * when it has not left by itself.
 */
export async function endGroup(host: Host, leader: Leader, graceS: number): Promise<Census> {
  const ended = groupMembers(host, leader);
  if (ended.length > 0) {
    host.processes.signal(-leader.pid, "SIGTERM");
    await emptied(host, leader, graceS * 1000);
    for (const { pid } of groupMembers(host, leader)) host.processes.signal(pid, "SIGKILL");
    await emptied(host, leader, KILL_MS);
  }
  await launcherGone(host, leader);
  const left = groupMembers(host, leader);
  return { ended: ended.map(nameOnly), left: left.map(nameOnly) };
}

/** Members that forked while they were being killed are killed at the next look. */
async function emptied(host: Host, leader: Leader, withinMs: number): Promise<void> {
  const untilMs = host.clock.monotonicMs() + withinMs;
  while (groupMembers(host, leader).length > 0 && host.clock.monotonicMs() < untilMs) {
    await host.clock.sleep(LOOK_MS);
  }
}

async function launcherGone(host: Host, leader: Leader): Promise<void> {
  const untilMs = host.clock.monotonicMs() + KILL_MS;
  while (isAlive(host, leader) && host.clock.monotonicMs() < untilMs) await host.clock.sleep(LOOK_MS / 5);
  if (isAlive(host, leader) || groupMembers(host, leader).length > 0) {
    host.processes.signal(-leader.pid, "SIGKILL");
  }
}

function nameOnly({ name, pid }: ProcessInfo): Ended {
  return { name, pid };
}
