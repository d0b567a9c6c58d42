import type { Config } from "../core/config.ts";
import type { Instant } from "../core/instant.ts";
import type { SurroundingUnit } from "../core/surrounding_unit.ts";
import type { OutputReader } from "../extend/output_reader.ts";
import type { Host } from "../host.ts";
import type { EventLog } from "../store/event_log.ts";
import type { Layout } from "../store/layout.ts";
import type { MetricsLog } from "../store/metrics.ts";
import type { Hooks } from "./hooks/hooks.ts";

/** What every part of the write side works with. */
export interface Supervision {
  readonly host: Host;
  readonly config: Config;
  readonly layout: Layout;
  readonly log: EventLog;
  readonly metrics: MetricsLog;
  /** The reader of the agent's output, null where none applies. */
  readonly reader: OutputReader | null;
  /** What else runs around the rounds. */
  readonly hooks: Hooks;
  readonly voice: Voice;
  /** The service manager's unit around this process, null without one. */
  readonly unit: SurroundingUnit | null;
}

/** The same without its hooks: what these themselves work with. */
export type Bare = Omit<Supervision, "hooks">;

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
