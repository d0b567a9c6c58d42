/**
 * What a round's findings amount to: the same rules for every plugin.
 *
 * @module
 */
import type { Instant } from "./instant.ts";
import type { Finding, LimitFinding, RepetitionFinding, UsageFinding } from "./plugin.ts";

/** The sum of a round's findings so far; a value, made by `emptyEvidence` and `withFinding` only. */
export interface Evidence {
  /** What the next round has to wait for, null where it may start at once. */
  readonly limit: Limit | null;
  /** The last closing record of the CLI, null where it wrote none. */
  readonly result: { readonly ok: boolean } | null;
  readonly usage: UsageFinding | null;
  readonly repetitions: readonly RepetitionFinding[];
  /** The CLI's words about a failed login ("" where it has none), null where the login was not refused. */
  readonly auth: string | null;
  /** The CLI's words about an unpaid account ("" where it has none), null where there is no such complaint. */
  readonly billing: string | null;
  readonly waitingFor: string | null;
  readonly openTools: number;
  /** For `withFinding` only. */
  readonly standing: Standing;
}

/** Why the next round has to wait, and until when. */
export interface Limit {
  /** `rate_limit_account`, `rate_limit_model`, `api_transient_5xx`, `api_timeout`, or a plugin's own word. */
  readonly classification: string;
  /** Named by the server or by a plugin, and obeyed as given; null: the wait has to be estimated. */
  readonly resetAt: Instant | null;
  /** The server's name of the window, null where it named none. */
  readonly window: string | null;
  /** The CLI's own wording, uncut and unredacted, "" where it has none. */
  readonly raw: string;
}

/** Everything that stands against the next round, of which `Evidence.limit` is the weightiest. */
interface Standing {
  /** Windows that refuse requests, at most one entry a name, and the unnamed one only with a reset. */
  readonly windows: readonly LimitFinding[];
  readonly own: Limit | null;
  /** The last failure that names neither a window nor a time. */
  readonly passing: Limit | null;
  /** What the CLI said when it closed with an error: the words for limits that have none themselves. */
  readonly closingWords: string;
}

/** Windows and repetitions that are kept; a reader that finds more is wrong. */
const KEPT_MAX = 100;

const NOTHING_STANDS: Standing = { windows: [], own: null, passing: null, closingWords: "" };

/** The evidence before the first finding. */
export function emptyEvidence(): Evidence {
  return {
    limit: null,
    result: null,
    usage: null,
    repetitions: [],
    auth: null,
    billing: null,
    waitingFor: null,
    openTools: 0,
    standing: NOTHING_STANDS,
  };
}

/**
 * The evidence after one more finding.
 *
 * A good result cancels every complaint before it. A window stands until the server admits it again; among those that
 * stand the latest reset counts, and any reset outweighs a failure whose end has to be guessed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const refused = withFinding(emptyEvidence(), {
 *   kind: "limit", scope: "account", window: "five_hour", resetAt: 1_700_003_600_000, raw: "",
 * });
 * assert.equal(refused.limit?.classification, "rate_limit_account");
 * assert.equal(withFinding(refused, { kind: "result", ok: true, raw: "" }).limit, null);
 * ```
 */
export function withFinding(evidence: Evidence, finding: Finding): Evidence {
  const { standing } = evidence;
  switch (finding.kind) {
    case "limit":
      return withStanding(evidence, withRefusal(standing, finding));
    case "limit_cleared":
      return withStanding(evidence, withoutWindow(standing, finding.window));
    case "overloaded":
      return withStanding(evidence, { ...standing, passing: estimated("api_transient_5xx", finding.raw) });
    case "api_timeout":
      return withStanding(evidence, { ...standing, passing: estimated("api_timeout", finding.raw) });
    case "other_limit":
      return withStanding(evidence, {
        ...standing,
        own: laterOf(standing.own, { ...finding, window: null }),
      });
    case "auth_failed":
      return { ...evidence, auth: finding.raw };
    case "billing":
      return { ...evidence, billing: finding.raw };
    case "usage":
      return { ...evidence, usage: finding };
    case "waiting_for_human":
      return { ...evidence, waitingFor: finding.what };
    case "tool":
      return { ...evidence, openTools: Math.max(0, evidence.openTools + (finding.open ? 1 : -1)) };
    case "repetition":
      if (evidence.repetitions.length >= KEPT_MAX) return evidence;
      return { ...evidence, repetitions: [...evidence.repetitions, finding] };
    case "result":
      return finding.ok ? afterSuccess(evidence) : afterFailure(evidence, finding.raw);
  }
}

/** Merges a refusal; one that names no time never replaces what is known about the same window. */
function withRefusal(standing: Standing, refusal: LimitFinding): Standing {
  const known = standing.windows.find((other) => other.window === refusal.window);
  if (refusal.resetAt === null && known !== undefined) return standing;
  if (refusal.resetAt === null && refusal.window === null) {
    return { ...standing, passing: estimated(classificationOf(refusal), refusal.raw) };
  }
  const others = standing.windows.filter((other) => other !== known).slice(1 - KEPT_MAX);
  return { ...standing, windows: [...others, refusal] };
}

function withoutWindow(standing: Standing, window: string | null): Standing {
  const { passing } = standing;
  const cleared = window === null && (passing?.classification.startsWith("rate_limit_") ?? false);
  return {
    ...standing,
    windows: standing.windows.filter((other) => other.window !== window),
    passing: cleared ? null : passing,
  };
}

function afterSuccess(evidence: Evidence): Evidence {
  const cleared: Evidence = {
    ...evidence,
    result: { ok: true },
    auth: null,
    billing: null,
    waitingFor: null,
  };
  return withStanding(cleared, NOTHING_STANDS);
}

function afterFailure(evidence: Evidence, words: string): Evidence {
  const closed: Evidence = { ...evidence, result: { ok: false }, waitingFor: null };
  return withStanding(closed, { ...evidence.standing, closingWords: words });
}

function withStanding(evidence: Evidence, standing: Standing): Evidence {
  return { ...evidence, standing, limit: weightiest(standing) };
}

function weightiest(standing: Standing): Limit | null {
  let timed = standing.own;
  let named: Limit | null = null;
  for (const refusal of standing.windows) {
    const limit: Limit = {
      classification: classificationOf(refusal),
      resetAt: refusal.resetAt,
      window: refusal.window,
      raw: refusal.raw === "" ? standing.closingWords : refusal.raw,
    };
    if (limit.resetAt === null) named = limit;
    else timed = laterOf(timed, limit);
  }
  return timed ?? named ?? standing.passing;
}

function laterOf(first: Limit | null, second: Limit): Limit {
  const { classification, resetAt, window, raw } = second;
  return first !== null && (first.resetAt ?? 0) >= (resetAt ?? 0)
    ? first
    : { classification, resetAt, window, raw };
}

function classificationOf(refusal: LimitFinding): string {
  return refusal.scope === "model" ? "rate_limit_model" : "rate_limit_account";
}

function estimated(classification: string, raw: string): Limit {
  return { classification, resetAt: null, window: null, raw };
}
