import assert from "node:assert/strict";
import { emptyEvidence, type Evidence, withFinding } from "../../lib/core/evidence.ts";
import type { Finding } from "../../lib/core/plugin.ts";

const T = 1_700_003_600_000;
const W = 1_700_500_000_000;

const BARE = limit(null, null, "model", "too many requests");
const OVERLOADED: Finding = { kind: "overloaded", status: 529, raw: "Overloaded" };
const TIMEOUT: Finding = { kind: "api_timeout", raw: "" };
const AUTH: Finding = { kind: "auth_failed", raw: "Invalid API key" };
const BILLING: Finding = { kind: "billing", raw: "" };
const OK: Finding = { kind: "result", ok: true, raw: "" };
const FAILED: Finding = { kind: "result", ok: false, raw: "5-hour limit reached" };

type Expected = readonly [classification: string, resetAt: number | null] | null;

/** What was seen, and what the next round has to wait for. */
const CASES: readonly (readonly [seen: string, findings: readonly Finding[], expected: Expected])[] = [
  ["a refused window with its reset", [limit("five_hour", T)], ["rate_limit_account", T]],
  ["a refused window, then a bare 429", [limit("five_hour", T), BARE, FAILED], ["rate_limit_account", T]],
  ["a bare 429, then a refused window", [BARE, limit("five_hour", T)], ["rate_limit_account", T]],
  ["a refused window without a reset", [limit("five_hour", null)], ["rate_limit_account", null]],
  [
    "a refused window without a reset, then 429",
    [limit("five_hour", null), BARE],
    ["rate_limit_account", null],
  ],
  ["a refusal, admitted again", [limit("five_hour", T), cleared("five_hour")], null],
  ["a refusal, another window admitted", [limit("five_hour", T), cleared("seven_day")], [
    "rate_limit_account",
    T,
  ]],
  ["a refusal, admitted, then 429", [limit("five_hour", T), cleared("five_hour"), BARE], [
    "rate_limit_model",
    null,
  ]],
  ["a refusal, then a good result", [limit("five_hour", T), OK], null],
  ["a good result, then a refusal", [OK, limit("five_hour", T)], ["rate_limit_account", T]],
  ["two windows, the later reset last", [limit("five_hour", T), limit("seven_day", W)], [
    "rate_limit_account",
    W,
  ]],
  ["two windows, the later reset first", [limit("seven_day", W), limit("five_hour", T)], [
    "rate_limit_account",
    W,
  ]],
  [
    "two windows, the later one admitted",
    [limit("seven_day", W), limit("five_hour", T), cleared("seven_day")],
    ["rate_limit_account", T],
  ],
  ["one window, its reset moved nearer", [limit("five_hour", W), limit("five_hour", T)], [
    "rate_limit_account",
    T,
  ]],
  ["one window, later without its reset", [limit("five_hour", T), limit("five_hour", null)], [
    "rate_limit_account",
    T,
  ]],
  ["a window of the model", [limit("seven_day_opus", W, "model")], ["rate_limit_model", W]],
  ["a reset without a window, then 429", [limit(null, T), BARE], ["rate_limit_account", T]],
  ["a reset without a window, admitted", [limit(null, T), cleared(null)], null],
  ["a 429", [BARE, FAILED], ["rate_limit_model", null]],
  ["a 429, admitted", [BARE, cleared(null)], null],
  ["a 529", [OVERLOADED, FAILED], ["api_transient_5xx", null]],
  ["a 529, some window admitted", [OVERLOADED, cleared(null)], ["api_transient_5xx", null]],
  ["a 529, then a good result", [OVERLOADED, OK], null],
  ["a timeout", [TIMEOUT], ["api_timeout", null]],
  ["a 529, then a 429", [OVERLOADED, BARE], ["rate_limit_model", null]],
  ["a 429, then a timeout", [BARE, TIMEOUT], ["api_timeout", null]],
  ["a refused window, then a 529", [limit("five_hour", T), OVERLOADED], ["rate_limit_account", T]],
  ["a plugin's own limit", [own("quota", T)], ["quota", T]],
  ["own limits, the later one first", [own("quota", W), own("credits", T)], ["quota", W]],
  ["an own limit and a later window", [own("quota", T), limit("seven_day", W)], ["rate_limit_account", W]],
  ["an own limit, then a good result", [own("quota", T), OK], null],
  ["a refused login", [AUTH, FAILED], null],
  ["a good result", [OK], null],
  ["nothing", [], null],
];

for (const [seen, findings, expected] of CASES) {
  Deno.test(`withFinding() sees ${seen}: ${expected?.join(", ") ?? "no wait"}`, () => {
    const { limit } = evidenceOf(findings);
    assert.deepEqual(limit === null ? null : [limit.classification, limit.resetAt], expected);
  });
}

Deno.test("withFinding() gives a limit without words those of the failed result", () => {
  assert.equal(evidenceOf([limit("five_hour", T), FAILED]).limit?.raw, "5-hour limit reached");
  assert.equal(evidenceOf([BARE, FAILED]).limit?.raw, "too many requests");
});

Deno.test("withFinding() keeps complaints about login and payment until a good result", () => {
  const complained = evidenceOf([AUTH, BILLING, FAILED]);
  assert.deepEqual([complained.auth, complained.billing, complained.result], ["Invalid API key", "", {
    ok: false,
  }]);
  const settled = withFinding(complained, OK);
  assert.deepEqual([settled.auth, settled.billing, settled.result], [null, null, { ok: true }]);
});

Deno.test("withFinding() keeps a person waited for until the CLI closes", () => {
  const waiting = evidenceOf([{ kind: "waiting_for_human", what: "permission" }]);
  assert.equal(waiting.waitingFor, "permission");
  assert.equal(withFinding(waiting, OK).waitingFor, null);
  assert.equal(withFinding(waiting, FAILED).waitingFor, null);
});

Deno.test("withFinding() counts open tools and never fewer than none", () => {
  const open: Finding = { kind: "tool", open: true };
  const closed: Finding = { kind: "tool", open: false };
  assert.equal(evidenceOf([open, open, closed]).openTools, 1);
  assert.equal(evidenceOf([closed, open]).openTools, 1);
});

Deno.test("withFinding() keeps the last usage and every repetition", () => {
  const first: Finding = usage(1);
  const last: Finding = usage(2);
  const again: Finding = { kind: "repetition", tool: "Bash", target: "ls", count: 3, window: 5 };
  const evidence = evidenceOf([first, again, last, again]);
  assert.deepEqual(evidence.usage, last);
  assert.deepEqual(evidence.repetitions, [again, again]);
});

Deno.test("withFinding() leaves the evidence that it is given as it was", () => {
  const before = emptyEvidence();
  withFinding(before, limit("five_hour", T));
  assert.deepEqual(before, emptyEvidence());
});

function evidenceOf(findings: readonly Finding[]): Evidence {
  return findings.reduce(withFinding, emptyEvidence());
}

function limit(
  window: string | null,
  resetAt: number | null,
  scope: "account" | "model" = "account",
  raw = "",
): Finding {
  return { kind: "limit", scope, window, resetAt, raw };
}

function cleared(window: string | null): Finding {
  return { kind: "limit_cleared", window };
}

function own(classification: string, resetAt: number): Finding {
  return { kind: "other_limit", classification, resetAt, raw: "" };
}

function usage(inputTokens: number): Finding {
  return {
    kind: "usage",
    model: "unknown",
    inputTokens,
    outputTokens: 0,
    cachedTokens: 0,
    cacheCreationTokens: 0,
    toolCalls: 0,
    usd: null,
    durationMs: 0,
    models: null,
  };
}
