/**
 * `running-round.json`: everything that another supervisor needs to find the running round's processes. Written
 * before the agent may start, removed when the round is closed.
 *
 * @module
 */
import * as v from "valibot";
import type { Host } from "../host.ts";
import type { Layout } from "./layout.ts";
import { parseObject } from "./status.ts";

const RunningRoundRecord = v.object({
  round: v.pipe(v.number(), v.integer(), v.minValue(1)),
  phase: v.nullable(v.string()),
  /** The round's marker. */
  id: v.string(),
  /** Launcher: its pid is the number of its group and session too. */
  pid: v.pipe(v.number(), v.integer(), v.minValue(2)),
  /** Clock ticks since boot, as the kernel prints them. */
  start_time: v.string(),
  boot_id: v.string(),
  /** Agent output, relative to the log directory. */
  log: v.string(),
  started_at: v.string(),
  /** Start and limit on the boot clock (ms). */
  started_boot_ms: v.number(),
  deadline_boot_ms: v.number(),
  timeout_s: v.number(),
});

export type RunningRoundRecord = Readonly<v.InferOutput<typeof RunningRoundRecord>>;

/** @throws FileError: then the agent must not start */
export function writeRunningRound(host: Host, layout: Layout, record: RunningRoundRecord): void {
  host.files.replace(layout.runningRound, JSON.stringify(record, null, 2));
}

/** Null where there is none, or none that can be trusted. */
export function readRunningRound(host: Host, layout: Layout): RunningRoundRecord | null {
  const text = host.files.readText(layout.runningRound);
  const parsed = v.safeParse(RunningRoundRecord, text === null ? null : parseObject(text));
  return parsed.success ? parsed.output : null;
}

export function removeRunningRound(host: Host, layout: Layout): void {
  host.files.remove(layout.runningRound);
}
