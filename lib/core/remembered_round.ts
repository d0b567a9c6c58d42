/**
 * Rounds as the state remembers them.
 *
 * @module
 */
import type { EndingKind, Verdict } from "./verdict.ts";
import type { Instant } from "./instant.ts";

export interface RunningRound {
  readonly num: number;
  readonly phase: string | null;
  readonly startedAt: Instant;
  readonly timeoutS: number | null;
  /** It had started before the serve that runs now; by the order of the log, as a clock may be set back. */
  readonly isEarlier: boolean;
  /** Another supervisor started it, and this one took it over. */
  readonly adopted: boolean;
  readonly exit: AgentExit | null;
  /** The agent left uncommitted changes. */
  readonly dirty: boolean;
}

export interface AgentExit {
  readonly code: number;
  readonly durationS: number;
  readonly timedOut: boolean;
  readonly cause: string;
  readonly ending: EndingKind | null;
}

export interface RoundSummary {
  readonly num: number;
  readonly phase: string | null;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly exit: AgentExit | null;
  /** Null in rounds of the Python version. */
  readonly verdict: Verdict | null;
  /** The agent left uncommitted changes, whatever became of them. */
  readonly dirty: boolean;
  readonly usage: RoundUsage | null;
}

export interface RoundUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly usd: number | null;
}
