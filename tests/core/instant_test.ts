import fc from "fast-check";
import assert from "node:assert/strict";
import { instantOf, isoOf } from "../../lib/core/instant.ts";

/** Within a second of each other, as events are, and years apart; before 1970 and after 9999 too. */
const instants = fc.tuple(fc.integer({ min: -8.64e12, max: 8.64e12 }), fc.array(fc.integer({ max: 2500 })))
  .map(([second, later]) => later.map((ms) => second * 1000 + (Math.abs(ms) % 2500)))
  .map((all) => all.filter((at) => Math.abs(at) <= 8.64e15));

Deno.test("isoOf() writes what Date does, whatever was written before, and instantOf() reads it", () => {
  fc.assert(fc.property(instants, (all) => {
    for (const at of all) {
      assert.equal(isoOf(at), new Date(at).toISOString());
      assert.equal(isoOf(at + 0.75), new Date(at + 0.75).toISOString());
      assert.equal(instantOf(isoOf(at)), at);
    }
  }));
});

Deno.test("isoOf() throws at what is no time", () => {
  for (const at of [NaN, Infinity, 8.65e15]) assert.throws(() => isoOf(at), RangeError);
});
