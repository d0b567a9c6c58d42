import { type Instant, isoOf } from "./instant.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/**
 * A span of `ms` milliseconds for people, rounded, in two units at most: `42 s`, `3 min 5 s`, `1 h 12 min`, `2 d 3 h`.
 * A negative span is `0 s`.
 */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return twoUnits(seconds, 60, "min", "s");
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 1440) return twoUnits(minutes, 60, "h", "min");
  return twoUnits(Math.round(ms / HOUR_MS), 24, "d", "h");
}

/**
 * The local time of `at` for people who read it at `now`: `15:04`, `15:04:07` when less than two minutes away,
 * `Fri 15:04` on another day less than a week away, else `2026-12-03 15:04`.
 * `zoneOffsetMin` is the local zone's offset at `at`, in minutes east of UTC.
 * @throws RangeError when `at` is no date (more than 100 million days from 1970)
 */
export function clockText(at: Instant, now: Instant, zoneOffsetMin: number): string {
  const local = at + zoneOffsetMin * MINUTE_MS;
  const [date = "", time = ""] = isoOf(local).split("T");
  const clock = time.slice(0, Math.abs(at - now) < 2 * MINUTE_MS ? 8 : 5);
  const day = dayOf(local);
  const daysAway = Math.abs(day - dayOf(now + zoneOffsetMin * MINUTE_MS));
  if (daysAway === 0) return clock;
  return `${daysAway < 7 ? weekdayOf(day) : date} ${clock}`;
}

function twoUnits(count: number, perLarge: number, large: string, small: string): string {
  const rest = count % perLarge;
  const head = `${Math.floor(count / perLarge)} ${large}`;
  return rest === 0 ? head : `${head} ${rest} ${small}`;
}

function dayOf(local: number): number {
  return Math.floor(local / DAY_MS);
}

function weekdayOf(day: number): string {
  // Day 0, 1970-01-01, was a Thursday.
  return WEEKDAYS[(((day + 4) % 7) + 7) % 7] ?? "";
}

/** Seconds with four decimals, as events and the status hold them. */
export function roundedSeconds(seconds: number): number {
  return Math.round(seconds * 10_000) / 10_000;
}
