import type { Ending } from "../core/verdict.ts";
import { stillAfter, type Stillness } from "../core/stall.ts";
import { bestEffort } from "../core/file_error.ts";
import { busyChildren } from "./busy_children.ts";
import type { LogCap } from "./log_cap.ts";
import type { RoundReader } from "./round_reader.ts";
import type { Supervision } from "./supervision.ts";
import type { WorkPhase } from "./voice.ts";

/** Between two looks at a running round (ms); shorter while somebody watches on a terminal. */
const LOOK_MS = 500;
const LOOK_WATCHED_MS = 100;

/** A round that has just begun is looked at after this (ms), then each time after half its age. */
const LOOK_YOUNG_MS = 10;

/** The next look is when about this much more has come (bytes): little is left to be read when the agent has ended. */
const LOOK_BYTES = 8 * 1024 * 1024;

/** What is watched. */
export interface Watch {
  readonly round: number;
  /** The launcher. */
  readonly pid: number;
  readonly reader: RoundReader;
  readonly cap: LogCap;
  /** Start and limit on the boot clock (ms). */
  readonly startedBootMs: number;
  readonly deadlineBootMs: number;
  /** Aborted when the round is to be ended. */
  readonly stopNow: AbortSignal;
  /** CPU time that the whole tree has used so far (ms), null where that cannot be seen. */
  readonly cpuMs: () => number | null;
  /** Whether the agent is gone; asked at each look. */
  readonly hasEnded: () => boolean;
  /** Aborted when it is worth asking at once. */
  readonly mayHaveEnded: AbortSignal;
  /** Called when the log directory was begun anew: what names the round's processes went with the old one. */
  readonly onMoved: () => void;
}

/** Why watching is over: the agent ended by itself, or it has to be ended for the reason given. */
export type WatchEnd =
  | { readonly kind: "ended" }
  | Extract<
    Ending,
    { readonly kind: "timed_out" | "idle_after_result" | "stalled" | "stopped" }
  >;

/** Watches until the first reason to stop; later ones cannot replace it. */
export async function watchAgent(supervision: Supervision, watch: Watch): Promise<WatchEnd> {
  const { host, log, voice, footprint } = supervision;
  const wake = AbortSignal.any([watch.mayHaveEnded, watch.stopNow]);
  const lookMs = host.terminal.err.isTerminal ? LOOK_WATCHED_MS : LOOK_MS;
  const progress = new Progress(supervision, watch);
  let { beginnings } = log;
  for (;;) {
    if (log.hasMoved) bestEffort(() => log.poll());
    if (log.beginnings !== beginnings) watch.onMoved();
    beginnings = log.beginnings;
    const nowMs = host.clock.boot().ms;
    progress.look(nowMs);
    const reason = watch.hasEnded() ? { kind: "ended" } as const : reasonToEnd(watch, nowMs, progress);
    if (reason !== null) return reason;
    voice.activity({
      kind: "running",
      round: watch.round,
      elapsedMs: nowMs - watch.startedBootMs,
      limitMs: watch.deadlineBootMs - watch.startedBootMs,
      quietMs: progress.quietMs(nowMs),
      work: progress.phase,
    });
    const youngMs = Math.max(LOOK_YOUNG_MS, (nowMs - watch.startedBootMs) / 2);
    const pauseMs = Math.min(lookMs, youngMs, progress.moreMs, watch.deadlineBootMs - nowMs);
    footprint.look();
    await host.clock.sleep(Math.max(1, pauseMs), watch.mayHaveEnded.aborted ? watch.stopNow : wake);
  }
}

function reasonToEnd(watch: Watch, nowMs: number, progress: Progress): WatchEnd | null {
  if (watch.stopNow.aborted) return { kind: "stopped" };
  if (nowMs >= watch.deadlineBootMs) {
    return { kind: "timed_out", afterS: Math.round((watch.deadlineBootMs - watch.startedBootMs) / 1000) };
  }
  if (progress.isIdleAfterResult(nowMs)) return { kind: "idle_after_result", afterS: progress.graceS };
  return progress.isStalled() ? { kind: "stalled", afterS: progress.stallS } : null;
}

/** Between two looks at the CPU time: a tenth of `stall_timeout_s`, at most this (ms). It may cost a sweep over all processes. */
const CPU_LOOK_MS_MAX = 5000;

/** What is known of the round while it runs. */
class Progress {
  readonly #supervision: Supervision;
  readonly #watch: Watch;
  #lastOutputMs: number;
  #lastReportMs: number;
  #resultAtMs: number | null = null;
  #saidExtended = false;
  #grew = false;
  #bytesPerMs = 0;
  #lastLookMs: number;
  #still: Stillness | null = null;
  #nextCpuLookMs = 0;

  constructor(supervision: Supervision, watch: Watch) {
    this.#supervision = supervision;
    this.#watch = watch;
    this.#lastOutputMs = watch.startedBootMs;
    this.#lastReportMs = watch.startedBootMs;
    this.#lastLookMs = supervision.host.clock.monotonicMs();
  }

  get graceS(): number {
    return this.#supervision.config.runtime.max_grace_after_result_s;
  }

  get stallS(): number {
    return this.#supervision.config.runtime.stall_timeout_s;
  }

  /** Until the log will have grown by `LOOK_BYTES`, if it goes on as it did until the last look (ms). */
  get moreMs(): number {
    return LOOK_BYTES / this.#bytesPerMs;
  }

  get phase(): WorkPhase {
    const { reader } = this.#watch;
    if (reader.evidence.result !== null) return "result is there";
    if (reader.evidence.openTools > 0) return "a tool runs";
    return reader.size === 0 ? "agent starts" : "agent works";
  }

  quietMs(nowMs: number): number {
    return nowMs - this.#lastOutputMs;
  }

  look(nowMs: number): void {
    const { reader } = this.#watch;
    const before = reader.size;
    const lookedMs = this.#supervision.host.clock.monotonicMs();
    if (reader.read()) {
      this.#lastOutputMs = nowMs;
      this.#grew = true;
    }
    this.#bytesPerMs = (reader.size - before) / Math.max(1, lookedMs - this.#lastLookMs);
    this.#lastLookMs = lookedMs;
    this.#watch.cap.look(reader.size, reader.readUpTo);
    if (reader.evidence.result !== null) this.#resultAtMs ??= nowMs;
    const everyMs = this.#supervision.config.monitor.round_progress_interval_s * 1000;
    if (everyMs > 0 && nowMs - this.#lastReportMs >= everyMs) this.#report(nowMs);
  }

  /** An agent that has given its result and runs nothing any more, for as long as the grace. */
  isIdleAfterResult(nowMs: number): boolean {
    const { config, host, log } = this.#supervision;
    if (this.graceS === 0 || this.#resultAtMs === null || nowMs - this.#resultAtMs < this.graceS * 1000) {
      return false;
    }
    const children = busyChildren(host, this.#watch.pid, config.runtime.grace_kill_ignore_patterns);
    if (children.live.length === 0) return true;
    if (!this.#saidExtended) {
      log.append({
        event: "round_grace_extended",
        round_num: this.#watch.round,
        grace_s: this.graceS,
        live_children: [...children.live],
        ignored_children: [...children.ignored],
      });
    }
    this.#saidExtended = true;
    return false;
  }

  /** Nothing at all has moved for as long as `stall_timeout_s`. */
  isStalled(): boolean {
    const limitMs = this.stallS * 1000;
    // A machine that sleeps does not stall its rounds: the boot clock would count that time.
    const atMs = this.#supervision.host.clock.monotonicMs();
    if (limitMs === 0 || atMs < this.#nextCpuLookMs) return false;
    this.#nextCpuLookMs = atMs + Math.min(limitMs / 10, CPU_LOOK_MS_MAX);
    const { openTools } = this.#watch.reader.evidence;
    this.#still = stillAfter(this.#still, { atMs, grew: this.#grew, openTools, cpuMs: this.#watch.cpuMs() });
    this.#grew = false;
    return atMs - this.#still.sinceMs >= limitMs;
  }

  #report(nowMs: number): void {
    this.#lastReportMs = nowMs;
    this.#supervision.log.append({
      event: "round_progress",
      round_num: this.#watch.round,
      log_size_kb: Math.floor(this.#watch.reader.size / 1024),
      last_write_age_s: Math.floor(this.quietMs(nowMs) / 1000),
      wall_age_s: Math.floor((nowMs - this.#watch.startedBootMs) / 1000),
    });
  }
}
