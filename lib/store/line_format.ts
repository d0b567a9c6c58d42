import type { Field } from "../core/field.ts";
import { type Draft, EVENTS, type Kind, KINDS, type LoggedEvent } from "../core/events.ts";
import { type Instant, isoOf } from "../core/instant.ts";
import { once } from "../core/once.ts";
import { redactedCut } from "../core/redact.ts";

/**
 * The draft as an event of that instant, with its free texts redacted and cut. Without a round there is no number: the
 * Python version's monitor looks for the highest of all, and fails on null.
 */
export function stamp(draft: Draft, at: Instant): LoggedEvent {
  const event: Record<string, unknown> = { ts: isoOf(at), ...draft };
  if (event.round_num === null) delete event.round_num;
  for (const [field, max] of FREE_TEXTS[draft.event]()) {
    const text = event[field];
    if (typeof text === "string") event[field] = redactedCut(text, max);
  }
  return event as unknown as LoggedEvent;
}

/** Characters that one word of a plugin's event may have. */
const FOREIGN_WORD_MAX = 2000;

/** An event of a plugin's own kind at that instant. */
export function stampForeign(
  kind: string,
  fields: Readonly<Record<string, unknown>>,
  at: Instant,
): LoggedEvent {
  const { ts: _ts, event: _event, ...own } = redactedValue(fields) as Readonly<Record<string, unknown>>;
  return { ts: isoOf(at), event: kind, ...own } as unknown as LoggedEvent;
}

function redactedValue(value: unknown): unknown {
  if (typeof value === "string") return redactedCut(value, FOREIGN_WORD_MAX);
  if (Array.isArray(value)) return value.map(redactedValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redactedValue(member)]));
}

/**
 * One line of the log, with its newline: a blank after each `,` and `:`, non-ASCII characters as they are, except the
 * three at which some readers would split a line.
 */
export function encodeLine(event: object): string {
  return `${encode(event)}\n`;
}

/** Usual lines fit into this (bytes). */
const ROOM = 16 * 1024;

/** Lines in UTF-8. The room is used again: to make some for each line takes half as long as to write it. */
export class LineBytes {
  readonly #encoder = new TextEncoder();
  readonly #room = new Uint8Array(ROOM);

  /** Holds until the next call. */
  of(line: string): Uint8Array {
    const { read, written } = this.#encoder.encodeInto(line, this.#room);
    return read === line.length ? this.#room.subarray(0, written) : this.#encoder.encode(line);
  }
}

function encode(value: unknown): string {
  switch (typeof value) {
    case "string":
      return encodeText(value);
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : encodeCompound(value);
    default:
      return "null";
  }
}

function encodeCompound(value: object): string {
  if (Array.isArray(value)) return `[${value.map(encode).join(", ")}]`;
  let members = "";
  for (const key of Object.keys(value)) {
    const member: unknown = (value as Readonly<Record<string, unknown>>)[key];
    if (member === undefined) continue;
    members += (members === "" ? "" : ", ") + encodeKey(key) + encode(member);
  }
  return `{${members}}`;
}

/** The same few keys come again and again; those of plugins may be any. */
const KEYS_MAX = 500;
const KEYS = new Map<string, string>();

function encodeKey(key: string): string {
  const known = KEYS.get(key);
  if (known !== undefined) return known;
  const encoded = `${encodeText(key)}: `;
  if (KEYS.size < KEYS_MAX) KEYS.set(key, encoded);
  return encoded;
}

/** What needs no escape: almost every text of the log. */
const PLAIN = /^[ !#-[\]-~]*$/;

const LINE_BREAKS = /[\u0085\u2028\u2029]/g;

function encodeText(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replace(LINE_BREAKS, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

type FreeText = readonly [field: string, max: number];

/** For each kind the fields that hold words from outside, with the length to which each is cut. */
const FREE_TEXTS = Object.fromEntries(KINDS.map((kind) => [kind, once(() => freeTexts(kind))])) as Record<
  Kind,
  () => readonly FreeText[]
>;

function freeTexts(kind: Kind): readonly FreeText[] {
  return Object.entries<Field<unknown>>(EVENTS[kind].fields)
    .flatMap(([field, { free }]) => free === null ? [] : [[field, free] as const]);
}
