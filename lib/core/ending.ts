/** How the agent's process came to an end. Exactly one reason: the first that happened. */
export type Ending =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: string }
  | { readonly kind: "timed_out"; readonly afterS: number }
  | { readonly kind: "idle_after_result"; readonly afterS: number }
  | { readonly kind: "stalled"; readonly afterS: number }
  | { readonly kind: "stopped" }
  | { readonly kind: "interrupted"; readonly by: InterruptedBy }
  | { readonly kind: "lost" }
  | { readonly kind: "not_started"; readonly why: string };

/** Who ended a round that its own supervisor did not: the next one, a reboot, or the surrounding unit. */
export type InterruptedBy = "reap" | "reboot" | "unit";

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
