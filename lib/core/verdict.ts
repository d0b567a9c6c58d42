import type { Evidence } from "./evidence.ts";
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

/** What a round was worth, judged by evidence. */
export const VERDICTS = [
  "productive",
  "no_work",
  "limited",
  "failed",
  "timed_out",
  "interrupted",
  "waiting_for_human",
] as const;

export type Verdict = (typeof VERDICTS)[number];

/** A round that exits 0 in less than this and shows no effect did no work (s). The Python version's short exit. */
export const SHORT_ROUND_S = 60;

/** What is judged. */
export interface RoundFacts {
  readonly ending: Ending;
  readonly evidence: Evidence;
  readonly durationS: number;
  /** Whether HEAD or the work tree changed; null where that cannot be seen. */
  readonly treeChanged: boolean | null;
}

/** The first line that fits decides. */
export function verdictOf(facts: RoundFacts): Verdict {
  const { ending, evidence } = facts;
  if (evidence.limit !== null) return "limited";
  switch (ending.kind) {
    case "timed_out":
    case "stalled":
      return "timed_out";
    case "stopped":
    case "interrupted":
    case "lost":
      return "interrupted";
    case "signalled":
    case "not_started":
      return "failed";
    case "idle_after_result":
      return evidence.result?.ok === false ? "failed" : "productive";
    case "exited":
      if (evidence.waitingFor !== null) return "waiting_for_human";
      if (ending.code !== 0 || evidence.result?.ok === false) return "failed";
      return didNothing(facts) ? "no_work" : "productive";
  }
}

function didNothing({ evidence, durationS, treeChanged }: RoundFacts): boolean {
  return durationS < SHORT_ROUND_S && evidence.result === null && evidence.usage === null &&
    treeChanged !== true;
}
