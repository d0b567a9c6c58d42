/**
 * What a plugin needs to read records of which no field can be relied on: every function takes anything and never throws.
 *
 * @module
 */
import type { Instant } from "../lib/core/plugin.ts";

/** A JSON object whose members have not been looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * A moment written as epoch or ISO text, null for all else. Numbers up to 10^11 are seconds (the year 5138), larger ones
 * milliseconds; ISO text without a zone is UTC.
 */
export function instantOf(value: unknown): Instant | null {
  const number = numberOf(value);
  if (number !== null) {
    const at = Math.round(number > 1e11 ? number : number * 1000);
    return at > 0 && at <= 8.64e15 ? at : null;
  }
  const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(
    textOf(value),
  );
  const at = iso === null ? NaN : Date.parse(`${iso[1]}T${iso[2] ?? "00:00"}${iso[3] ?? "Z"}`);
  return Number.isNaN(at) ? null : at;
}

/** The value of a JSON text, undefined where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An object as it is, null for all else. */
export function objectOf(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Fields : null;
}

/** An array as it is, an empty one for all else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A string as it is, "" for all else. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A finite number, also one written as a string; null for all else. */
export function numberOf(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

/** A whole number of at least 0, which is also what all else counts as. */
export function countOf(value: unknown): number {
  return Math.max(0, Math.trunc(numberOf(value) ?? 0));
}
