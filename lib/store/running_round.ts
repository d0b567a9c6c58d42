/**
 * `running-round.json`: everything that another supervisor needs to find the running round's processes. Written
 * before the agent may start, removed when the round is closed.
 *
 * @module
 */
import { fields, intFrom, list, nullable, num, optional, type ValuesOf, word } from "../core/field.ts";
import type { Host } from "../host.ts";
import type { Layout } from "./layout.ts";
import { parseObject } from "./status.ts";

function recordFields() {
  return {
    round: intFrom(1),
    phase: nullable(word()),
    /** The round's marker. */
    id: word(),
    /** Launcher: its pid is the number of its group and session too. */
    pid: intFrom(2),
    /** Clock ticks since boot, as the kernel prints them. */
    start_time: word(),
    boot_id: word(),
    /** The round's own cgroup, null without one. */
    cgroup: nullable(word()),
    /** Agent output, relative to the log directory. */
    log: word(),
    started_at: word(),
    /** Start and limit on the boot clock (ms). */
    started_boot_ms: num(),
    deadline_boot_ms: num(),
    timeout_s: num(),
    /** Range of the log that was given back to the file system, null without one (bytes). */
    hole: nullable(fields({ from: num(), to: num() })),
    /** The work tree before the agent; absent or null where it is not known, or too much to note. */
    before: optional(nullable(fields({
      head: nullable(word()),
      fingerprint: word(),
      dirty: list(word()),
    }))),
  };
}

export type RunningRoundRecord = ValuesOf<ReturnType<typeof recordFields>>;

/**
 * It outlives a power cut as the round's start in the log does: without it nobody finds the output that remains.
 * @throws FileError: then the agent must not start
 */
export function writeRunningRound(host: Host, layout: Layout, record: RunningRoundRecord): void {
  replace(host, layout, record, "lasting");
}

function replace(
  host: Host,
  layout: Layout,
  record: RunningRoundRecord,
  durability: "lasting" | "whole",
): void {
  host.files.replace(layout.runningRound, JSON.stringify(record, null, 2), durability);
}

/** Null where there is none, or none that can be trusted. */
export function readRunningRound(host: Host, layout: Layout): RunningRoundRecord | null {
  const text = host.files.readText(layout.runningRound);
  if (text === null) return null;
  const record = parseObject(text);
  return fields(recordFields()).is(record) ? record : null;
}

/** Whether the launcher of the recorded round still lives, in this boot. */
export function isRunning(host: Host, { pid, start_time, boot_id }: RunningRoundRecord): boolean {
  if (host.clock.boot().id !== boot_id) return false;
  const found = host.processes.inspect(pid);
  return found !== null && !found.zombie && found.startTime === start_time;
}

/** Pid of the supervisor that started the round, null when it is dead. @param roundAlive as `isRunning` says */
export function livingStarter(
  host: Host,
  { id, pid, boot_id }: RunningRoundRecord,
  roundAlive: boolean,
): number | null {
  // The marker names it: the boot and its start time, its pid, the round.
  const [born = "", starter] = id.split("-").slice(-3);
  // The kernel gives the launcher another parent when that dies.
  if (roundAlive) return host.processes.inspect(pid)?.parent === Number(starter) ? Number(starter) : null;
  const found = host.clock.boot().id === boot_id ? host.processes.inspect(Number(starter)) : null;
  const isSame = found !== null && !found.zombie && born.split(".").slice(1).join(".") === found.startTime;
  return isSame ? Number(starter) : null;
}

/** Notes the range of the log that reads as zeros from now on. Not synced: who does not know of it reads zeros. */
export function recordHole(
  host: Host,
  layout: Layout,
  hole: RunningRoundRecord["hole"],
): void {
  const record = readRunningRound(host, layout);
  if (record !== null) replace(host, layout, { ...record, hole }, "whole");
}

export function removeRunningRound(host: Host, layout: Layout): void {
  host.files.remove(layout.runningRound);
}
