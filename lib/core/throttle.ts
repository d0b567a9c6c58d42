/**
 * Limits: when the next round may start.
 *
 * A reset that the server named is obeyed as given. One that had to be guessed is doubled for as long as the guess
 * proves too short.
 *
 * @module
 */
import type { Limit } from "./evidence.ts";
import { epochOf, type Instant } from "./instant.ts";

/** Who says when the limit is over. */
export type ResetSource = "server" | "estimate";

/** A limit that has been met and not yet been proven to be over. */
export interface Throttle {
  readonly classification: string;
  readonly agent: string;
  /** The server's name of the window, null where it is not known. */
  readonly window: string | null;
  readonly source: ResetSource;
  /** When this one was detected, and when the first of an unbroken row of its class was. */
  readonly detectedAt: Instant;
  readonly firstDetectedAt: Instant;
  /** The server's word, or the first estimate. */
  readonly resetAt: Instant;
  /** Earlier waits for the class in the same row that had to be guessed. */
  readonly strikes: number;
  readonly sinceRound: number;
}

/** The part of what the log amounts to that has to do with limits. */
export interface LimitState {
  readonly throttles: readonly Throttle[];
  /** Throttles that a round has proven to be over, whose `transient_error_recovered` is still to be written. */
  readonly recovering: readonly Throttle[];
  /** Unbroken row of detections of a class: how many had to be guessed, and since when. */
  readonly rows: Readonly<Record<string, { readonly count: number; readonly since: Instant }>>;
}

/** The `[throttle]` table: seconds. */
export interface ThrottlePolicy {
  readonly rate_limit_account_base_s: number;
  readonly rate_limit_model_base_s: number;
  readonly api_transient_5xx_base_s: number;
  readonly api_timeout_base_s: number;
  readonly cap_s: number;
  readonly jitter_min_s: number;
  readonly jitter_max_s: number;
}

/** Longest server-named wait that is believed: weekly windows with room to spare (32 days). */
const PLAUSIBLE_MS = 32 * 86_400_000;

/** Doublings stop here: 2^5 = 32 times the base, as in the Python version. */
const STRIKES_MAX = 5;

/** First wait (s) of a class that has to be estimated; null for a plugin's own class, which is obeyed as given. */
export function baseS(classification: string, policy: ThrottlePolicy): number | null {
  switch (classification) {
    case "rate_limit_account":
      return policy.rate_limit_account_base_s;
    case "rate_limit_model":
      return policy.rate_limit_model_base_s;
    case "api_transient_5xx":
      return policy.api_transient_5xx_base_s;
    case "api_timeout":
      return policy.api_timeout_base_s;
    default:
      return null;
  }
}

/** A limit with its reset settled: the form in which it goes into the log. */
export interface SettledLimit {
  readonly classification: string;
  readonly agent: string;
  readonly reset_at_epoch: number;
  readonly reset_source: ResetSource;
  readonly window: string | null;
}

/** Settles what a round's evidence says: a missing, past or absurd reset becomes an estimate. */
export function settleLimit(limit: Limit, agent: string, now: Instant, policy: ThrottlePolicy): SettledLimit {
  const { classification, resetAt, window } = limit;
  const believed = resetAt !== null && isPlausible(resetAt, now);
  const base = baseS(classification, policy) ?? policy.cap_s;
  return {
    classification,
    agent,
    reset_at_epoch: believed ? epochOf(resetAt + 999) : epochOf(now + base * 1000 + 999),
    reset_source: believed ? "server" : "estimate",
    window,
  };
}

function isPlausible(resetAt: Instant, now: Instant): boolean {
  return resetAt > now && !isAbsurd(resetAt, now);
}

/** What `transient_error_detected` or `round_end.limit` says about a limit; older writers name no source. */
export interface LoggedLimit {
  readonly classification: string;
  readonly agent: string;
  readonly reset_at_epoch: number;
  readonly reset_source?: ResetSource | undefined;
  readonly window?: string | null | undefined;
}

/** The throttle that a logged limit stands for. `row` is the class's unbroken row so far, if there is one. */
export function throttleOf(
  logged: LoggedLimit,
  at: Instant,
  round: number,
  row: { readonly count: number; readonly since: Instant } | null,
): Throttle {
  const resetAt = millisOf(logged.reset_at_epoch);
  const claimed = logged.reset_source ?? sourceByClass(logged.classification);
  return {
    classification: logged.classification,
    agent: logged.agent,
    window: logged.window ?? null,
    source: isAbsurd(resetAt, at) ? "estimate" : claimed,
    detectedAt: at,
    firstDetectedAt: row?.since ?? at,
    resetAt,
    strikes: row?.count ?? 0,
    sinceRound: round,
  };
}

function isAbsurd(resetAt: Instant, at: Instant): boolean {
  return resetAt - at > PLAUSIBLE_MS;
}

/** Some old lines hold milliseconds: no reset in seconds is above 10^11 (the year 5138). */
function millisOf(epoch: number): Instant {
  return epoch > 1e11 ? Math.floor(epoch) : epoch * 1000;
}

/** Logs without `reset_source`: the Python version guessed for these three classes only. */
function sourceByClass(classification: string): ResetSource {
  return ["rate_limit_model", "api_transient_5xx", "api_timeout"].includes(classification)
    ? "estimate"
    : "server";
}

/** The wait that an estimate amounts to by now. */
export interface EstimatedWait {
  readonly baseS: number;
  readonly appliedS: number;
  readonly capped: boolean;
}

/** Null where the reset is obeyed as given. */
export function estimatedWait(throttle: Throttle, policy: ThrottlePolicy): EstimatedWait | null {
  if (throttle.source === "server") return null;
  const absurd = isAbsurd(throttle.resetAt, throttle.detectedAt);
  const base = baseS(throttle.classification, policy) ?? (absurd ? policy.cap_s : null);
  if (base === null) return null;
  const wanted = base * 2 ** Math.min(throttle.strikes, STRIKES_MAX);
  return { baseS: base, appliedS: Math.min(wanted, policy.cap_s), capped: wanted > policy.cap_s };
}

/** The instant before which no round may start because of this throttle, without jitter. */
export function throttledUntil(throttle: Throttle, policy: ThrottlePolicy): Instant {
  const estimate = estimatedWait(throttle, policy);
  return estimate === null ? throttle.resetAt : throttle.detectedAt + estimate.appliedS * 1000;
}

/** The one of several throttles that lasts longest, null without any. */
export function lastingThrottle(throttles: readonly Throttle[], policy: ThrottlePolicy): Throttle | null {
  let longest: Throttle | null = null;
  for (const throttle of throttles) {
    if (longest === null || throttledUntil(throttle, policy) > throttledUntil(longest, policy)) {
      longest = throttle;
    }
  }
  return longest;
}

/** A round that ran without a new limit ends every row, whatever its own end was. */
export function withoutLimit<State extends LimitState>(state: State): State {
  return { ...state, throttles: [], recovering: [...state.recovering, ...state.throttles], rows: {} };
}

/** `round_end.limit` and `transient_error_detected` tell of the same limit; the first of them counts. */
export function detected<State extends LimitState>(
  state: State,
  logged: LoggedLimit,
  round: number,
  at: Instant,
): State {
  const known = state.throttles.find((throttle) => isSame(throttle, logged));
  if (known !== undefined && known.sinceRound === round && round > 0) return state;
  const row = state.rows[logged.classification] ?? null;
  const throttle = throttleOf(logged, at, round, row);
  const guesses = throttle.strikes + (throttle.source === "estimate" ? 1 : 0);
  return {
    ...state,
    throttles: [...state.throttles.filter((other) => other !== known), throttle],
    recovering: state.recovering.filter((other) => !isSame(other, logged)),
    rows: {
      ...state.rows,
      [logged.classification]: { count: guesses, since: throttle.firstDetectedAt },
    },
  };
}

/** Whether both are the same class of the same agent. */
export function isSame(
  throttle: Throttle,
  other: { readonly classification: string; readonly agent: string },
): boolean {
  return throttle.classification === other.classification && throttle.agent === other.agent;
}
