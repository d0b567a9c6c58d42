import assert from "node:assert/strict";
import { emptyEvidence, withFinding } from "../../lib/core/evidence.ts";
import type { Finding } from "../../lib/core/plugin.ts";
import { readFindings, readOutcome } from "../../lib/extend/findings.ts";
import { readParts } from "../../lib/extend/parts.ts";
import { isShallow } from "../../lib/extend/json_depth.ts";

const other = { kind: "other_limit", classification: "own_quota", resetAt: 1_700_000_000_000.4, raw: "" };

Deno.test("readFindings() takes what a reader may say, with what may be left out filled in", () => {
  assert.deepEqual(readFindings([]), []);
  assert.deepEqual(readFindings([other]), [{ ...other, resetAt: 1_700_000_000_000 }]);
  assert.deepEqual(readFindings([{ kind: "limit", scope: "model", resetAt: null }]), [
    { kind: "limit", scope: "model", window: null, resetAt: null, raw: "" },
  ]);
});

Deno.test("readFindings() says what is no finding", () => {
  const cases: readonly (readonly [value: unknown, why: RegExp])[] = [
    [null, /must return a list of findings, got null/],
    [{ length: 1 }, /must return a list/],
    [[null], /no kind of finding: null/],
    [[{ kind: "__proto__" }], /no kind of finding/],
    [[{ kind: "toString" }], /no kind of finding/],
    [[{ ...other, resetAt: 1e300 }], /resetAt/],
    [[{ ...other, resetAt: "soon" }], /resetAt/],
    [[{ ...other, classification: "a b\n" }], /classification must be 1 to 100/],
    [[{ kind: "usage", model: "m".repeat(1000) }], /model is longer than 400/],
    [
      [{ kind: "usage", models: Object.fromEntries(Array.from({ length: 200 }, (_, at) => [at, {}])) }],
      /100 members/,
    ],
    [[{ kind: "usage", inputTokens: -1 }], /inputTokens/],
    [[{ kind: "repetition", tool: "t".repeat(1000), target: null, count: 1, window: 1 }], /tool is longer/],
    [Array.from({ length: 60_000 }, () => other), /60000 findings at once, at most 50000/],
  ];
  for (const [value, why] of cases) {
    const read = readFindings(value);
    assert.match(typeof read === "string" ? read : "it was taken", why);
  }
});

Deno.test("withFinding() keeps few of what a reader without measure finds", () => {
  let evidence = emptyEvidence();
  for (let at = 0; at < 50_000; at++) {
    const found: readonly Finding[] = [
      { kind: "repetition", tool: "t", target: null, count: at, window: 1 },
      { kind: "limit", scope: "account", window: `w${at}`, resetAt: 1_700_000_000_000 + at, raw: "" },
    ];
    evidence = found.reduce(withFinding, evidence);
  }
  assert.equal(evidence.repetitions.length, 100);
  assert.equal(evidence.limit?.window, "w49999");
});

Deno.test("readOutcome() passes on null, and says what is no outcome", () => {
  assert.equal(readOutcome(null), null);
  assert.deepEqual(readOutcome({ kind: "ignored" }), { kind: "ignored", ref: null });
  for (const bad of [1, {}, { kind: "sold" }, { kind: "stashed", ref: "x".repeat(300) }, []]) {
    assert.match(String(readOutcome(bad)), /must return \{kind, ref\} or null/);
  }
});

Deno.test("readParts() takes one value or one fault for each part, whatever it is told", () => {
  const silent = { name: "a", type: "TypeError", message: "it did not answer", stack: "" };
  for (const raw of [null, 1, "x", [], {}, { values: null }, { values: [], faults: {} }]) {
    assert.deepEqual(readParts(raw, ["a"]), { values: {}, faults: [silent] });
  }
  const values = JSON.parse(`{"a": 1, "__proto__": {"b": 2}, "round_num": 7}`);
  assert.deepEqual(readParts({ values, faults: [] }, ["a"]), { values: { a: 1 }, faults: [] });
  const faults = [null, { name: "a", message: { toString: 1 } }, { name: "z", message: "not asked" }];
  assert.deepEqual(readParts({ values, faults }, ["a"]), {
    values: {},
    faults: [{ name: "a", type: "Error", message: `{"toString":1}`, stack: "" }],
  });
  const large = readParts({ values: { a: "x".repeat(70_000) } }, ["a"]);
  assert.equal(large.faults[0]?.type, "RangeError");
});

Deno.test("isShallow() counts what is open outside of strings", () => {
  assert.equal(isShallow("[".repeat(64) + "]".repeat(64)), true);
  assert.equal(isShallow("[".repeat(65) + "]".repeat(65)), false);
  assert.equal(isShallow(`{"a":`.repeat(65) + "1" + "}".repeat(65)), false);
  assert.equal(isShallow(JSON.stringify(["[".repeat(100), '\\"[[', "{".repeat(100)])), true);
  assert.equal(isShallow("[],".repeat(1000)), true);
});
