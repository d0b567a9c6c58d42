import {
  boolean,
  check,
  finite,
  type GenericSchema,
  integer,
  literal,
  maxLength,
  maxValue,
  minValue,
  nullable,
  number,
  object,
  optional,
  picklist,
  pipe,
  record,
  regex,
  safeParse,
  string,
  transform,
} from "valibot";
import type { DirtyOutcome, Finding } from "../core/plugin.ts";

/** Characters of a CLI's own words that are kept. */
const RAW_MAX = 64 * 1024;

const raw = optional(pipe(string(), transform((text) => text.slice(0, RAW_MAX))), "");
const count = pipe(number(), integer(), minValue(0));
const counts = optional(count, 0);
/** The calendar's first and last moment (ms), beyond which there is no date. */
const INSTANT_MAX = 8.64e15;
const instant = pipe(
  number(),
  minValue(-INSTANT_MAX),
  maxValue(INSTANT_MAX),
  transform((at) => Math.round(at)),
);
const short = pipe(string(), maxLength(400, "is longer than 400 characters"));
const word = pipe(string(), regex(/^[\w.:-]{1,100}$/, "must be 1 to 100 letters, digits, _ . : and -"));
const window = optional(nullable(pipe(string(), maxLength(100))), null);

/** By kind, with what may be left out filled in. */
const FINDINGS: { readonly [K in Finding["kind"]]: GenericSchema<unknown, Extract<Finding, { kind: K }>> } = {
  limit: object({
    kind: literal("limit"),
    scope: picklist(["account", "model"]),
    window,
    resetAt: nullable(instant),
    raw,
  }),
  limit_cleared: object({ kind: literal("limit_cleared"), window }),
  overloaded: object({ kind: literal("overloaded"), status: count, raw }),
  api_timeout: object({ kind: literal("api_timeout"), raw }),
  auth_failed: object({ kind: literal("auth_failed"), raw }),
  billing: object({ kind: literal("billing"), raw }),
  usage: object({
    kind: literal("usage"),
    model: optional(short, "unknown"),
    inputTokens: counts,
    outputTokens: counts,
    cachedTokens: counts,
    cacheCreationTokens: counts,
    toolCalls: counts,
    usd: optional(nullable(pipe(number(), finite())), null),
    durationMs: optional(pipe(number(), finite(), minValue(0)), 0),
    models: optional(
      nullable(pipe(
        record(short, pipe(record(short, number()), few())),
        few(),
      )),
      null,
    ),
  }),
  result: object({ kind: literal("result"), ok: boolean(), raw }),
  waiting_for_human: object({
    kind: literal("waiting_for_human"),
    what: pipe(string(), transform((text) => text.slice(0, RAW_MAX))),
  }),
  tool: object({ kind: literal("tool"), open: boolean() }),
  repetition: object({
    kind: literal("repetition"),
    tool: short,
    target: nullable(short),
    count,
    window: count,
  }),
  other_limit: object({ kind: literal("other_limit"), classification: word, resetAt: instant, raw }),
};

function few<T extends object>() {
  return check<T, string>((table) => Object.keys(table).length <= 100, "has more than 100 members");
}

/** Findings that one answer may hold. */
const FINDINGS_MAX = 50_000;

/** What a plugin's reader returned as findings, or in a sentence what is wrong with it. */
export function readFindings(value: unknown): readonly Finding[] | string {
  if (!Array.isArray(value)) return `the reader must return a list of findings, got ${show(value)}`;
  if (value.length > FINDINGS_MAX) return `${value.length} findings at once, at most ${FINDINGS_MAX}`;
  const findings: Finding[] = [];
  for (const item of value) {
    const kind: unknown = item?.kind;
    if (typeof kind !== "string" || !Object.hasOwn(FINDINGS, kind)) {
      return `no kind of finding: ${show(item)}`;
    }
    const result = safeParse(FINDINGS[kind as Finding["kind"]], item);
    if (!result.success) {
      const { path, message } = result.issues[0];
      return `a finding of kind ${kind}: ${(path ?? []).map(({ key }) => key).join(".")} ${message}`;
    }
    findings.push(result.output);
  }
  return findings;
}

const OUTCOME = object({
  kind: picklist(["stashed", "committed", "ignored"]),
  ref: optional(nullable(pipe(string(), maxLength(200))), null),
});

/** A dirty handler's answer: null passes; a sentence where it is neither. */
export function readOutcome(value: unknown): DirtyOutcome | null | string {
  if (value === null) return null;
  const result = safeParse(OUTCOME, value);
  return result.success
    ? result.output
    : `a dirty handler must return {kind, ref} or null, got ${show(value)}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
