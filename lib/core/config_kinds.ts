/**
 * The kinds of value that a configuration key can have: how one is checked, and what is said when it is wrong.
 *
 * @module
 */
import { compilePattern } from "./pattern.ts";

/** Says what is wrong with a value, or with what it has at `member`, such as `.HOME`. */
export type Complain = (text: string, member?: string) => undefined;

export interface Kind<Value> {
  /** As the reference names it. */
  readonly type: string;
  /** The value as it is used; undefined where it is wrong, and that has been said. */
  readonly read: (value: unknown, complain: Complain) => Value | undefined;
  /** Whether the value, or each of its items, is resolved by the path rules. */
  readonly path: boolean;
}

/** A table of the file, as the TOML parser returns it. */
export type RawTable = Readonly<Record<string, unknown>>;

export function isTable(value: unknown): value is RawTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The value as an error message shows it: short, on one line. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  if (isTable(value)) return "a table";
  return String(value);
}

export const STRING = kind("string", readText);

export const FILLED = kind("string", readFilled);

/** 64 hex digits, in lower case from here on. */
export const SHA256 = kind("SHA-256", (value, complain) => {
  if (typeof value !== "string") return complain(got("must be a string", value));
  const digits = value.toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : complain(got("must be 64 hex digits", digits));
});

/** Any table; what reads it checks it. */
export const TABLE = kind("table", readTable);

export const HOOK_POINTS = ["pre_round", "post_round", "serve_startup", "dirty"] as const;

/** Where a program hooks in. */
export const HOOK_POINT = kind("hook point", (value, complain) => {
  if (isHookPoint(value)) return value;
  return complain(got(`expected ${HOOK_POINTS.map(show).join(", ")} or "event:KIND"`, value));
});

export type HookPoint = typeof HOOK_POINTS[number] | `event:${string}`;

function isHookPoint(value: unknown): value is HookPoint {
  return HOOK_POINTS.some((point) => point === value) ||
    (typeof value === "string" && /^event:[a-z][a-z0-9_]*$/.test(value));
}

export const BOOL = kind(
  "bool",
  (value, complain) => typeof value === "boolean" ? value : complain(got("must be a bool", value)),
);

export const PATH = kind("path", readFilled, "path");

export const STRINGS = kind("list of strings", listOf(readText));

export const PATHS = kind("list of paths", listOf(readFilled), "path");

/** A program and its arguments: the program has to be named. */
export const COMMAND = kind("list of strings", (value, complain) => {
  const words = listOf(readText)(value, complain);
  return words !== undefined && (words[0] ?? "").trim() === "" ? complain("must name a program") : words;
});

export const PATTERNS = kind("list of regexes", (value, complain) => {
  if (!Array.isArray(value)) return complain(got("expected a list of patterns", value));
  return everyOne(value, readPattern, complain);
});

/** Environment variables; whatever is written as a number or a bool becomes the text that TOML has for it. */
export const ENV = kind("table of strings", readEnv);

export const POSITIVE = int("from 1 on", 1, "must be positive");

export const COUNT = int("from 0 on", 0, "must be >= 0");

export const PERCENT = kind("number, 0 to 100", (value, complain) => {
  const number = readNumber(value, complain);
  if (number === undefined || (number >= 0 && number <= 100)) return number;
  return complain(got("must be between 0 and 100", value));
});

/** A wait in seconds; fractions are allowed. */
export const SECONDS = kind("number, from 0 on", (value, complain) => {
  const number = readNumber(value, complain);
  if (number === undefined) return undefined;
  if (!Number.isFinite(number)) return complain(got("must be finite", value));
  return number >= 0 ? number : complain(got("must be >= 0", value));
});

/** An integer from 0 to `max`. */
export function countUpTo(max: number): Kind<number> {
  return int(`0 to ${max}`, 0, "must be >= 0", max);
}

/** A list of tables, which are read one by one by their own rows. */
export function tables<Value>(): Kind<readonly Value[]> {
  return kind("list of tables", (value, complain) => {
    const isList = Array.isArray(value) && value.every(isTable);
    return isList ? value as readonly Value[] : complain(got("must be a list of tables", value));
  });
}

export function oneOf<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  const quoted = words.map(show);
  const list = `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return kind(
    list,
    (value, complain) => words.find((word) => word === value) ?? complain(got(`expected ${list}`, value)),
  );
}

function kind<Value>(type: string, read: Kind<Value>["read"], path?: "path"): Kind<Value> {
  return { type, read, path: path !== undefined };
}

function int(range: string, min: number, tooSmall: string, max = Infinity): Kind<number> {
  return kind(`int, ${range}`, (value, complain) => {
    if (!isSafeInteger(value)) return complain(got("must be an integer", value));
    if (value < min) return complain(got(tooSmall, value));
    return value <= max ? value : complain(got(`must be <= ${max}`, value));
  });
}

function isSafeInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function readNumber(value: unknown, complain: Complain): number | undefined {
  const isNumber = typeof value === "number" && !Number.isNaN(value);
  return isNumber ? value : complain(got("must be a number", value));
}

function readText(value: unknown, complain: Complain): string | undefined {
  if (typeof value !== "string") return complain(got("must be a string", value));
  return hasNoNul(value) ? value : complain("must not contain a NUL character");
}

function readFilled(value: unknown, complain: Complain): string | undefined {
  const text = readText(value, complain);
  return text === "" ? complain("must not be empty") : text;
}

function readTable(value: unknown, complain: Complain): RawTable | undefined {
  return isTable(value) ? value : complain(got("must be a table", value));
}

function listOf<Item>(read: Kind<Item>["read"]): Kind<readonly Item[]>["read"] {
  return (value, complain) => {
    if (Array.isArray(value)) return everyOne(value, read, complain);
    const remedy = typeof value === "string" ? `; write [${show(value)}]` : "";
    return complain(got("expected a list of strings", value) + remedy);
  };
}

/** All items as they are used, undefined where one is wrong; all that are wrong are named. */
function everyOne<Item>(
  values: readonly unknown[],
  read: Kind<Item>["read"],
  complain: Complain,
): readonly Item[] | undefined {
  const items = values.map((value) => read(value, complain));
  return items.every((item) => item !== undefined) ? items : undefined;
}

function readPattern(value: unknown, complain: Complain): string | undefined {
  if (typeof value !== "string") return complain(got("each pattern must be a string", value));
  const compiled = compilePattern(value);
  return typeof compiled === "string" ? complain(compiled) : value;
}

function readEnv(value: unknown, complain: Complain): Readonly<Record<string, string>> | undefined {
  const table = readTable(value, complain);
  if (table === undefined) return undefined;
  const faults = Object.entries(table).flatMap(([name, entry]) => {
    const fault = envFault(name, entry);
    return fault === null ? [] : [{ name, fault }];
  });
  for (const { name, fault } of faults) complain(fault, `.${name}`);
  if (faults.length > 0) return undefined;
  return Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, String(entry)]));
}

function got(what: string, value: unknown): string {
  return `${what}, got ${show(value)}`;
}

function hasNoNul(value: string): boolean {
  return !value.includes("\0");
}

/** Never shows a string value: it may be a secret. */
function envFault(name: string, value: unknown): string | null {
  if (name.startsWith("AGENT_RUNNER_")) {
    return "names that begin with AGENT_RUNNER_ are set by agent-runner itself";
  }
  if (name === "" || /[=\0]/.test(name)) return "not a name of an environment variable";
  if (typeof value === "string") return hasNoNul(value) ? null : "must not contain a NUL character";
  if (typeof value === "boolean" || typeof value === "bigint" || Number.isFinite(value)) return null;
  return `must be a string, a number or a bool, got ${show(value)}`;
}
