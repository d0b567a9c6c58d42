import type { Instant } from "./plugin.ts";

export type { Instant };

/** Event and status time stamps: UTC, three decimals, `Z` (spec of the log's line format). */
export function isoOf(at: Instant): string {
  const ms = Math.trunc(at);
  const second = Math.floor(ms / 1000);
  // To write a date takes longer than all else of a line of the log, and many of them fall into one second.
  if (second !== lastSecond.number) {
    lastSecond = { number: second, text: new Date(second * 1000).toISOString().slice(0, -"000Z".length) };
  }
  return `${lastSecond.text}${String(ms - second * 1000).padStart(3, "0")}Z`;
}

let lastSecond = { number: NaN, text: "" };

/** The instant of an ISO time stamp, or null where the text is none. */
export function instantOf(iso: string): Instant | null {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? null : at;
}

/**
 * Whether the clock has been set back so far that what lasts `forS` seconds from `from` on would last more than twice
 * as long.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(wasSetBack(5000, 6000, 3), false);
 * assert.equal(wasSetBack(5000, 9000, 3), true);
 * ```
 */
export function wasSetBack(now: Instant, from: Instant, forS: number): boolean {
  return from - now > forS * 1000;
}

/** The Unix second in which the instant lies. */
export function epochOf(at: Instant): number {
  return Math.floor(at / 1000);
}
