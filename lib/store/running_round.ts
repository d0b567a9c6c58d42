/**
 * `running-round.json`: everything that another supervisor needs to find the running round's processes. Written
 * before the agent may start, removed when the round is closed.
 *
 * @module
 */
import {
  array,
  type InferOutput,
  integer,
  minValue,
  nullable,
  number,
  object,
  optional,
  pipe,
  safeParse,
  string,
} from "valibot";
import type { Host } from "../host.ts";
import type { Layout } from "./layout.ts";
import { parseObject } from "./status.ts";

function recordSchema() {
  return object({
    round: pipe(number(), integer(), minValue(1)),
    phase: nullable(string()),
    /** The round's marker. */
    id: string(),
    /** Launcher: its pid is the number of its group and session too. */
    pid: pipe(number(), integer(), minValue(2)),
    /** Clock ticks since boot, as the kernel prints them. */
    start_time: string(),
    boot_id: string(),
    /** The round's own cgroup, null without one. */
    cgroup: nullable(string()),
    /** Agent output, relative to the log directory. */
    log: string(),
    started_at: string(),
    /** Start and limit on the boot clock (ms). */
    started_boot_ms: number(),
    deadline_boot_ms: number(),
    timeout_s: number(),
    /** Range of the log that was given back to the file system, null without one (bytes). */
    hole: nullable(object({ from: number(), to: number() })),
    /** The work tree before the agent; absent or null where it is not known, or too much to note. */
    before: optional(nullable(object({
      head: nullable(string()),
      fingerprint: string(),
      dirty: array(string()),
    }))),
  });
}

export type RunningRoundRecord = Readonly<InferOutput<ReturnType<typeof recordSchema>>>;

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
  const parsed = safeParse(recordSchema(), parseObject(text));
  return parsed.success ? parsed.output : null;
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
