import assert from "node:assert/strict";
import fc from "fast-check";
import { cellWidth, cutCells, oneLine } from "../../lib/core/cells.ts";

Deno.test("cellWidth() counts what a terminal draws", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["", 0],
    ["plain", 5],
    ["中文", 4],
    ["e\u0301a", 2],
    ["😀", 2],
    ["❤", 1],
    ["❤\uFE0F", 2],
    ["😀\uFE0F", 2],
    ["1\uFE0F\u20E3", 2],
    ["🇫🇷", 2],
    ["a\u200Bb\u200Dc", 3],
    ["a\u00ADb", 3],
    ["\u001b\n", 0],
  ];
  for (const [text, cells] of cases) assert.equal(cellWidth(text), cells, JSON.stringify(text));
});

Deno.test("cutCells() returns the text, when it fits", () => {
  assert.equal(cutCells("plain", 5), "plain");
  assert.equal(cutCells("中文", 4), "中文");
  assert.equal(cutCells("", 0), "");
});

Deno.test("cutCells() ends in an ellipsis, when it cuts", () => {
  assert.equal(cutCells("plain", 4), "pla…");
  assert.equal(cutCells("plain", 1), "…");
  assert.equal(cutCells("plain", 0), "");
  assert.equal(cutCells("plain", -1), "");
});

Deno.test("cutCells() keeps whole characters with their marks, when it cuts", () => {
  assert.equal(cutCells("中文字", 4), "中…");
  assert.equal(cutCells("ae\u0301bcd", 3), "ae\u0301…");
  assert.equal(cutCells("😀😀", 3), "😀…");
});

Deno.test("cutCells() is never wider than asked, for any text", () => {
  const text = fc.string({ unit: fc.constantFrom(..."a中e\u0301❤\uFE0F\u200D👩🇫\u0000", "\uD83D") });
  fc.assert(fc.property(text, fc.integer({ min: -1, max: 20 }), (text, cells) => {
    assert.ok(cellWidth(cutCells(text, cells)) <= Math.max(0, cells));
  }));
});

Deno.test("oneLine() makes a blank of line breaks and tabs", () => {
  assert.equal(oneLine("a\r\nb\n\n\tc\u2028d"), "a b c d");
});

Deno.test("oneLine() drops escape sequences", () => {
  assert.equal(oneLine("\u001b[1;31mred\u001b[0m \u001b[?25lx\u009b2Ky\u001bcz\u001b(B"), "red xyz");
  assert.equal(
    oneLine("\u001b]0;title\u0007a\u001b]8;;https://h\u001b\\b\u001b]8;;\u001b\\c\u001bPq#0\u001b\\d"),
    "abcd",
  );
});

Deno.test("oneLine() shows control characters and reordering marks, when they are no escape sequence", () => {
  assert.equal(oneLine("a\u0000b\u0007c\u007fd\u0085e\u0090f\u202eg"), "a␀b␇c␡d e�f�g");
  assert.equal(oneLine("end\u001b"), "end␛");
  assert.equal(oneLine("\u001b\u001b[0m[31mx"), "␛[31mx");
});

Deno.test("oneLine() leaves nothing that a terminal obeys, and nothing to do for a second call", () => {
  const piece = fc.constantFrom(..."\u001b\u009b\u009d\u009c\u0007\r\n[]0;mP\\(B中x");
  fc.assert(fc.property(fc.array(piece).map((parts) => parts.join("")), (text) => {
    const line = oneLine(text);
    assert.doesNotMatch(line, /\p{Cc}/u);
    assert.equal(oneLine(line), line);
  }));
});
