import type { Ending, InterruptedBy } from "./plugin.ts";

export type { Ending, InterruptedBy };

export type EndingKind = Ending["kind"];

export const ENDING_KINDS = [
  "exited",
  "signalled",
  "timed_out",
  "idle_after_result",
  "stalled",
  "stopped",
  "interrupted",
  "lost",
  "not_started",
] as const satisfies readonly EndingKind[];
