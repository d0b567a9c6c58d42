/**
 * The kinds of value that a configuration key can have: how one is checked, and what is said when it is wrong.
 *
 * @module
 */
import {
  array,
  boolean,
  check,
  custom,
  finite,
  type GenericSchema,
  maxValue,
  minLength,
  minValue,
  number,
  picklist,
  pipe,
  rawCheck,
  type RawCheckContext,
  rawTransform,
  type RawTransformContext,
  readonly,
  regex,
  safeInteger,
  string,
  toLowerCase,
} from "valibot";
import { compilePattern } from "./pattern.ts";

export interface Kind<Value> {
  /** The type's name in the reference. */
  readonly type: string;
  readonly schema: GenericSchema<unknown, Value>;
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

const text = pipe(string(say("must be a string")), check(hasNoNul, "must not contain a NUL character"));

const filledText = pipe(text, minLength(1, "must not be empty"));

export const STRING: Kind<string> = { type: "string", schema: text, path: false };

export const FILLED: Kind<string> = { type: "string", schema: filledText, path: false };

/** 64 hex digits, in lower case from here on. */
export const SHA256: Kind<string> = {
  type: "SHA-256",
  schema: pipe(
    string(say("must be a string")),
    toLowerCase(),
    regex(/^[0-9a-f]{64}$/, say("must be 64 hex digits")),
  ),
  path: false,
};

/** Any table; what reads it checks it. */
export const TABLE: Kind<RawTable> = {
  type: "table",
  schema: custom<RawTable>(isTable, say("must be a table")),
  path: false,
};

export const HOOK_POINTS = ["pre_round", "post_round", "serve_startup", "dirty"] as const;

/** Where a program hooks in. */
export const HOOK_POINT: Kind<HookPoint> = {
  type: "hook point",
  schema: custom<HookPoint>(
    (value) => HOOK_POINTS.some((point) => point === value) || /^event:[a-z][a-z0-9_]*$/.test(String(value)),
    say(`expected ${HOOK_POINTS.map((point) => JSON.stringify(point)).join(", ")} or "event:KIND"`),
  ),
  path: false,
};

export type HookPoint = typeof HOOK_POINTS[number] | `event:${string}`;

export const BOOL: Kind<boolean> = { type: "bool", schema: boolean(say("must be a bool")), path: false };

export const PATH: Kind<string> = { type: "path", schema: filledText, path: true };

export const STRINGS: Kind<readonly string[]> = {
  type: "list of strings",
  schema: listOf(text),
  path: false,
};

export const PATHS: Kind<readonly string[]> = {
  type: "list of paths",
  schema: listOf(filledText),
  path: true,
};

/** A program and its arguments: the program has to be named. */
export const COMMAND: Kind<readonly string[]> = {
  type: "list of strings",
  schema: pipe(listOf(text), check((words) => (words[0] ?? "").trim() !== "", "must name a program")),
  path: false,
};

export const PATTERNS: Kind<readonly string[]> = {
  type: "list of regexes",
  schema: pipe(
    array(
      pipe(string(say("each pattern must be a string")), rawCheck(checkPattern)),
      say("expected a list of patterns"),
    ),
    readonly(),
  ),
  path: false,
};

/** Environment variables; whatever is written as a number or a bool becomes the text that TOML has for it. */
export const ENV: Kind<Readonly<Record<string, string>>> = {
  type: "table of strings",
  schema: pipe(custom<RawTable>(isTable, say("must be a table")), rawTransform(readEnv)),
  path: false,
};

export const POSITIVE: Kind<number> = int(1, "must be positive");

export const COUNT: Kind<number> = int(0, "must be >= 0");

export const PERCENT: Kind<number> = {
  type: "number",
  schema: pipe(
    number(say("must be a number")),
    minValue(0, say("must be between 0 and 100")),
    maxValue(100, say("must be between 0 and 100")),
  ),
  path: false,
};

/** A wait in seconds; fractions are allowed. */
export const SECONDS: Kind<number> = {
  type: "number",
  schema: pipe(
    number(say("must be a number")),
    finite(say("must be finite")),
    minValue(0, say("must be >= 0")),
  ),
  path: false,
};

/** An integer from 0 to `max`. */
export function countUpTo(max: number): Kind<number> {
  return { ...COUNT, schema: pipe(COUNT.schema, maxValue(max, say(`must be <= ${max}`))) };
}

/** A list of tables, which are read one by one by their own rows. */
export function tables<Value>(): Kind<readonly Value[]> {
  return {
    type: "list of tables",
    schema: custom<readonly Value[]>(
      (value) => Array.isArray(value) && value.every(isTable),
      say("must be a list of tables"),
    ),
    path: false,
  };
}

export function oneOf<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  const quoted = words.map((word) => JSON.stringify(word));
  const list = `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return { type: list, schema: picklist(words, say(`expected ${list}`)), path: false };
}

function int(min: number, tooSmall: string): Kind<number> {
  return {
    type: "int",
    schema: pipe(
      number(say("must be an integer")),
      safeInteger(say("must be an integer")),
      minValue(min, say(tooSmall)),
    ),
    path: false,
  };
}

function listOf(item: GenericSchema<unknown, string>): GenericSchema<unknown, readonly string[]> {
  return pipe(array(item, sayList), readonly());
}

function say(what: string): (issue: { readonly input: unknown }) => string {
  return (issue) => `${what}, got ${show(issue.input)}`;
}

function sayList({ input }: { readonly input: unknown }): string {
  const remedy = typeof input === "string" ? `; write [${show(input)}]` : "";
  return `expected a list of strings, got ${show(input)}${remedy}`;
}

function hasNoNul(value: string): boolean {
  return !value.includes("\0");
}

function checkPattern({ dataset, addIssue }: RawCheckContext<string>): void {
  if (!dataset.typed) return;
  const compiled = compilePattern(dataset.value);
  if (typeof compiled === "string") addIssue({ message: compiled });
}

function readEnv(
  { dataset, addIssue }: RawTransformContext<RawTable>,
): Readonly<Record<string, string>> {
  const input = dataset.value;
  const entries: [string, string][] = [];
  for (const [key, value] of Object.entries(input)) {
    const fault = envFault(key, value);
    if (fault === null) entries.push([key, String(value)]);
    else {addIssue({
        message: fault,
        path: [{ type: "object", origin: "value", input: { ...input }, key, value }],
      });}
  }
  return Object.fromEntries(entries);
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
