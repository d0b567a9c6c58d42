/**
 * Ending what a round started, completely: a cgroup where there is one; without it the process group, then every
 * process that carries the round's marker.
 *
 * @module
 */
import { compilePattern } from "../core/pattern.ts";
import type { Host, ProcessInfo } from "../host.ts";
import { until } from "./until.ts";

/** What a round's processes are known by. */
export interface Containment {
  /** Launcher: leader of the round's session and group. It stays outside the cgroup, to write how the agent ended. */
  readonly pid: number;
  /** As `ProcessInfo.startTime`: a recycled pid is nobody of ours. */
  readonly startTime: string;
  /** The round's marker. */
  readonly id: string;
  readonly cgroup: string | null;
}

/** How a process had left the agent's group. */
export type Escape = "in_group" | "own_group" | "own_session" | "no_marker";

/** A process of the round that outlived its agent: its name and number only, as arguments may hold secrets. */
export interface Leftover {
  readonly name: string;
  readonly pid: number;
  /** Seconds since its start, null where unknown. */
  readonly age_s: number | null;
  readonly escaped: Escape;
}

/** What had to be ended, and what is still there. */
export interface Census {
  readonly ended: readonly Leftover[];
  readonly left: readonly Leftover[];
}

export const NOBODY: Census = { ended: [], left: [] };

/** Between two looks at processes that are ending (ms). */
const LOOK_MS = 25;

/** How long they may take to vanish after KILL (ms): with a cgroup, and without one. */
const KILL_CGROUP_MS = 5000;
const KILL_SWEEPS_MS = 10_000;

/** As many are named in the census that were met only while everything was killed: they may be thousands. */
const LATE_NAMED = 20;

/** Quick looks at the newest processes before a whole sweep may say "empty" (docs/decisions/0010). */
const PROBES = 40;

/** How long git's own background maintenance is waited for (ms). */
const MAINTENANCE_MS = 60_000;

/** Clock ticks in a second: what Linux shows to user space on every architecture (`USER_HZ`). */
const TICKS = 100;

/** Living processes of the round without its launcher. */
export function livingMembers(host: Host, round: Containment): readonly ProcessInfo[] {
  const { processes, cgroups } = host;
  const own = new Set([processes.self.pid, round.pid]);
  if (round.cgroup !== null) {
    return cgroups.members(round.cgroup).filter((pid) => !own.has(pid)).flatMap((pid) => alive(host, pid));
  }
  const recycled = processes.inspect(round.pid);
  const isOurs = recycled === null || recycled.startTime === round.startTime;
  const grouped = isOurs
    ? processes.list().filter(({ group, zombie }) => group === round.pid && !zombie)
    : [];
  const known = new Set([...own, ...grouped.map(({ pid }) => pid)]);
  const marked = processes.marked(round.id, "all").filter((pid) => !known.has(pid)).flatMap((pid) =>
    alive(host, pid)
  );
  return [...grouped.filter(({ pid }) => !own.has(pid)), ...marked];
}

/** Whether anything of the round but its launcher lives; the cheapest look there is. */
export function hasMembers(host: Host, round: Containment): boolean {
  return round.cgroup === null
    ? livingMembers(host, round).length > 0
    : host.cgroups.isPopulated(round.cgroup);
}

/** CPU time that the round has used so far (ms); without a cgroup, that of those who live. */
export function cpuMsOf(host: Host, round: Containment): number | null {
  if (round.cgroup !== null) return host.cgroups.cpuMs(round.cgroup);
  return livingMembers(host, round).reduce((sum, { pid }) => sum + (host.processes.cpuMs(pid) ?? 0), 0);
}

/** Whether the launcher itself still lives. */
export function isLauncherAlive(host: Host, round: Containment): boolean {
  const now = host.processes.inspect(round.pid);
  return now !== null && now.startTime === round.startTime && !now.zombie;
}

/** Ends everything of the round: TERM, the grace, KILL until nothing is left; then the launcher has gone too. */
export async function endRound(host: Host, round: Containment, graceS: number): Promise<Census> {
  const census = await endMembers(host, round, livingMembers(host, round), graceS, () => true);
  await launcherGone(host, round);
  if (round.cgroup !== null) host.cgroups.remove(round.cgroup);
  return census;
}

/** What becomes of processes that an agent left behind when it ended by itself. */
export interface LeftoverPolicy {
  readonly action: "end" | "report";
  /** Patterns of command lines that are left alone. */
  readonly ignore: readonly string[];
}

/** Looks for what a cleanly ended agent left behind, and ends it as the policy says. */
export async function settleLeftovers(
  host: Host,
  round: Containment,
  graceS: number,
  policy: LeftoverPolicy,
): Promise<Census> {
  if (!await mayHaveLeftovers(host, round)) {
    if (round.cgroup !== null) host.cgroups.remove(round.cgroup);
    return NOBODY;
  }
  await maintenanceOver(host, round);
  const isEnded = ({ pid, name }: ProcessInfo) => {
    const words = host.processes.commandLine(pid) || name;
    return policy.action === "end" && !isMaintenance(words) &&
      !policy.ignore.some((text) => matches(text, words));
  };
  const census = await endMembers(host, round, livingMembers(host, round), graceS, isEnded);
  if (round.cgroup !== null) host.cgroups.remove(round.cgroup);
  return census;
}

/** Without a cgroup, what forks without end can hide from a whole sweep, but not among the newest processes. */
async function mayHaveLeftovers(host: Host, round: Containment): Promise<boolean> {
  if (hasMembers(host, round)) return true;
  if (round.cgroup !== null) return false;
  for (let i = 0; i < PROBES; i++) {
    if (host.processes.marked(round.id, "newest").length > 0) return true;
    if (i % 8 === 7) await host.clock.sleep(1);
  }
  return false;
}

async function endMembers(
  host: Host,
  round: Containment,
  found: readonly ProcessInfo[],
  graceS: number,
  isEnded: (member: ProcessInfo) => boolean,
): Promise<Census> {
  const toEnd = found.filter(isEnded);
  const ended = [...leftoversOf(host, round, toEnd)];
  const remaining = () => livingMembers(host, round).filter(isEnded);
  // Nobody seen does not mean nobody there: what forks without end hides from a whole sweep.
  if (toEnd.length > 0 || found.length === 0) {
    for (const member of toEnd) signalSame(host, member, "SIGTERM");
    await until(host, () => remaining().length === 0, { withinMs: graceS * 1000, lookMs: LOOK_MS });
    const late = await killAll(host, round, remaining, toEnd.length === found.length);
    ended.push(...late.filter(({ pid }) => !ended.some((other) => other.pid === pid)).slice(0, LATE_NAMED));
  }
  const left = leftoversOf(host, round, livingMembers(host, round));
  return { ended: ended.filter(({ pid }) => !left.some((other) => other.pid === pid)), left };
}

/** @returns whom it met, as far as one can be met that forks and exits for ever */
async function killAll(
  host: Host,
  round: Containment,
  remaining: () => readonly ProcessInfo[],
  everything: boolean,
): Promise<readonly Leftover[]> {
  if (round.cgroup !== null && everything) {
    const { cgroup } = round;
    const met = leftoversOf(host, round, livingMembers(host, round));
    if (host.cgroups.isPopulated(cgroup)) host.cgroups.kill(cgroup);
    await until(host, () => !host.cgroups.isPopulated(cgroup), { withinMs: KILL_CGROUP_MS, lookMs: LOOK_MS });
    return met;
  }
  const met: Leftover[] = [];
  const untilMs = host.clock.monotonicMs() + (round.cgroup === null ? KILL_SWEEPS_MS : KILL_CGROUP_MS);
  let emptySweeps = 0;
  while (emptySweeps < 2 && host.clock.monotonicMs() < untilMs) {
    const now = remaining();
    met.push(...leftoversOf(host, round, now));
    for (const member of now) signalSame(host, member, "SIGKILL");
    const caught = round.cgroup === null && everything ? await killNewest(host, round) : [];
    met.push(...caught);
    emptySweeps = now.length + caught.length === 0 ? emptySweeps + 1 : 0;
    if (now.length > 0) await host.clock.sleep(LOOK_MS);
  }
  return met;
}

/** Kills whatever carries the marker among the newest processes, again and again: what forks for ever is there. */
async function killNewest(host: Host, round: Containment): Promise<readonly Leftover[]> {
  const caught: Leftover[] = [];
  for (let i = 0; i < PROBES; i++) {
    for (const pid of host.processes.marked(round.id, "newest")) {
      const met = leftoversOf(host, round, alive(host, pid));
      if (host.processes.signal(pid, "SIGKILL")) caught.push(...met);
    }
    if (i % 8 === 7) await host.clock.sleep(1);
  }
  return caught;
}

async function launcherGone(host: Host, round: Containment): Promise<void> {
  // An agent that stopped its whole group stopped its launcher too.
  if (isLauncherAlive(host, round)) host.processes.signal(round.pid, "SIGCONT");
  const gone = await until(host, () => !isLauncherAlive(host, round), {
    withinMs: KILL_CGROUP_MS,
    lookMs: LOOK_MS,
  });
  if (!gone) host.processes.signal(round.pid, "SIGKILL");
}

/** Signals a process only if it is still the one that was looked at. */
function signalSame(host: Host, { pid, startTime }: ProcessInfo, name: "SIGTERM" | "SIGKILL"): void {
  if (host.processes.inspect(pid)?.startTime === startTime) host.processes.signal(pid, name);
}

function alive(host: Host, pid: number): readonly ProcessInfo[] {
  const member = host.processes.inspect(pid);
  return member === null || member.zombie ? [] : [member];
}

function leftoversOf(
  host: Host,
  round: Containment,
  processes: readonly ProcessInfo[],
): readonly Leftover[] {
  const hasStrangers = round.cgroup !== null && processes.some(({ group }) => group !== round.pid);
  const marked = hasStrangers ? new Set(host.processes.marked(round.id, "all")) : null;
  const bootS = host.clock.boot().ms / 1000;
  return processes.map(({ pid, name, group, session, startTime }) => {
    const age = bootS - Number(startTime) / TICKS;
    const escaped = group === round.pid
      ? "in_group"
      : marked?.has(pid) === false
      ? "no_marker"
      : session === round.pid
      ? "own_group"
      : "own_session";
    return { name, pid, age_s: Number.isFinite(age) ? Math.max(0, Math.round(age)) : null, escaped };
  });
}

async function maintenanceOver(host: Host, round: Containment): Promise<void> {
  const runs = () =>
    livingMembers(host, round).some(({ pid, name }) =>
      isMaintenance(host.processes.commandLine(pid) || name)
    );
  await until(host, () => !runs(), { withinMs: MAINTENANCE_MS, lookMs: LOOK_MS });
}

/** git tidies up in the background after a commit; killed half-way it would leave locks. */
function isMaintenance(words: string): boolean {
  return /^(\S*\/)?git\s+(-\S+\s+)*(maintenance|gc|repack|pack-objects)\b/.test(words);
}

function matches(pattern: string, words: string): boolean {
  const compiled = compilePattern(pattern);
  return compiled instanceof RegExp && compiled.test(words);
}
