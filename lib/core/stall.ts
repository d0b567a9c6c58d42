/**
 * Whether a round has stalled: for some time no output, no CPU time worth the name, no open tool call.
 *
 * @module
 */

/** What was seen of a running round at one look. */
export interface Sample {
  /** On a clock that stands still while the machine sleeps (ms). */
  readonly atMs: number;
  /** Output has come since the last look. */
  readonly grew: boolean;
  /** Tool calls without a result; 0 where no reader sees them. */
  readonly openTools: number;
  /** CPU time that the whole tree has used so far (ms); null where that cannot be seen. */
  readonly cpuMs: number | null;
}

/** Since when nothing moves, and how much CPU time had been used by then. */
export interface Stillness {
  readonly sinceMs: number;
  readonly cpuMs: number | null;
}

/** A process that waits uses a little CPU time too, for its timers; more than this share of the time is work. */
const IDLE_SHARE = 0.001;

/** What one clock tick of the process table cannot tell apart (ms). */
const IDLE_SLACK_MS = 20;

/** How still the round is after one more look; null is "before the first". */
export function stillAfter(before: Stillness | null, sample: Sample): Stillness {
  return before === null || hasMoved(before, sample) ? { sinceMs: sample.atMs, cpuMs: sample.cpuMs } : before;
}

/** What cannot be seen counts as moving; so does CPU time that shrank, as a process that has ended takes its own along. */
function hasMoved(
  { sinceMs, cpuMs: usedBefore }: Stillness,
  { atMs, grew, openTools, cpuMs }: Sample,
): boolean {
  if (grew || openTools > 0 || cpuMs === null || usedBefore === null || cpuMs < usedBefore) return true;
  return cpuMs - usedBefore > IDLE_SLACK_MS + (atMs - sinceMs) * IDLE_SHARE;
}
