import type { Instant } from "./plugin.ts";

export type { Instant };

/** Event and status time stamps: UTC, three decimals, `Z` (spec of the log's line format). */
export function isoOf(at: Instant): string {
  return new Date(at).toISOString();
}

/** The instant of an ISO time stamp, or null where the text is none. */
export function instantOf(iso: string): Instant | null {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? null : at;
}

/** The Unix second in which the instant lies. */
export function epochOf(at: Instant): number {
  return Math.floor(at / 1000);
}
