import * as v from "valibot";
import type { DirtyOutcome, Finding } from "../core/plugin.ts";

/** Characters of a CLI's own words that are kept. */
const RAW_MAX = 64 * 1024;

const raw = v.optional(v.pipe(v.string(), v.transform((text) => text.slice(0, RAW_MAX))), "");
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const counts = v.optional(count, 0);
/** The calendar's first and last moment (ms), beyond which there is no date. */
const INSTANT_MAX = 8.64e15;
const instant = v.pipe(
  v.number(),
  v.minValue(-INSTANT_MAX),
  v.maxValue(INSTANT_MAX),
  v.transform((at) => Math.round(at)),
);
const short = v.pipe(v.string(), v.maxLength(400, "is longer than 400 characters"));
const word = v.pipe(v.string(), v.regex(/^[\w.:-]{1,100}$/, "must be 1 to 100 letters, digits, _ . : and -"));
const window = v.optional(v.nullable(v.pipe(v.string(), v.maxLength(100))), null);

/** By kind, with what may be left out filled in. */
const FINDINGS: { readonly [K in Finding["kind"]]: v.GenericSchema<unknown, Extract<Finding, { kind: K }>> } =
  {
    limit: v.object({
      kind: v.literal("limit"),
      scope: v.picklist(["account", "model"]),
      window,
      resetAt: v.nullable(instant),
      raw,
    }),
    limit_cleared: v.object({ kind: v.literal("limit_cleared"), window }),
    overloaded: v.object({ kind: v.literal("overloaded"), status: count, raw }),
    api_timeout: v.object({ kind: v.literal("api_timeout"), raw }),
    auth_failed: v.object({ kind: v.literal("auth_failed"), raw }),
    billing: v.object({ kind: v.literal("billing"), raw }),
    usage: v.object({
      kind: v.literal("usage"),
      model: v.optional(short, "unknown"),
      inputTokens: counts,
      outputTokens: counts,
      cachedTokens: counts,
      cacheCreationTokens: counts,
      toolCalls: counts,
      usd: v.optional(v.nullable(v.pipe(v.number(), v.finite())), null),
      durationMs: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 0),
      models: v.optional(
        v.nullable(v.pipe(
          v.record(short, v.pipe(v.record(short, v.number()), few())),
          few(),
        )),
        null,
      ),
    }),
    result: v.object({ kind: v.literal("result"), ok: v.boolean(), raw }),
    waiting_for_human: v.object({
      kind: v.literal("waiting_for_human"),
      what: v.pipe(v.string(), v.transform((text) => text.slice(0, RAW_MAX))),
    }),
    tool: v.object({ kind: v.literal("tool"), open: v.boolean() }),
    repetition: v.object({
      kind: v.literal("repetition"),
      tool: short,
      target: v.nullable(short),
      count,
      window: count,
    }),
    other_limit: v.object({ kind: v.literal("other_limit"), classification: word, resetAt: instant, raw }),
  };

function few<T extends object>() {
  return v.check<T, string>((table) => Object.keys(table).length <= 100, "has more than 100 members");
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
    const result = v.safeParse(FINDINGS[kind as Finding["kind"]], item);
    if (!result.success) {
      const { path, message } = result.issues[0];
      return `a finding of kind ${kind}: ${(path ?? []).map(({ key }) => key).join(".")} ${message}`;
    }
    findings.push(result.output);
  }
  return findings;
}

const OUTCOME = v.object({
  kind: v.picklist(["stashed", "committed", "ignored"]),
  ref: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(200))), null),
});

/** A dirty handler's answer: null passes; a sentence where it is neither. */
export function readOutcome(value: unknown): DirtyOutcome | null | string {
  if (value === null) return null;
  const result = v.safeParse(OUTCOME, value);
  return result.success
    ? result.output
    : `a dirty handler must return {kind, ref} or null, got ${show(value)}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
