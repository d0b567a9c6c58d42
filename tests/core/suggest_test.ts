import assert from "node:assert/strict";
import fc from "fast-check";
import { closest, didYouMean, editDistance } from "../../lib/core/suggest.ts";

const KEYS = ["round_timeout_s", "restart_delay_s", "max_rounds", "env", "name"];

Deno.test("closest() finds the key, when letters are missing, added, wrong or swapped", () => {
  for (
    const word of [
      "round_timout_s",
      "round_timeout_ss",
      "round-timeout-s",
      "ruond_timeout_s",
      "ROUND_TIMEOUT_S",
    ]
  ) {
    assert.equal(closest(word, KEYS), "round_timeout_s", word);
  }
});

Deno.test("closest() finds nothing, when no candidate is near", () => {
  assert.equal(closest("colour", KEYS), null);
  assert.equal(closest("file", KEYS), null);
  assert.equal(closest("x".repeat(100_000), KEYS), null);
  assert.equal(closest("name", []), null);
});

Deno.test("closest() takes the nearer one, when two are near", () => {
  assert.equal(closest("max_round", ["min_rounds", "max_rounds"]), "max_rounds");
});

Deno.test("didYouMean() ends a sentence, whether or not something is near", () => {
  assert.equal(didYouMean("nmae", KEYS), '; did you mean "name"?');
  assert.equal(didYouMean("colour", KEYS), "");
});

Deno.test("editDistance() counts each edit once", () => {
  assert.equal(editDistance("", ""), 0);
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("kitten", "sitting"), 3);
  assert.equal(editDistance("stash", "stach"), 1);
  assert.equal(editDistance("tsash", "stash"), 1);
});

Deno.test("editDistance() is a distance, when the words are arbitrary", () => {
  fc.assert(fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
    const edits = editDistance(a, b);
    assert.equal(edits, editDistance(b, a));
    assert.equal(edits === 0, a === b);
    assert.ok(edits >= Math.abs(a.length - b.length) && edits <= Math.max(a.length, b.length));
  }));
});
