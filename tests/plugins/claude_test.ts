import assert from "node:assert/strict";
import { emptyEvidence, type Evidence, withFinding } from "../../lib/core/evidence.ts";
import type { Finding, ReaderContext } from "../../lib/core/plugin.ts";
import { claude } from "../../plugins/claude.ts";
import { PLUGINS } from "../../plugins/mod.ts";
import index from "../fixtures/claude/index.json" with { type: "json" };

const FIXTURES = new URL("../fixtures/claude/", import.meta.url);
const T = 1_700_003_600;
const W = 1_700_500_000;

const ACCOUNT_T = ["rate_limit_account", T * 1000] as const;
const ACCOUNT_W = ["rate_limit_account", W * 1000] as const;
const ACCOUNT = ["rate_limit_account", null] as const;
const MODEL = ["rate_limit_model", null] as const;
const OVERLOADED = ["api_transient_5xx", null] as const;
const TIMEOUT = ["api_timeout", null] as const;

type Expected = readonly [classification: string, resetAt: number | null] | null;

const OK = { type: "result", subtype: "success", is_error: false, num_turns: 3, result: "Done." };
const FIVE = event("rejected", "five_hour", T);
const WEEK = event("rejected", "seven_day", W);

/** The worked examples of the throttle specification, by number, as far as one round's output decides them. */
const EXAMPLES: readonly (readonly [row: string, output: readonly unknown[], expected: Expected])[] = [
  ["1: five_hour rejected, result 429", [FIVE, failed(429)], ACCOUNT_T],
  ["2: five_hour rejected, no result", [FIVE], ACCOUNT_T],
  ["3: five_hour rejected without a reset", [event("rejected", "five_hour"), failed(429)], ACCOUNT],
  ["4: five_hour rejected, allowed, result ok", [FIVE, event("allowed", "five_hour", T), OK], null],
  ["5: seven_day rejected, result 429", [WEEK, failed(429)], ACCOUNT_W],
  ["6: five_hour, then seven_day rejected, 429", [FIVE, WEEK, failed(429)], ACCOUNT_W],
  ["7, 8, 9: result 429", [failed(429)], MODEL],
  ["10: result 529", [failed(529)], OVERLOADED],
  ["11: result 408", [failed(408)], TIMEOUT],
  ["12: result 501", [failed(501)], null],
  ["12: result 403", [failed(403)], null],
  ["12: result 401", [failed(401)], null],
  ['12: result "529"', [failed("529")], OVERLOADED],
  ["13: result 529 and 50 more lines", [failed(529), ...Array(50).fill("Cleaning up ...")], OVERLOADED],
  ["14: result 529, later result ok", [failed(529), OK], null],
  ["15: a reset in milliseconds", [event("rejected", "five_hour", T * 1000)], ACCOUNT_T],
  ["16: a reset that is null", [event("rejected", "five_hour", null), failed(429)], ACCOUNT],
  ["16: a reset in ISO text", [event("rejected", "five_hour", "2023-11-14T23:13:20Z")], ACCOUNT_T],
  ["21: an assistant that talks of 529", [says("API Error: 529 overloaded")], null],
  ["21: the same, and result ok", [says("usage limit reached|1700003600"), OK], null],
];

/** Beyond the specification's examples. */
const MORE: readonly (readonly [seen: string, output: readonly unknown[], expected: Expected])[] = [
  ["a reset in ISO text without a zone", [event("rejected", "x", "2023-11-14 23:13:20")], ACCOUNT_T],
  ["a reset with an offset", [event("rejected", "x", "2023-11-15T01:13:20.000000+02:00")], ACCOUNT_T],
  ["a reset as a numeric string", [event("rejected", "five_hour", String(T))], ACCOUNT_T],
  ["a reset that is rubbish", [event("rejected", "five_hour", "5am")], ACCOUNT],
  ["a window with an unknown name", [event("rejected", "lunar_month", W)], ACCOUNT_W],
  ["a blocked window", [event("blocked", "five_hour", T)], ACCOUNT_T],
  ["a window of a model", [event("rejected", "seven_day_opus", W)], ["rate_limit_model", W * 1000]],
  ["a refusal without window and reset", [event("rejected")], null],
  ["a refusal without a window", [event("rejected", undefined, T)], ACCOUNT_T],
  ["a refusal, then a warning", [FIVE, event("allowed_warning", "five_hour", T)], null],
  ["a refusal, then another window's", [FIVE, event("allowed", "seven_day", W)], ACCOUNT_T],
  ["a refusal, admitted, then 429", [FIVE, event("allowed", "five_hour"), failed(429)], MODEL],
  ["a refusal, then extra usage", [FIVE, event("rejected", "five_hour", T, true)], null],
  ["an unknown status", [event("queued", "five_hour", T)], null],
  [
    "all refusing windows of the plan",
    [unified("five_hour", T, { five_hour: ["rejected", T], seven_day: ["rejected", W] })],
    ACCOUNT_W,
  ],
  [
    "a refusing window of another model",
    [unified("five_hour", T, { seven_day_opus: ["rejected", W] })],
    ACCOUNT_T,
  ],
  [
    "credits that come back after the window",
    [unified("overage", W, { five_hour: ["rejected", T] })],
    ACCOUNT_T,
  ],
  ["a reset named in the text", [failed(null, `Claude AI usage limit reached|${T}`)], ACCOUNT_T],
  [
    "a type of error instead of a status",
    [failed(null, "", { api_error_type: "overloaded_error" })],
    OVERLOADED,
  ],
  ["a connection that failed", [failed(null, "", { api_error: "connection_failed" })], TIMEOUT],
  ["a retry and no result", [retry(529)], OVERLOADED],
  ["a retry without a status", [retry(null)], TIMEOUT],
  ["a retry for the limit", [retry(429)], MODEL],
  ["a retry for the login", [retry(401)], null],
  ["a retry, then an answer", [retry(529), says("Here it is.")], null],
  ["a retry, then an error message", [retry(529), cliSays("API Error")], OVERLOADED],
  ["a retry, then a good result", [retry(529), OK], null],
  ["too many turns", [{ type: "result", subtype: "error_max_turns", is_error: false }], null],
];

for (const [seen, output, expected] of [...EXAMPLES, ...MORE]) {
  Deno.test(`claude.reader() decides ${seen} -> ${expected?.join(", ") ?? "no wait"}`, () => {
    const { limit } = evidenceOf(findingsOf(output));
    assert.deepEqual(limit === null ? null : [limit.classification, limit.resetAt], expected);
  });
}

for (const truth of index) {
  Deno.test(`claude.reader() finds the truth in ${truth.file}: ${truth.class}`, async () => {
    const log = await Deno.readTextFile(new URL(truth.file, FIXTURES));
    const evidence = evidenceOf(findingsOf(log.split("\n")));
    assert.equal(classOf(evidence), COUNTS_AS[truth.class] ?? truth.class);
    const resetAt = truth.reset_at_epoch === null ? null : truth.reset_at_epoch * 1000;
    assert.equal(evidence.limit?.resetAt ?? null, resetAt);
    assert.equal(evidence.result?.ok ?? false, truth.ok);
  });
}

Deno.test("claude.reader() tells failed logins and unpaid accounts from limits", () => {
  assert.equal(evidenceOf(findingsOf([failed(401, "Invalid API key")])).auth, "Invalid API key");
  assert.equal(evidenceOf(findingsOf([failed(403, "Forbidden")])).auth, "Forbidden");
  const poor = [cliSays("No credits", "billing_error"), failed(400, "No credits")];
  assert.equal(evidenceOf(findingsOf(poor)).billing, "No credits");
  const locked = [cliSays("Please run /login", "authentication_failed"), failed(null, "Please run /login")];
  assert.equal(evidenceOf(findingsOf(locked)).auth, "Please run /login");
});

Deno.test("claude.reader() tells of one result: its failure, its usage, itself", async () => {
  const log = await Deno.readTextFile(new URL("500.log", FIXTURES));
  const findings = findingsOf(log.split("\n"));
  assert.deepEqual(findings.map((finding) => finding.kind), ["overloaded", "usage", "result"]);
});

Deno.test("claude.reader() counts tokens, money and the tool calls of the whole round", async () => {
  const log = await Deno.readTextFile(new URL("trap-tool-fail.log", FIXTURES));
  assert.deepEqual(evidenceOf(findingsOf(log.split("\n"))).usage, {
    kind: "usage",
    model: "claude-opus-5-5",
    inputTokens: 2420,
    outputTokens: 84,
    cachedTokens: 16000,
    cacheCreationTokens: 640,
    toolCalls: 1,
    usd: 0.017759999999999998,
    durationMs: 3712,
    models: null,
  });
});

Deno.test("claude.reader() counts missing and odd numbers as none", () => {
  const usage = { input_tokens: null, output_tokens: "12", cache_read_input_tokens: {} };
  const found = evidenceOf(findingsOf([{ ...failed(529), usage, duration_ms: null, total_cost_usd: null }]));
  assert.equal(found.limit?.classification, "api_transient_5xx");
  assert.deepEqual(found.usage, {
    kind: "usage",
    model: "unknown",
    inputTokens: 0,
    outputTokens: 12,
    cachedTokens: 0,
    cacheCreationTokens: 0,
    toolCalls: 0,
    usd: null,
    durationMs: 0,
    models: null,
  });
});

Deno.test("claude.reader() gives no usage where the result has none", () => {
  for (const usage of [undefined, null, {}, [], 7]) {
    assert.equal(evidenceOf(findingsOf([{ ...OK, usage }])).usage, null);
  }
});

Deno.test("claude.reader() takes any line without throwing and without finding anything", () => {
  const odd: unknown[] = [[], [OK], 42, "text", null, true, {}, { type: null }, { type: ["result"] }];
  for (const type of ["assistant", "rate_limit_event", "system", "user"]) {
    for (const value of [undefined, null, 7, "x", [], {}, [null]]) {
      odd.push({ type, message: value, rate_limit_info: value, subtype: value });
      odd.push({ type, message: { model: value, content: value, id: value }, parent_tool_use_id: value });
      odd.push({ type, message: { content: [value, { type: "text", text: value }] } });
      odd.push({ type, rate_limit_info: { status: value, unifiedWindows: value } });
    }
  }
  const lines = ["", "{", "}", '{"type":"result"', "not json", "\u0000", "[[[[", '{"__proto__":null}'];
  assert.deepEqual(
    findingsOf([...odd, ...lines], { round_num: 1, config: {}, repetition: { window: 3, threshold: 2 } }),
    [],
  );
});

Deno.test("claude.reader() takes odd fields one by one", () => {
  for (const value of [null, 7, "x", [], {}, [null]]) {
    const tool = {
      type: "assistant",
      message: { content: [{ type: "tool_use", name: value, input: value }] },
    };
    assert.deepEqual(findingsOf([tool]), [{ kind: "tool", open: true }]);
    const closing = { ...failed(529), result: value, errors: value, api_error_type: value, api_error: value };
    assert.equal(evidenceOf(findingsOf([closing])).limit?.classification, "api_transient_5xx");
    const refusal = event("rejected", "five_hour", T);
    const info = { ...refusal.rate_limit_info, unifiedWindows: { five_hour: value, x: value } };
    assert.equal(evidenceOf(findingsOf([{ ...refusal, rate_limit_info: info }])).limit?.resetAt, T * 1000);
  }
});

Deno.test("claude.reader() only takes a result at the top of its line for one", () => {
  const nested = { type: "user", tool_use_result: { type: "result", is_error: true, api_error_status: 529 } };
  assert.deepEqual(findingsOf([nested, { type: "system", result: OK }]), []);
});

Deno.test("claude.reader() closes a message's tools when its thread speaks again", () => {
  const both = [calls("m1", "Bash", "a"), calls("m1", "Bash", "b")];
  assert.equal(evidenceOf(findingsOf(both)).openTools, 2);
  assert.equal(evidenceOf(findingsOf([...both, says("Both are done.")])).openTools, 0);
  assert.equal(evidenceOf(findingsOf([...both, OK])).openTools, 0);
});

Deno.test("claude.reader() leaves a subagent's call open while the subagent speaks", () => {
  const outer = calls("m1", "Task", "explore");
  const inner = { ...calls("s1", "Read", "a.txt"), parent_tool_use_id: "toolu_1" };
  const more = { ...calls("s2", "Read", "b.txt"), parent_tool_use_id: "toolu_1" };
  assert.equal(evidenceOf(findingsOf([outer, inner, more])).openTools, 2);
  assert.equal(evidenceOf(findingsOf([outer, inner, more, says("Found it.")])).openTools, 0);
});

Deno.test("claude.reader() reports a repetition when it happens, once an episode", () => {
  const context: ReaderContext = { round_num: 1, config: {}, repetition: { window: 4, threshold: 3 } };
  const again: Finding = { kind: "repetition", tool: "Bash", target: "make", count: 3, window: 4 };
  assert.deepEqual(repetitionsOf("make make", context), []);
  assert.deepEqual(repetitionsOf("make make make", context), [again]);
  assert.deepEqual(repetitionsOf("make make make make make make", context), [again]);
  assert.deepEqual(repetitionsOf("make make make a b c d e f g", context), [again]);
  assert.deepEqual(repetitionsOf("make make make a b c make make make", context), [again, again]);
  assert.deepEqual(repetitionsOf("make a b make c d make", context), []);
  assert.deepEqual(repetitionsOf("make make make", { round_num: 1, config: {}, repetition: null }), []);
  const tooSmall = { round_num: 1, config: {}, repetition: { window: 2, threshold: 3 } };
  assert.deepEqual(repetitionsOf("make make make make", tooSmall), []);
});

Deno.test("claude.reader() names a repetition's target by its first 100 characters", () => {
  const context: ReaderContext = { round_num: 1, config: {}, repetition: { window: 1, threshold: 1 } };
  const targets = [{ command: "🙂".repeat(150) }, { path: 7, pattern: "*.ts" }, { url: "x" }].map((input) => {
    const tool = { type: "assistant", message: { content: [{ type: "tool_use", name: "T", input }] } };
    return evidenceOf(findingsOf([tool], context)).repetitions[0]?.target;
  });
  assert.deepEqual(targets, ["🙂".repeat(100), "*.ts", null]);
});

Deno.test("claude.interest leaves tool results to themselves", async () => {
  for (const name of ["trap-tool-fail.log", "429-five-hour-after-tool.log", "sigint-in-tool.log"]) {
    const log = await Deno.readTextFile(new URL(name, FIXTURES));
    for (const line of log.split("\n").filter((line) => line.includes('"type":"user"'))) {
      assert.equal(claude.interest.some((word) => line.includes(word)), false);
    }
  }
});

Deno.test("claude.interest does not depend on the spaces in a record", () => {
  const spaced = JSON.stringify(failed(529), null, 1).replaceAll("\n", "");
  assert.ok(claude.interest.some((word) => spaced.includes(word)));
  assert.equal(evidenceOf(findingsOf([spaced])).limit?.classification, "api_transient_5xx");
});

Deno.test("claude.ownWords() gives what the CLI wrote itself", () => {
  const own: readonly (readonly [line: unknown, words: string | null])[] = [
    ["Error: connect ECONNREFUSED 127.0.0.1:8787", "Error: connect ECONNREFUSED 127.0.0.1:8787"],
    ["{ code: 'ENOTFOUND' }", "{ code: 'ENOTFOUND' }"],
    [failed(529, "API Error: 529"), "API Error: 529"],
    [cliSays("Not logged in"), "Not logged in"],
    [{ type: "result", is_error: true, subtype: "error_during_execution", errors: ["a", "b"] }, "a\nb"],
    [OK, null],
    [says("HTTP 401 <synthetic>"), null],
    [{ type: "user", tool_use_result: { result: "dns 401" } }, null],
    ['{"type":"user","message":{"content":"401 <synthetic> "result"', null],
    [[401], null],
    ["", null],
  ];
  for (const [line, words] of own) assert.equal(claude.ownWords(lineOf(line)), words);
});

Deno.test("PLUGINS have names and agents of their own, those of the plugins that they load", async () => {
  for (const names of [PLUGINS.map(({ name }) => name), PLUGINS.flatMap(({ agents }) => agents)]) {
    assert.equal(new Set(names).size, names.length);
  }
  for (const { name, agents, load } of PLUGINS) {
    const plugin = await load();
    assert.deepEqual([plugin.name, plugin.agents], [name, agents]);
  }
});

/** Truths that neither make the next round wait nor need a person. */
const COUNTS_AS: Readonly<Record<string, string>> = {
  ok: "none",
  bad_request: "none",
  hung: "none",
  interrupted: "none",
};

function classOf(evidence: Evidence): string {
  if (evidence.limit !== null) return evidence.limit.classification;
  if (evidence.auth !== null) return "auth";
  return evidence.billing !== null ? "billing" : "none";
}

/** Reads as the supervisor does: only lines of interest arrive. */
function findingsOf(
  output: readonly unknown[],
  context: ReaderContext = { round_num: 1, config: {}, repetition: null },
): readonly Finding[] {
  const reader = claude.reader(context);
  const lines = output.map(lineOf);
  const read = lines.filter((line) => claude.interest.some((word) => line.includes(word)));
  return [...read.flatMap((line) => reader.line(line)), ...reader.end!({ kind: "exited", code: 1 })];
}

function repetitionsOf(commands: string, context: ReaderContext): readonly Finding[] {
  const output = commands.split(" ").map((command, n) => calls(`m${n}`, "Bash", command));
  return findingsOf(output, context).filter((finding) => finding.kind === "repetition");
}

function evidenceOf(findings: readonly Finding[]): Evidence {
  return findings.reduce(withFinding, emptyEvidence());
}

function lineOf(record: unknown): string {
  return typeof record === "string" ? record : JSON.stringify(record);
}

function event(status: string, rateLimitType?: string, resetsAt?: unknown, isUsingOverage = false) {
  return { type: "rate_limit_event", rate_limit_info: { status, rateLimitType, resetsAt, isUsingOverage } };
}

function unified(
  rateLimitType: string,
  resetsAt: number,
  windows: Readonly<Record<string, readonly [status: string, resetsAt: number]>>,
) {
  const named = Object.entries(windows).map(([name, [status, at]]) => [name, { status, resetsAt: at }]);
  const refusal = event("rejected", rateLimitType, resetsAt);
  const info = { ...refusal.rate_limit_info, unifiedWindows: Object.fromEntries(named) };
  return { ...refusal, rate_limit_info: info };
}

function failed(status: unknown, result = "API Error", more: object = {}) {
  return { type: "result", subtype: "success", is_error: true, api_error_status: status, result, ...more };
}

function retry(status: number | null) {
  return { type: "system", subtype: "api_retry", attempt: 1, error_status: status, error: "unknown" };
}

function says(text: string) {
  return { type: "assistant", message: { model: "claude-opus-5-5", content: [{ type: "text", text }] } };
}

function cliSays(text: string, error = "server_error") {
  return { type: "assistant", error, message: { model: "<synthetic>", content: [{ type: "text", text }] } };
}

function calls(id: string, name: string, command: string) {
  return { type: "assistant", message: { id, content: [{ type: "tool_use", name, input: { command } }] } };
}
