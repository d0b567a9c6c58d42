/**
 * The rules between rounds. `decideNext` asks them in order; the first that answers wins. The loop only carries the
 * answer out, so the same rules speak in the loop, in `why` and in tests.
 *
 * @module
 */
import { EXIT, type ExitCode } from "./exit_code.ts";
import { type Instant, wasSetBack } from "./instant.ts";
import type { ProjectState } from "./project_state.ts";
import { lastingThrottle, throttledUntil, type ThrottlePolicy } from "./throttle.ts";

export type Decision =
  | { readonly kind: "run" }
  | { readonly kind: "wait"; readonly until: Instant; readonly rule: RuleName }
  | { readonly kind: "stop"; readonly rule: RuleName; readonly exitCode: ExitCode };

/** What the configuration and the command line say about the loop. */
export interface Policy {
  /** Exactly one round. */
  readonly once: boolean;
  readonly restartDelayS: number;
  /** Bound on the rounds of this serve, null for none. */
  readonly maxRounds: number | null;
  readonly onLimit: "back_off" | "skip" | "stop";
  readonly onNoWork: "slow" | "stop" | "ignore";
  /** Whether a reader watches the agent: without one, less is known of a round that did nothing. */
  readonly hasReader: boolean;
  /** Started without a terminal, so by something that may start it again at once. */
  readonly unattended: boolean;
  readonly throttle: ThrottlePolicy;
  /** With less free space no round starts (MiB); 0 is off. */
  readonly minFreeMb: number;
}

/** What was looked at just now. */
export interface World {
  readonly stopAsked: boolean;
  /** Text of the agent's sentinel, null without one. */
  readonly sentinel: string | null;
  /** Text of the operator's stop file, null without one. */
  readonly stopFile: string | null;
  /** Start-up checks that fail, each in words. */
  readonly brokenConfig: readonly string[];
  /** Who holds the round lock, null when it is free. */
  readonly lockHolder: string | null;
  /** Free space of the log directory (MiB), null where it was not looked at or nobody knows. */
  readonly freeMb: number | null;
  /** Why the log directory takes no lines at the moment, null when it does. */
  readonly logFault: string | null;
}

/** Short failures in a row that stop the loop, as in the Python version. */
export const CRASHES_MAX = 5;

/** Refused rounds in a row that stop the loop: one may be two agents renewing one login at once. */
export const REFUSALS_MAX = 3;

/** Rounds in a row without work before the loop slows down. */
export const NO_WORK_ROUNDS = 5;

/** Rounds in a row that time out or stall before the loop slows down: each has cost its whole time already. */
export const TIMEOUT_ROUNDS = 3;

/** Upper bound of every pause that grows (s), and of a slowed-down loop's where no reader applies. */
const PAUSE_MAX_S = 1800;
const PAUSE_MAX_WITHOUT_READER_S = 300;

/** A start this soon after a permanent stop is a service manager's (s). */
const RESTART_SOON_S = 60;

/** How long something that is in the way is left alone before the next look (ms). */
const LOOK_AGAIN_MS = 2000;

type Rule = (
  state: ProjectState,
  policy: Policy,
  world: World,
  now: Instant,
  jitter: number,
) => Decision | null;

/** In order; the first that answers wins. */
export const RULES = {
  stop_asked: (_state, _policy, world) => world.stopAsked ? stop("stop_asked", EXIT.done) : null,
  sentinel: (_state, _policy, world) => world.sentinel !== null ? stop("sentinel", EXIT.done) : null,
  stop_file: (_state, _policy, world) => world.stopFile !== null ? stop("stop_file", EXIT.done) : null,
  max_rounds: (state, policy) =>
    roundsCompleted(state) >= roundsAllowed(policy) ? stop("max_rounds", EXIT.done) : null,
  // Before every stop that a restart does not mend: whatever starts serve again at once finds the same.
  restart_guard: restartGuard,
  config_broken: (_state, _policy, world) =>
    world.brokenConfig.length > 0 ? stop("config_broken", EXIT.config) : null,
  refused: (state) => state.refused.count >= REFUSALS_MAX ? stop("refused", EXIT.auth) : null,
  crash_loop: (state) => state.crashes >= CRASHES_MAX ? stop("crash_loop", EXIT.breaker) : null,
  disk_low: (_state, policy, world, now) =>
    world.freeMb !== null && world.freeMb < policy.minFreeMb
      ? waitUntil("disk_low", now + LOOK_AGAIN_MS, now)
      : null,
  throttled,
  no_work: noWork,
  restart_delay: restartDelay,
  log_unwritable: (_state, _policy, world, now) =>
    world.logFault !== null ? waitUntil("log_unwritable", now + LOOK_AGAIN_MS, now) : null,
  lock_held: (_state, _policy, world, now) =>
    world.lockHolder !== null ? waitUntil("lock_held", now + LOOK_AGAIN_MS, now) : null,
} as const satisfies Record<string, Rule>;

export type RuleName =
  | "stop_asked"
  | "sentinel"
  | "stop_file"
  | "max_rounds"
  | "restart_guard"
  | "config_broken"
  | "refused"
  | "crash_loop"
  | "disk_low"
  | "throttled"
  | "no_work"
  | "restart_delay"
  | "log_unwritable"
  | "lock_held";

/**
 * What the loop does next.
 * @param jitter in [0, 1): where in the configured span the wait for a limit ends; drawn once between two rounds
 */
export function decideNext(
  state: ProjectState,
  policy: Policy,
  world: World,
  now: Instant,
  jitter: number,
): Decision {
  for (const rule of Object.values<Rule>(RULES)) {
    const answer = rule(state, policy, world, now, jitter);
    if (answer !== null) return answer;
  }
  return { kind: "run" };
}

/** Whether that rule and all before it had no answer. */
export function isPast(rule: RuleName, decision: Decision): boolean {
  const order = Object.keys(RULES);
  return decision.kind === "run" || order.indexOf(decision.rule) > order.indexOf(rule);
}

/** Rules that wait for something whose end nobody knows: their `until` is only the next look. */
const OPEN_ENDED: readonly string[] = ["disk_low", "log_unwritable", "lock_held"] satisfies RuleName[];

/** Whether a wait by this rule has no known end. */
export function isOpenEnded(rule: string): boolean {
  return OPEN_ENDED.includes(rule);
}

/** Rounds that the current serve has completed. */
export function roundsCompleted(state: ProjectState): number {
  return state.serve.kind === "started" ? state.serve.completed : 0;
}

function roundsAllowed({ once, maxRounds }: Policy): number {
  return once ? 1 : maxRounds ?? Infinity;
}

/** Rounds in a row that call for slower ones. */
export interface Slowdown {
  readonly cause: "no_work" | "timed_out" | "stalled";
  /** Such rounds in a row. */
  readonly consecutive: number;
  /** From the last round's end to the next start (s). */
  readonly pauseS: number;
}

/** Twice the pause after the row's last tolerated round, doubled with each further one; null before that. */
export function slowdownOf(state: ProjectState, policy: Policy): Slowdown | null {
  const isIdle = state.noWork >= NO_WORK_ROUNDS;
  if (!isIdle && state.timeouts < TIMEOUT_ROUNDS) return null;
  const [consecutive, tolerated] = isIdle ? [state.noWork, NO_WORK_ROUNDS] : [state.timeouts, TIMEOUT_ROUNDS];
  const hasStalled = state.rounds.at(-1)?.exit?.ending === "stalled";
  const most = policy.hasReader ? PAUSE_MAX_S : PAUSE_MAX_WITHOUT_READER_S;
  const pauseS = Math.min(Math.max(policy.restartDelayS, 1) * 2 ** (consecutive - tolerated + 1), most);
  return { cause: isIdle ? "no_work" : hasStalled ? "stalled" : "timed_out", consecutive, pauseS };
}

function stop(rule: RuleName, exitCode: ExitCode): Decision {
  return { kind: "stop", rule, exitCode };
}

function waitUntil(rule: RuleName, until: Instant, now: Instant): Decision | null {
  return until > now ? { kind: "wait", until, rule } : null;
}

/**
 * Null too where the clock was set back by more than the pause: nobody knows then how much of it is left. Limits are no
 * pauses: they are waited for too long rather than run into.
 */
function pauseFrom(rule: RuleName, from: Instant, pauseS: number, now: Instant): Decision | null {
  return wasSetBack(now, from, pauseS) ? null : waitUntil(rule, from + pauseS * 1000, now);
}

function restartGuard(state: ProjectState, policy: Policy, _world: World, now: Instant): Decision | null {
  const { serve, permanentStops } = state;
  if (!policy.unattended || serve.kind !== "started" || serve.completed > 0 || permanentStops.count === 0) {
    return null;
  }
  if (serve.since - permanentStops.at > RESTART_SOON_S * 1000) return null;
  const pauseS = Math.min(60 * 2 ** (permanentStops.count - 1), PAUSE_MAX_S);
  return pauseFrom("restart_guard", serve.since, pauseS, now);
}

function throttled(
  state: ProjectState,
  policy: Policy,
  _world: World,
  now: Instant,
  jitter: number,
): Decision | null {
  const throttle = lastingThrottle(state.throttles, policy.throttle);
  if (throttle === null || policy.onLimit === "skip") return null;
  const until = throttledUntil(throttle, policy.throttle);
  if (policy.onLimit === "stop") return until > now ? stop("throttled", EXIT.limit) : null;
  const { jitter_min_s, jitter_max_s } = policy.throttle;
  const jitterMs = (jitter_min_s + jitter * (jitter_max_s - jitter_min_s)) * 1000;
  return waitUntil("throttled", Math.ceil(until + jitterMs), now);
}

function noWork(state: ProjectState, policy: Policy, _world: World, now: Instant): Decision | null {
  const slowdown = slowdownOf(state, policy);
  const last = state.rounds.at(-1);
  if (slowdown === null || last === undefined || policy.onNoWork === "ignore") return null;
  if (policy.onNoWork === "stop") return stop("no_work", EXIT.breaker);
  return pauseFrom("no_work", last.endedAt, slowdown.pauseS, now);
}

/** Short failures double the pause; other ends that are no success take it twice. */
function restartDelay(state: ProjectState, policy: Policy, _world: World, now: Instant): Decision | null {
  const last = state.rounds.at(-1);
  if (last === undefined || state.serve.kind !== "started" || state.serve.ended === 0) return null;
  const delayS = policy.restartDelayS;
  const pauseS = state.crashes > 0
    ? Math.min(delayS * 2 ** state.crashes, PAUSE_MAX_S)
    : isFine(last.verdict)
    ? delayS
    : 2 * delayS;
  return pauseFrom("restart_delay", last.endedAt, pauseS, now);
}

function isFine(verdict: string | null): boolean {
  return verdict === "productive" || verdict === "no_work" || verdict === "waiting_for_human";
}
