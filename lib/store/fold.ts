/**
 * From event files to state: the one fold, with a checkpoint that makes it short.
 *
 * @module
 */
import { decodeEvent, isKind } from "../core/events.ts";
import { type Instant, instantOf, isoOf } from "../core/instant.ts";
import {
  changesState,
  evolve,
  EVOLVE_VERSION,
  initialState,
  type ProjectState,
} from "../core/project_state.ts";
import type { Entry, Host, ReadFile } from "../host.ts";
import { type Chunk, chunksForward } from "./blocks.ts";
import type { Layout } from "./layout.ts";

/** How far a file has been folded. */
export interface FileMark {
  readonly inode: number;
  /** Bytes, up to the end of the last whole line. */
  readonly offset: number;
  /** Fingerprint of the bytes before `offset`. */
  readonly tail: string;
}

/** Lines met so far. */
export interface LineCounts {
  readonly lines: number;
  /** Torn, overlong or otherwise no JSON object. */
  readonly broken: number;
  /** Objects that are no event of a known kind. */
  readonly foreign: number;
}

export interface Folded {
  readonly state: ProjectState;
  readonly counts: LineCounts;
  /** By file name, in the order of folding. */
  readonly files: Readonly<Record<string, FileMark>>;
}

/** Before the first line. */
export const NOTHING: Folded = {
  state: initialState(),
  counts: { lines: 0, broken: 0, foreign: 0 },
  files: {},
};

const NAME = /^events-\d{4}-\d{2}\.jsonl$/;

/** Name of the month file of an instant, by UTC. */
export function eventFileName(at: Instant): string {
  return eventFileOf({ ts: isoOf(at) });
}

/** Name of the month file to which an event of that time stamp belongs. */
export function eventFileOf({ ts }: { readonly ts: string }): string {
  return `events-${ts.slice(0, 7)}.jsonl`;
}

/**
 * Names of the event files in the order of folding: by month. A file dated beyond next month is a wrong clock's; it
 * comes first, so that what a right clock wrote has the last word.
 */
export function eventFileNames(host: Host, layout: Layout): readonly string[] {
  const newest = lastPlausibleName(host.clock.now());
  const entries = (host.files.list(layout.dir) ?? []).filter(({ name }) => NAME.test(name));
  const names = entries.filter((entry) => isFile(host, layout, entry)).map(({ name }) => name);
  const beyond = names.filter((name) => name > newest).sort();
  return [...beyond, ...names.filter((name) => name <= newest).sort()];
}

function isFile(host: Host, layout: Layout, entry: Entry): boolean {
  return entry.isFile || (entry.isLink && host.files.stat(`${layout.dir}/${entry.name}`)?.isFile === true);
}

/** The newest file that a writer may append to: next month's, as a clock may be a little ahead. */
export function lastPlausibleName(now: Instant): string {
  const date = new Date(now);
  return eventFileName(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1));
}

/** Folds everything that the log holds now, from the checkpoint on where it still fits. */
export function foldLog(host: Host, layout: Layout): Folded {
  const checkpoint = readCheckpoint(host, layout);
  return (checkpoint === null ? null : foldOn(host, layout, checkpoint)) ?? foldOn(host, layout, NOTHING) ??
    NOTHING;
}

/** Goes on from an earlier fold, or null where the files are no longer a continuation of it. */
export function foldOn(host: Host, layout: Layout, earlier: Folded): Folded | null {
  const names = eventFileNames(host, layout);
  const known = Object.keys(earlier.files);
  if (known.some((name, index) => names[index] !== name)) return null;
  let folded = earlier;
  for (const [index, name] of names.entries()) {
    const file = host.files.open(`${layout.dir}/${name}`);
    if (file === null) return null;
    try {
      const mark = earlier.files[name];
      if (mark !== undefined && !continues(file, mark)) return null;
      const isLastKnown = index >= known.length - 1;
      if (mark !== undefined && !isLastKnown && hasNewLine(file, mark)) return null;
      folded = foldFile(folded, name, file, mark?.offset ?? 0);
    } finally {
      file.close();
    }
  }
  return folded;
}

/** Folds the whole lines of one file from `from` on, of them those that count. */
export function foldFile(
  folded: Folded,
  name: string,
  file: ReadFile,
  from: number,
  counting: ((line: string) => boolean) | null = null,
): Folded {
  let { state, counts } = folded;
  let whole = { state, counts, offset: from };
  for (const chunk of chunksForward(file, from)) {
    const text = counting === null ? chunk.text : chunk.text.split("\n").filter(counting).join("\n");
    ({ state, counts } = foldChunk(state, counts, { ...chunk, text }));
    if (!chunk.inside) whole = { state, counts, offset: chunk.end };
  }
  const files = { ...folded.files, [name]: markOf(file, whole.offset) };
  return { state: whole.state, counts: whole.counts, files };
}

/**
 * Goes on from an earlier fold although lines of it are gone: what is known stays. Of a file that is no continuation only
 * what was written after `seenAt` counts; all before it is known.
 */
export function foldOnTop(host: Host, layout: Layout, earlier: Folded, seenAt: Instant): Folded {
  let folded: Folded = { ...earlier, files: {} };
  for (const name of eventFileNames(host, layout)) {
    const file = host.files.open(`${layout.dir}/${name}`);
    if (file === null) continue;
    try {
      const mark = earlier.files[name];
      folded = mark !== undefined && continues(file, mark)
        ? foldFile(folded, name, file, mark.offset)
        : foldFile(folded, name, file, 0, (line) => writtenAfter(line, seenAt));
    } finally {
      file.close();
    }
  }
  return folded;
}

/** Whether each file of an earlier fold still begins with what was folded of it. */
export function isWhole(host: Host, layout: Layout, files: Folded["files"]): boolean {
  return Object.entries(files).every(([name, mark]) => {
    const file = host.files.open(`${layout.dir}/${name}`);
    if (file === null) return false;
    try {
      return continues(file, mark);
    } finally {
      file.close();
    }
  });
}

/** A line without a time counts as new. */
function writtenAfter(line: string, at: Instant): boolean {
  const written = instantOf(/^\{"ts": ?"([^"]*)"/.exec(line)?.[1] ?? "");
  return written === null || written > at;
}

export function markOf(file: ReadFile, offset: number): FileMark {
  return { inode: file.inode, offset, tail: tailOf(file, offset) };
}

/** The tail of a mark that has not been looked at: the file was never closed since. */
export const UNSEEN_TAIL = "";

/** Our own lines and the Python version's begin `{"ts": "<24 characters>", "event": "<kind>"`. */
const KIND_PREFIX = '", "event": "';
const KIND_PREFIX_AT = 32;

/** Only lines of a kind that changes the state are decoded: that is half of the time of decoding all. */
function foldChunk(
  before: ProjectState,
  counts: LineCounts,
  { text }: Chunk,
): { readonly state: ProjectState; readonly counts: LineCounts } {
  let state = before;
  let { lines, broken, foreign } = counts;
  let idle = NO_KIND;
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    if (end > start) {
      lines += 1;
      if (!text.startsWith(idle.mark, start + KIND_PREFIX_AT)) idle = idleKindAt(text, start);
      if (idle === NO_KIND) {
        const event = parsed(text.slice(start, end));
        if (typeof event !== "object" || event === null) broken += 1;
        else {
          const decoded = decodeEvent(event);
          if (decoded === null) foreign += 1;
          else state = evolve(state, decoded);
        }
      } else if (text.charCodeAt(end - 1) !== 125) broken += 1;
      else if (!idle.isOurs) foreign += 1;
    }
    start = end + 1;
  }
  return { state, counts: { lines, broken, foreign } };
}

/** A kind of event that changes no state. What such events say in a line is kept, as many often follow each other. */
interface IdleKind {
  readonly mark: string;
  readonly isOurs: boolean;
}

/** No line holds its mark where a kind stands. */
const NO_KIND: IdleKind = { mark: "\n", isOurs: false };

function idleKindAt(text: string, start: number): IdleKind {
  if (!text.startsWith(KIND_PREFIX, start + KIND_PREFIX_AT)) return NO_KIND;
  const from = start + KIND_PREFIX_AT + KIND_PREFIX.length;
  const kind = text.slice(from, text.indexOf('"', from));
  return changesState(kind) ? NO_KIND : { mark: `${KIND_PREFIX}${kind}"`, isOurs: isKind(kind) };
}

/** The line's JSON value, undefined where it is none. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Bytes before the offset that are compared: more than one line of ours. */
const TAIL = 256;

function tailOf(file: ReadFile, offset: number): string {
  const bytes = new Uint8Array(Math.min(TAIL, offset));
  file.readAt(offset - bytes.length, bytes);
  let hash = 0x811c9dc5;
  // By index: an iterator's results for each byte would have a start collect garbage.
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return (hash >>> 0).toString(16);
}

function continues(file: ReadFile, mark: FileMark): boolean {
  if (file.inode !== mark.inode || file.size() < mark.offset) return false;
  return mark.tail === UNSEEN_TAIL || mark.tail === tailOf(file, mark.offset);
}

function hasNewLine(file: ReadFile, mark: FileMark): boolean {
  if (file.size() === mark.offset) return false;
  for (const { inside } of chunksForward(file, mark.offset)) if (!inside) return true;
  return false;
}

interface Checkpoint extends Folded {
  readonly evolveVersion: number;
}

/** Deleting the checkpoint changes nothing but the time that the next fold takes. */
export function writeCheckpoint(host: Host, layout: Layout, folded: Folded): void {
  const checkpoint: Checkpoint = { evolveVersion: EVOLVE_VERSION, ...folded };
  host.files.replace(layout.checkpoint, JSON.stringify(checkpoint), "whole");
}

function readCheckpoint(host: Host, layout: Layout): Folded | null {
  const text = host.files.readText(layout.checkpoint);
  const checkpoint = text === null ? undefined : parsed(text);
  return isCheckpoint(checkpoint) ? checkpoint : null;
}

/** The file is ours alone: the version stands for its whole shape. */
function isCheckpoint(value: unknown): value is Checkpoint {
  return typeof value === "object" && value !== null &&
    (value as Checkpoint).evolveVersion === EVOLVE_VERSION &&
    typeof (value as Checkpoint).state === "object" && typeof (value as Checkpoint).files === "object" &&
    typeof (value as Checkpoint).counts === "object";
}
