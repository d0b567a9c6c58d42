import type { Stage } from "./stage.ts";

/** The promises of the project (docs/guide/reliability.md). */
export type Promised = "nothing_extra_runs" | "no_work_lost" | "reports_are_true";

/** One thing that has to work on this machine. */
export interface Check {
  readonly name: string;
  readonly promise: Promised;
  /** Whether a promise is weaker where this does not work. */
  readonly required: boolean;
  /** What works, in a few words. */
  readonly text: string;
  /** What it costs the user where it does not, in one sentence. */
  readonly cost: string;
  readonly look: (stage: Stage) => Seen | Promise<Seen>;
}

/** What was seen on this machine, in a few words; "" where there is nothing to add. */
export interface Seen {
  readonly ok: boolean;
  readonly found: string;
}

export function works(found = ""): Seen {
  return { ok: true, found };
}

export function fails(found: string): Seen {
  return { ok: false, found };
}
