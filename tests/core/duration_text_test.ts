import assert from "node:assert/strict";
import fc from "fast-check";
import { clockText, spanText } from "../../lib/core/duration_text.ts";

const S = 1000;
const MIN = 60 * S;
const H = 60 * MIN;
const D = 24 * H;

/** A Thursday. */
const NOW = Date.UTC(2026, 11, 3, 15, 4, 7);

Deno.test("spanText() names two units at most", () => {
  const cases: readonly (readonly [number, string])[] = [
    [42 * S, "42 s"],
    [3 * MIN + 5 * S, "3 min 5 s"],
    [H + 12 * MIN + 20 * S, "1 h 12 min"],
    [2 * D + 3 * H + 5 * MIN, "2 d 3 h"],
    [400 * D, "400 d"],
    [3 * MIN, "3 min"],
  ];
  for (const [ms, text] of cases) assert.equal(spanText(ms), text);
});

Deno.test("spanText() rounds, also up into the next unit", () => {
  const cases: readonly (readonly [number, string])[] = [
    [499, "0 s"],
    [500, "1 s"],
    [59_499, "59 s"],
    [59_500, "1 min"],
    [H - 501, "59 min 59 s"],
    [H - 500, "1 h"],
    [D - 31 * S, "23 h 59 min"],
    [D - 30 * S, "1 d"],
    [2 * D - MIN, "2 d"],
  ];
  for (const [ms, text] of cases) assert.equal(spanText(ms), text);
});

Deno.test("spanText() is 0 s, when the span is nothing or negative", () => {
  for (const ms of [0, -0, -1, -5 * D]) assert.equal(spanText(ms), "0 s");
});

Deno.test("spanText() is one or two counts with their units, for any span", () => {
  const form = /^(?:\d+ d(?: \d+ h)?|\d+ h(?: \d+ min)?|\d+ min(?: \d+ s)?|\d+ s)$/;
  fc.assert(fc.property(fc.double({ min: -1e12, max: 1e14, noNaN: true }), (ms) => form.test(spanText(ms))));
});

Deno.test("clockText() is the time of day in the given zone, when it is the same local day", () => {
  assert.equal(clockText(NOW - 2 * H, NOW, 0), "13:04");
  assert.equal(clockText(NOW + 2 * H, NOW, -300), "12:04");
  assert.equal(clockText(NOW + 2 * H, NOW, 345), "22:49");
});

Deno.test("clockText() has seconds, when less than two minutes away", () => {
  assert.equal(clockText(NOW, NOW, 60), "16:04:07");
  assert.equal(clockText(NOW - 2 * MIN + 1, NOW, 0), "15:02:07");
  assert.equal(clockText(NOW + 2 * MIN, NOW, 0), "15:06");
});

Deno.test("clockText() has the weekday, when it is another local day less than a week away", () => {
  assert.equal(clockText(NOW + D, NOW, 0), "Fri 15:04");
  assert.equal(clockText(NOW - 6 * D, NOW, 0), "Fri 15:04");
  assert.equal(clockText(NOW + 6 * D, NOW, 0), "Wed 15:04");
  assert.equal(clockText(NOW + 2 * H, NOW, 480), "Fri 01:04");
  assert.equal(clockText(NOW - 16 * H, NOW, 540), "Thu 08:04");
});

Deno.test("clockText() has weekday and seconds, when midnight lies between two close instants", () => {
  const midnight = Date.UTC(2026, 11, 4);
  assert.equal(clockText(midnight + 30 * S, midnight - 30 * S, 0), "Fri 00:00:30");
});

Deno.test("clockText() has the date, when a week or more away", () => {
  assert.equal(clockText(NOW + 7 * D, NOW, 0), "2026-12-10 15:04");
  assert.equal(clockText(NOW - 7 * D, NOW, 0), "2026-11-26 15:04");
  assert.equal(clockText(0, NOW, 0), "1970-01-01 00:00");
});

Deno.test("clockText() knows the weekdays before 1970", () => {
  assert.equal(clockText(-D, D, 0), "Wed 00:00");
  assert.equal(clockText(-5 * D, 0, 0), "Sat 00:00");
});
