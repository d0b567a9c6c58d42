import { type Instant, isoOf } from "../core/instant.ts";
import { isOpenEnded } from "../core/rules.ts";
import type { Host } from "../host.ts";
import { betweenSince, situationOf } from "./situation.ts";
import type { Observed } from "./observed.ts";

/** What `why --json` prints. */
export interface WhyDocument {
  readonly kind: "running" | "starting" | "waiting" | "between" | "stopping" | "stopped";
  readonly text: string;
  /** By which it waits or has stopped, null where none applies. */
  readonly rule: string | null;
  /** When the wait is over, null for one without a known end. */
  readonly until_epoch: number | null;
  /** Since when it is so, null where nobody knows. */
  readonly since: string | null;
  readonly round_num: number | null;
}

/** @param text of `whyText` */
export function whyDocument(host: Host, observed: Observed, text: string): WhyDocument {
  const { serve, round } = situationOf(host, observed);
  const { state } = observed;
  const said = (kind: WhyDocument["kind"], since: Instant | null, rule: string | null = null) => ({
    kind,
    text,
    rule,
    until_epoch: null,
    since: since === null ? null : isoOf(since),
    round_num: null,
  });
  if (round !== null) return { ...said("running", round.running.startedAt), round_num: round.running.num };
  const [stoppedAt, stoppedBy] = state.serve.kind === "stopped"
    ? [state.serve.at, state.serve.rule]
    : [null, null];
  switch (serve.kind) {
    case "nothing":
      return said("stopped", stoppedAt, stoppedBy);
    case "starting":
      return said("starting", serve.since);
    case "waiting": {
      const { rule, since, until } = serve.wait;
      return { ...said("waiting", since, rule), until_epoch: isOpenEnded(rule) ? null : until / 1000 };
    }
    case "working":
      return said("between", betweenSince(state));
    case "stopping":
      return said("stopping", stoppedAt, stoppedBy);
  }
}
