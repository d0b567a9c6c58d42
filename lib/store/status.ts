/**
 * Small JSON files of the log directory, in exactly the keys that the Python version accepts: one key too many and it
 * would start again at round 1.
 *
 * @module
 */
import type { Host } from "../host.ts";
import type { Layout } from "./layout.ts";

/** `status.json`: null fields are left out when written. */
export interface Status {
  readonly round_num: number;
  readonly running: boolean;
  readonly last_completed_at: string | null;
  /** Negative: a signal. */
  readonly last_exit_code: number | null;
  readonly last_duration_s: number | null;
  readonly current_phase: string | null;
  readonly phase_index: number;
}

/** @throws FileError */
export function writeStatus(host: Host, layout: Layout, status: Status): void {
  const present = Object.fromEntries(Object.entries(status).filter(([, value]) => value !== null));
  host.files.replace(layout.status, JSON.stringify(present, null, 2), "lasting");
}

export type ReadStatus =
  | { readonly kind: "none" }
  | { readonly kind: "status"; readonly status: Status }
  | { readonly kind: "unreadable"; readonly why: string };

/** Unknown keys are passed over, so that a newer version's file still counts. */
export function readStatus(host: Host, layout: Layout): ReadStatus {
  const text = host.files.readText(layout.status);
  if (text === null) return { kind: "none" };
  const raw = parseObject(text);
  if (raw === null) return { kind: "unreadable", why: "status.json is no JSON object" };
  const { round_num } = raw;
  if (!isCount(round_num)) return { kind: "unreadable", why: "status.json has no round number" };
  return {
    kind: "status",
    status: {
      round_num,
      running: raw.running === true,
      last_completed_at: typeof raw.last_completed_at === "string" ? raw.last_completed_at : null,
      last_exit_code: typeof raw.last_exit_code === "number" ? raw.last_exit_code : null,
      last_duration_s: typeof raw.last_duration_s === "number" ? raw.last_duration_s : null,
      current_phase: typeof raw.current_phase === "string" ? raw.current_phase : null,
      phase_index: isCount(raw.phase_index) ? raw.phase_index : 0,
    },
  };
}

/** The text as a JSON object, null where it is none. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Readonly<Record<string, unknown>>
      : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
