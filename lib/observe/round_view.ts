import { isoOf } from "../core/instant.ts";
import type { RoundSummary, RunningRound } from "../core/remembered_round.ts";
import type { Host } from "../host.ts";
import { linesBackward } from "../store/blocks.ts";
import { type Layout, roundOfLog } from "../store/layout.ts";
import { readRunningRound } from "../store/running_round.ts";
import type { Observed } from "./observed.ts";

/** Lines of a round's log that are shown. */
const LOG_LINES = 50;

/** One round as `peek` shows it. */
export interface RoundView {
  readonly round_num: number;
  readonly phase: string | null;
  /** "" where unknown. */
  readonly started_at: string;
  readonly duration_so_far_s: number | null;
  readonly pid: number | null;
  readonly exit_code: number | null;
  readonly timed_out: boolean | null;
  readonly log_path: string | null;
  readonly log_tail: string | null;
  readonly recent_events: readonly unknown[];
  readonly verdict: string | null;
}

/** The round that runs at this moment. */
export function runningRoundView(
  host: Host,
  { layout, roundAlive }: Observed,
  running: RunningRound,
  withLog: boolean,
): RoundView {
  const path = newestLog(host, layout, running.num);
  return {
    ...startedView(running),
    duration_so_far_s: Math.max(0, (host.clock.now() - running.startedAt) / 1000),
    pid: roundAlive ? readRunningRound(host, layout)?.pid ?? null : null,
    log_path: path,
    log_tail: withLog && path !== null ? tailOf(host, path) : null,
  };
}

/**
 * A round by its number, or the newest; null where it left neither a log nor an event.
 * @param running the one that runs at this moment, null without one
 */
export function roundView(
  host: Host,
  observed: Observed,
  running: RunningRound | null,
  wanted: number | "latest",
  withLog: boolean,
): RoundView | null {
  const { layout, state } = observed;
  const num = wanted === "latest" ? newestRound(host, layout) : wanted;
  if (num === null) return null;
  if (running?.num === num) return runningRoundView(host, observed, running, withLog);
  const summary = state.rounds.findLast((round) => round.num === num);
  const path = newestLog(host, layout, num);
  const left = state.running?.num === num ? startedView(state.running) : null;
  if (summary === undefined && left === null && path === null) return null;
  const view = left ?? (summary === undefined ? blank(num) : summaryView(summary));
  return { ...view, log_path: path, log_tail: withLog && path !== null ? tailOf(host, path) : null };
}

/** What a round's start says of it. */
function startedView({ num, phase, startedAt }: RunningRound): RoundView {
  return { ...blank(num), phase, started_at: isoOf(startedAt) };
}

export function summaryView(summary: RoundSummary): RoundView {
  return {
    ...blank(summary.num),
    phase: summary.phase,
    started_at: isoOf(summary.startedAt),
    duration_so_far_s: summary.exit?.durationS ?? null,
    exit_code: summary.exit?.code ?? null,
    timed_out: summary.exit?.timedOut ?? null,
    verdict: summary.verdict,
  };
}

function blank(num: number): RoundView {
  return {
    round_num: num,
    phase: null,
    started_at: "",
    duration_so_far_s: null,
    pid: null,
    exit_code: null,
    timed_out: null,
    log_path: null,
    log_tail: null,
    recent_events: [],
    verdict: null,
  };
}

function newestRound(host: Host, layout: Layout): number | null {
  const rounds = (host.files.list(layout.rounds) ?? []).map(({ name }) => roundOfLog(name) ?? 0);
  return rounds.length === 0 ? null : Math.max(...rounds);
}

/** A number that was used again has several logs: the newest counts. */
function newestLog(host: Host, layout: Layout, num: number): string | null {
  const names = (host.files.list(layout.rounds) ?? []).map(({ name }) => name).filter((name) =>
    roundOfLog(name) === num
  );
  const newest = names.sort().at(-1);
  return newest === undefined ? null : `${layout.rounds}/${newest}`;
}

function tailOf(host: Host, path: string): string {
  const file = host.files.open(path);
  if (file === null) return "";
  try {
    return linesBackward(file).take(LOG_LINES).toArray().reverse().join("\n");
  } finally {
    file.close();
  }
}
