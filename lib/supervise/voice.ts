import type { Instant } from "../core/instant.ts";

/** What the supervisor has to say beside its events. */
export interface Voice {
  /** A sentence for the person who watches; not an event. */
  note(text: string): void;
  /** What goes on at this moment; called a few times a second at most. */
  activity(activity: Activity): void;
}

export type Activity =
  | {
    readonly kind: "running";
    readonly round: number;
    readonly elapsedMs: number;
    readonly limitMs: number;
    /** Since the agent's last output. */
    readonly quietMs: number;
    readonly work: WorkPhase;
  }
  | { readonly kind: "waiting"; readonly rule: string; readonly until: Instant }
  | { readonly kind: "between" };

/** What the round is busy with. */
export type WorkPhase =
  | "agent starts"
  | "agent works"
  | "a tool runs"
  | "result is there"
  | "ending the agent";
