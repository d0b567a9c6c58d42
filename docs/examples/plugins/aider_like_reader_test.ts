import assert from "node:assert/strict";
import plugin, { findingsIn, ownWords } from "./aider_like_reader.ts";

/** A quarter past two in the afternoon, by this machine's own clock. */
const NOW = new Date(2026, 0, 31, 14, 15).getTime();

const LIMITS: readonly (readonly [words: string, resetAt: number | null])[] = [
  ["Rate limit reached, try again in 90 s", NOW + 90_000],
  ["rate limit: try again in 5s.", NOW + 5_000],
  ["Rate limit reached, try again at 14:30", new Date(2026, 0, 31, 14, 30).getTime()],
  ["Rate limit reached, try again at 9:05", new Date(2026, 1, 1, 9, 5).getTime()],
  ["Rate limit reached", null],
];

for (const [words, resetAt] of LIMITS) {
  Deno.test(`findingsIn() sees a limit in "${words}"`, () => {
    const limit = { kind: "limit", scope: "account", window: null, resetAt, raw: words };
    assert.deepEqual(findingsIn(words, NOW), [limit]);
  });
}

Deno.test("findingsIn() sees how a run ended, and nothing in other words", () => {
  const kinds = ["finished", "failed: no network", "Login required", "reading the repository"].map((words) =>
    findingsIn(words, NOW)[0]?.kind
  );
  assert.deepEqual(kinds, ["result", "result", "auth_failed", undefined]);
});

Deno.test("ownWords() passes over what the model says, also about rate limits", () => {
  assert.equal(ownWords("The API says: Rate limit reached, try again in 90 s"), null);
  assert.deepEqual(plugin.reader().line("I fixed helper: Rate limit reached"), []);
});

Deno.test("reader() sums up the tokens, with the cost where there is one", () => {
  const reader = plugin.reader();
  reader.line("helper: tokens: 1200 sent, 80 received");
  const [usage] = reader.line("helper: tokens: 800 sent, 20 received, $0.0125");
  assert.ok(usage?.kind === "usage");
  assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.usd], [2000, 100, 0.0125]);
});
