import type { RunRecord } from "./record.ts";

/** The record with one field of its last event, or its exit code where it has none, changed. */
export function planted(record: RunRecord): RunRecord {
  const last = record.events.at(-1);
  if (last === undefined) return { ...record, exitCode: record.exitCode + 1 };
  const [name = "ts"] = Object.keys(last).filter((key) => key !== "ts" && key !== "event");
  return { ...record, events: [...record.events.slice(0, -1), { ...last, [name]: "planted" }] };
}
