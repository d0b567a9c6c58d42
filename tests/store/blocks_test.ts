import assert from "node:assert/strict";
import fc from "fast-check";
import type { ReadFile } from "../../lib/host.ts";
import { chunksForward, LINE_MAX, linesBackward } from "../../lib/store/blocks.ts";
import { bytes } from "../sim/fixtures.ts";

function fileOf(content: Uint8Array): ReadFile {
  return {
    inode: 1,
    size: () => content.length,
    readAt: (offset, into) => {
      const part = content.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    close: () => {},
  };
}

function forward(content: Uint8Array, from: number, block?: number): readonly string[] {
  const chunks = [...chunksForward(fileOf(content), from, block === undefined ? {} : { block })];
  return linesOf(chunks.map(({ text }) => text).join(""));
}

/** The whole lines of a text, as a reader that knows no blocks finds them. */
function linesOf(text: string): readonly string[] {
  return text.split("\n").slice(0, -1);
}

function textOf(content: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
}

/** Lines of one to four bytes a character, empty ones, bytes that are no UTF-8, often without a last newline. */
const contents = fc.array(
  fc.oneof(
    fc.constantFrom("\n", "\n", "a", "é", "€", "😀", "\ufeff", "\r").map(bytes),
    fc.uint8Array({ maxLength: 3 }),
    fc.string({ unit: "grapheme", maxLength: 20 }).map(bytes),
  ),
  { maxLength: 60 },
).map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

const blocks = fc.integer({ min: 1, max: 40 });

Deno.test("chunksForward() gives the same lines, whatever the size of a block", () => {
  fc.assert(fc.property(contents, blocks, (content, block) => {
    assert.deepEqual(forward(content, 0, block), linesOf(textOf(content)));
  }));
});

Deno.test("linesBackward() gives the same lines in reverse, whatever the size of a block", () => {
  fc.assert(fc.property(contents, blocks, (content, block) => {
    const file = fileOf(content);
    assert.deepEqual([...linesBackward(file, file.size(), block)].reverse(), linesOf(textOf(content)));
  }));
});

Deno.test("chunksForward() goes on where a chunk ended, and what follows the last newline is no line yet", () => {
  fc.assert(fc.property(contents, blocks, (content, block) => {
    const texts: string[] = [];
    let end = 0;
    for (;;) {
      const next = chunksForward(fileOf(content), end, { block }).next();
      if (next.done) break;
      texts.push(next.value.text);
      end = next.value.end;
    }
    assert.deepEqual(linesOf(texts.join("")), linesOf(textOf(content)));
    assert.equal(end, content.lastIndexOf(10) + 1);
  }));
});

Deno.test("blocks give the lines on both sides of their border, when a line ends at it or near it", () => {
  const block = 64 * 1024;
  for (const length of [block - 2, block - 1, block, block + 1, 2 * block - 1, 2 * block]) {
    for (const filler of ["a", "é", "😀"]) {
      const line = filler.repeat(Math.floor(length / bytes(filler).length));
      const content = bytes(`first\n${line}\nlast\ntorn`);
      assert.deepEqual(forward(content, 0), ["first", line, "last"]);
      assert.deepEqual([...linesBackward(fileOf(content))], ["last", line, "first"]);
    }
  }
});

Deno.test("linesBackward() begins at the last whole line before an offset", () => {
  const content = bytes("one\ntwo\nthree\n");
  assert.deepEqual([...linesBackward(fileOf(content), 8)], ["two", "one"]);
  assert.deepEqual([...linesBackward(fileOf(content), 10)], ["two", "one"]);
  assert.deepEqual([...linesBackward(fileOf(content), 0)], []);
});

Deno.test("chunksForward() hands over the first part of a line of 10 MB, and the lines around it whole", () => {
  const long = "x".repeat(10_000_000);
  const lines = forward(bytes(`before\n${long}\nafter\n`), 0);
  assert.deepEqual([lines[0], lines.at(-1), lines.length], ["before", "after", 3]);
  assert.ok(lines[1]!.length <= 2 * LINE_MAX && long.startsWith(lines[1]!));
});

Deno.test("chunksForward() says that it stopped inside an overlong line, and passes over its rest", () => {
  const long = "x".repeat(LINE_MAX + 10);
  const chunk = [...chunksForward(fileOf(bytes(long)), 0)].at(-1);
  assert.deepEqual([chunk?.inside, chunk?.end], [true, long.length]);
  const whole = fileOf(bytes(`${long}yyy\nafter\n`));
  const rest = [...chunksForward(whole, chunk!.end, { inside: true })];
  assert.deepEqual(rest.map(({ text }) => text).join(""), "after\n");
});

Deno.test("linesBackward() keeps to the first part of a line of 10 MB, and finds the lines around it", () => {
  const long = "x".repeat(10_000_000);
  const lines = [...linesBackward(fileOf(bytes(`before\n${long}\nafter\n`)))];
  assert.deepEqual([lines[0], lines.at(-1), lines.length], ["after", "before", 3]);
  assert.ok(lines[1]!.length <= 2 * LINE_MAX && long.startsWith(lines[1]!));
});
