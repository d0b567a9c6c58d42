/**
 * Reads a command line by a table of verbs. What is run, and how problems are printed, is for others.
 *
 * @module
 */
import type { Problem } from "../core/problem.ts";
import { didYouMean } from "../core/suggest.ts";
import type { CliContext, GlobalFlags, VerbResult } from "./context.ts";

/** What a word of the command line has to be. */
export interface WordKind<Value> {
  /** Behind "expected", such as `a whole number from 1 on`. */
  readonly expected: string;
  /** Undefined where the word is none. */
  readonly read: (word: string) => Value | undefined;
  /** All that it can be, where those are few. */
  readonly words?: readonly string[];
}

/** A flag without a value: false unless it is given. A `usual` one is true unless `--no-NAME` is given. */
export interface Switch {
  readonly kind: "switch";
  readonly text: string;
  readonly usual?: true;
}

/** A flag with a value; without it the verb gets `usual`, or nothing. */
export interface Valued<Value> {
  readonly kind: "value";
  readonly text: string;
  readonly placeholder: string;
  readonly of: WordKind<Value>;
  readonly usual?: Value;
}

/** A word that is no flag. The last one may be optional, or one or more. */
export interface Argument<Value> {
  readonly text: string;
  readonly placeholder: string;
  readonly of: WordKind<Value>;
  readonly count?: "optional" | "many";
}

/** The flags of a verb in the verb's own names: `maxRounds` is written `--max-rounds`. */
export type Flags = Readonly<Record<string, Switch | Valued<unknown>>>;

interface About {
  /** One line, for the list of verbs. */
  readonly brief: string;
  /** What the verb's own help says instead of it. */
  readonly text?: string;
}

export interface Verb extends About {
  /** Its own; absent where there are none. */
  readonly flags?: Flags;
  readonly args?: readonly Argument<unknown>[];
  /** It does without the flags of all. */
  readonly isBare?: true;
  readonly load: () => Promise<Run<Values, readonly unknown[]>>;
}

/** A word with verbs of its own behind it. */
export interface Group extends About {
  readonly verbs: () => Promise<Verbs>;
}

export type Verbs = Readonly<Record<string, Verb | Group>>;

type Values = Readonly<Record<string, unknown>>;

type Run<Given, Args extends readonly unknown[]> = (
  context: CliContext,
  flags: Given,
  ...args: Args
) => VerbResult | Promise<VerbResult>;

/** A verb's row as it is written: what its function takes decides which flags and arguments there are. */
interface Row<Given, Args extends readonly unknown[]> extends About {
  readonly flags?: { readonly [Name in OwnName<Given>]-?: FlagFor<NonNullable<Given[Name]>> };
  readonly args?: number extends Args["length"] ? readonly [Argument<Args[number]>]
    : { readonly [Index in keyof Args]-?: Argument<NonNullable<Args[Index]>> };
  readonly isBare?: true;
  readonly load: () => Promise<Run<Given, Args>>;
}

type OwnName<Given> = Exclude<keyof Given, keyof GlobalFlags>;

type FlagFor<Value> = [Value] extends [boolean] ? Switch : Valued<Value>;

/** Flags that may stand before the verb and behind it. */
export const GLOBALS: Flags = {
  config: {
    kind: "value",
    text: "Configuration file. [default: agent-runner.toml]",
    placeholder: "path",
    of: { expected: "a path", read: (word) => word || undefined },
  },
  json: { kind: "switch", text: "Data and errors as JSON." },
};

/** Ties each flag and argument of a row to what the verb's function takes; from then on they are read by name. */
export function verb<Given, Args extends readonly unknown[] = []>(row: Row<Given, Args>): Verb {
  return row as unknown as Verb;
}

export function isVerb(at: Verb | Group): at is Verb {
  return "load" in at;
}

/** All flags of the verb. */
export function flagsOf({ flags = {}, isBare }: Verb): Flags {
  return isBare ? flags : { ...flags, ...GLOBALS };
}

/** What a command line says; `path` are the words up to its verb. */
export type Line =
  & { readonly path: readonly string[]; readonly json: boolean }
  & (
    | { readonly kind: "run"; readonly verb: Verb; readonly flags: Values; readonly args: readonly unknown[] }
    | { readonly kind: "help"; readonly of: Verb | Group; readonly isAsked: boolean }
    | { readonly kind: "version" }
    | { readonly kind: "wrong"; readonly problems: readonly Problem[] }
  );

/** Reads the words behind the program's name; the later one of two equal flags wins. */
export async function readLine(program: Group, words: readonly string[]): Promise<Line> {
  return await readBehind(program, [], {}, words);
}

async function readBehind(
  at: Verb | Group,
  path: readonly string[],
  before: Values,
  words: readonly string[],
): Promise<Line> {
  const scan = isVerb(at) ? scanWords(flagsOf(at), words, true) : scanWords(GLOBALS, words, false);
  const given = { ...before, ...scan.given };
  const said = { path, json: given.json === true };
  if (scan.asks === "help") return { ...said, kind: "help", of: at, isAsked: true };
  if (scan.asks === "version") return { ...said, kind: "version" };
  if (isVerb(at)) return { ...said, ...called(at, given, scan) };
  // Words that no verb reads are not scanned; what is wrong is still to be said as they ask.
  const unread = { path, json: said.json || scan.plain.includes("--json") };
  if (scan.problems.length > 0) return { ...unread, kind: "wrong", problems: scan.problems };
  const [name, ...rest] = scan.plain;
  if (name === undefined) return { ...said, kind: "help", of: at, isAsked: false };
  const verbs = await at.verbs();
  const next = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (next !== undefined) return await readBehind(next, [...path, name], given, rest);
  const text = `unknown command${didYouMean(name, Object.keys(verbs))}`;
  return { ...unread, kind: "wrong", problems: [problem(name, text)] };
}

interface Scan {
  /** Values of the flags, by the verb's names. */
  readonly given: Record<string, unknown>;
  readonly plain: string[];
  readonly problems: Problem[];
  readonly asks: "help" | "version" | null;
}

const HELP: readonly string[] = ["--help", "-h"];
const VERSION: readonly string[] = ["--version", "-v"];

/** Takes flags and plain words apart; unless `toEnd`, all from the first plain word on is left as it is. */
function scanWords(flags: Flags, words: readonly string[], toEnd: boolean): Scan {
  const scan = { given: {}, plain: [] as string[], problems: [] as Problem[] };
  let asks: Scan["asks"] = null;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--" || (!toEnd && !isFlag(word))) {
      scan.plain.push(...words.slice(word === "--" ? i + 1 : i));
      break;
    }
    if (!isFlag(word)) scan.plain.push(word);
    else if (HELP.includes(word)) asks = "help";
    else if (VERSION.includes(word)) asks ??= "version";
    else i += takeFlag(flags, word, words[i + 1], scan);
  }
  return { ...scan, asks };
}

function isFlag(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}

/** Reads one flag; returns how many more words it has used. */
function takeFlag(flags: Flags, word: string, next: string | undefined, scan: Omit<Scan, "asks">): 0 | 1 {
  const [written = "", inline] = word.split(/=(.*)/s, 2);
  const found = spellings(flags).find(({ spelling }) => spelling === written);
  if (found === undefined) {
    const known = [...spellings(flags).map(({ spelling }) => spelling), "--help", "--version"];
    scan.problems.push(problem(written, `unknown flag${didYouMean(written, known)}`));
    return 0;
  }
  const { name, flag, on } = found;
  if (flag.kind === "switch") {
    if (inline === undefined) scan.given[name] = on;
    else scan.problems.push(problem(written, `takes no value, got ${quoted(inline)}`));
    return 0;
  }
  const text = inline ?? (next?.startsWith("--") ? undefined : next);
  if (text === undefined) {
    scan.problems.push(problem(written, `needs a value: ${flag.of.expected}`));
    return 0;
  }
  scan.given[name] = readWord(flag.of, text, written, scan.problems);
  return inline === undefined ? 1 : 0;
}

function spellings(flags: Flags) {
  return Object.entries(flags).flatMap(([name, flag]) => {
    const plain = { name, flag, on: true, spelling: `--${dashed(name)}` };
    if (flag.kind !== "switch" || flag.usual !== true) return [plain];
    return [plain, { name, flag, on: false, spelling: `--no-${dashed(name)}` }];
  });
}

/** `maxRounds` as it is written: `max-rounds`. */
export function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function called(verb: Verb, given: Values, { plain, problems }: Scan) {
  const flags = flagsOf(verb);
  const strangers = Object.keys(given).filter((name) => !Object.hasOwn(flags, name));
  for (const name of strangers) problems.push(problem(`--${name}`, "this command has no such flag"));
  const args = readArguments(verb.args ?? [], plain, problems);
  if (problems.length > 0) return { kind: "wrong", problems } as const;
  const usual = Object.entries(flags).map(([name, flag]) =>
    [name, flag.kind === "switch" ? flag.usual === true : flag.usual] as const
  );
  return { kind: "run", verb, flags: { ...Object.fromEntries(usual), ...given }, args } as const;
}

function readArguments(
  rows: readonly Argument<unknown>[],
  words: readonly string[],
  problems: Problem[],
): readonly unknown[] {
  const args: unknown[] = [];
  for (const { placeholder, text, of, count } of rows) {
    const where = `<${placeholder}>`;
    const taken = words.slice(args.length, count === "many" ? undefined : args.length + 1);
    if (taken.length === 0 && count !== "optional") {
      problems.push(problem(where, `missing (${text.replace(/\.$/, "")})`));
    }
    for (const word of taken) args.push(readWord(of, word, where, problems));
  }
  // Behind a flag that nobody knows, a word may be its value.
  const tooMany = problems.length > 0 ? [] : words.slice(args.length);
  problems.push(...tooMany.map((word) => problem(word, "one word too many")));
  return args;
}

function readWord<Value>(
  { read, expected, words = [] }: WordKind<Value>,
  word: string,
  where: string,
  problems: Problem[],
): Value | undefined {
  const value = read(word);
  if (value === undefined) {
    const text = `expected ${expected}, got ${quoted(word)}${didYouMean(word, words)}`;
    problems.push(problem(where, text));
  }
  return value;
}

function problem(where: string, text: string): Problem {
  return { where: visible(where), text, line: null };
}

/** A word as it is; within quotes where nothing would be seen of it, or a terminal would obey it. */
function visible(word: string): string {
  return word === "" || /\p{Cc}/u.test(word) ? quoted(word) : word;
}

/** As in JSON, which leaves some control characters as they are. */
function quoted(word: string): string {
  return JSON.stringify(word).replace(/\p{Cc}/gu, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}
