/**
 * Reading line files by blocks, forwards and backwards. Memory stays at a block however large the file is.
 *
 * @module
 */
import type { ReadFile } from "../host.ts";

/** Blocks of 64 to 256 KiB are fastest; larger ones only cost memory. */
export const BLOCK = 64 * 1024;

/** Else a mark at the start of a block would vanish, and what a line holds would depend on the blocks. */
const BOM_STAYS = { ignoreBOM: true };

/** Of a longer line only the first part is handed over. */
export const LINE_MAX = 1024 * 1024;

/** A run of whole lines. */
export interface Chunk {
  /** Whole lines, each with its newline; the first part of an overlong one counts as a line. */
  readonly text: string;
  /** Where the chunk ends in the file. */
  readonly end: number;
  /** The chunk ends inside an overlong line, whose rest is to be passed over. */
  readonly inside: boolean;
}

export interface ForwardOptions {
  /** Bytes read at a time. */
  readonly block?: number;
  /** Room for that, of a caller who comes often. */
  readonly room?: Uint8Array<ArrayBuffer>;
  /** Begin inside an overlong line, as the last chunk said. */
  readonly inside?: boolean;
}

/** Whole lines from `from` on, in chunks. What follows the last newline is not a line yet. */
export function* chunksForward(file: ReadFile, from: number, options: ForwardOptions = {}): Generator<Chunk> {
  const decoder = new TextDecoder("utf-8", BOM_STAYS);
  let buffer = options.room ?? new Uint8Array(options.block ?? BLOCK);
  let inside = options.inside ?? false;
  let held = 0;
  let offset = from;
  for (;;) {
    const read = file.readAt(offset + held, buffer.subarray(held));
    if (read === 0) return;
    held += read;
    const newline = buffer.subarray(0, held).lastIndexOf(10);
    if (newline >= 0) {
      const first = inside ? buffer.indexOf(10) + 1 : 0;
      const end = newline + 1;
      inside = false;
      yield { text: decoder.decode(buffer.subarray(first, end)), end: offset + end, inside };
      buffer.copyWithin(0, end, held);
      held -= end;
      offset += end;
    } else if (inside || held >= LINE_MAX) {
      const text = inside ? "" : `${decoder.decode(buffer.subarray(0, held))}\n`;
      inside = true;
      offset += held;
      held = 0;
      yield { text, end: offset, inside };
    } else if (held === buffer.length) buffer = grown(buffer);
  }
}

function grown(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(buffer.length * 2);
  larger.set(buffer);
  return larger;
}

/** Whole lines from the end of the file (or from `before`) to its start, the last one first, without newlines. */
export function* linesBackward(file: ReadFile, before = file.size(), block = BLOCK): Generator<string> {
  const decoder = new TextDecoder("utf-8", BOM_STAYS);
  let rest = new Uint8Array(0);
  let offset = before;
  let isTail = true;
  while (offset > 0) {
    const size = Math.min(block, offset);
    offset -= size;
    const joined = new Uint8Array(size + rest.length);
    const read = file.readAt(offset, joined.subarray(0, size));
    if (read < size) return;
    joined.set(rest, size);
    const first = offset === 0 ? 0 : joined.indexOf(10) + 1;
    if (first === 0 && offset > 0) {
      rest = joined.length > LINE_MAX ? joined.subarray(0, 1) : joined;
      continue;
    }
    const lines = decoder.decode(joined.subarray(first)).split("\n");
    if (isTail) lines.pop();
    isTail = false;
    for (let i = lines.length - 1; i >= 0; i--) yield lines[i]!;
    rest = joined.subarray(0, Math.max(first - 1, 0));
  }
}
