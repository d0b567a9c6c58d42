import type { Draft, LoggedEvent } from "../../lib/core/events.ts";
import type { EndingKind, Verdict } from "../../lib/core/verdict.ts";
import { isoOf } from "../../lib/core/instant.ts";
import { evolve, initialState, type ProjectState } from "../../lib/core/project_state.ts";
import { decideNext, type Policy, type World } from "../../lib/core/rules.ts";
import type { LoggedLimit, ThrottlePolicy } from "../../lib/core/throttle.ts";

/** Second 0 of every story. */
export const T0 = 1_700_000_000_000;

/** The Python version's numbers. */
export const THROTTLE: ThrottlePolicy = {
  rate_limit_account_base_s: 60,
  rate_limit_model_base_s: 60,
  api_transient_5xx_base_s: 60,
  api_timeout_base_s: 30,
  cap_s: 1800,
  jitter_min_s: 5,
  jitter_max_s: 30,
};

/** As configured by default, with a reader. */
export const POLICY: Policy = {
  once: false,
  restartDelayS: 3,
  maxRounds: null,
  onLimit: "back_off",
  onNoWork: "slow",
  hasReader: true,
  unattended: true,
  throttle: THROTTLE,
  minFreeMb: 200,
};

const WORLD: World = {
  stopAsked: false,
  sentinel: null,
  stopFile: null,
  brokenConfig: [],
  lockHolder: null,
  freeMb: null,
  logFault: null,
};

/** An event at a second of the story. */
export type Step = readonly [atS: number, draft: Draft];

export function logged([atS, draft]: Step): LoggedEvent {
  return { ts: isoOf(T0 + atS * 1000), ...draft };
}

export function stateAfter(steps: readonly Step[]): ProjectState {
  return steps.map(logged).reduce(evolve, initialState());
}

export interface When {
  readonly policy?: Partial<Policy>;
  readonly world?: Partial<World>;
  /** As in `decideNext`; 0: the wait for a limit ends 5 s after it. */
  readonly jitter?: number;
}

/** What the loop does at that second: `run`, `wait RULE UNTIL` in seconds of the story, or `stop RULE CODE`. */
export function decided(given: readonly Step[] | ProjectState, atS: number, when: When = {}): string {
  const state = Array.isArray(given) ? stateAfter(given) : given as ProjectState;
  const policy = { ...POLICY, ...when.policy };
  const world = { ...WORLD, ...when.world };
  const decision = decideNext(state, policy, world, T0 + atS * 1000, when.jitter ?? 0);
  switch (decision.kind) {
    case "run":
      return "run";
    case "wait":
      return `wait ${decision.rule} ${(decision.until - T0) / 1000}`;
    case "stop":
      return `stop ${decision.rule} ${decision.exitCode}`;
  }
}

export function serve(atS: number): readonly Step[] {
  return [[atS, {
    event: "serve_started",
    version: "0.3.0",
    pid: 4711,
    reader: "claude",
    plugins: [],
    containment: ["group"],
    config_hash: "0",
  }]];
}

export function stopped(atS: number, rule: string, exit_code: number): readonly Step[] {
  return [[atS, { event: "serve_stopped", rule, exit_code }]];
}

/** A limit whose reset lies at a second of the story. */
export function limitOf(
  classification: string,
  resetS: number,
  reset_source: "server" | "estimate" = "server",
) {
  return { classification, agent: "claude", reset_at_epoch: T0 / 1000 + resetS, reset_source };
}

export interface RoundOptions {
  /** 100 unless told. */
  readonly durationS?: number;
  readonly verdict?: Verdict;
  readonly code?: number;
  readonly ending?: EndingKind;
  readonly limit?: ReturnType<typeof limitOf>;
  readonly refusal?: "auth" | "billing";
}

/** A round of this program that begins at that second and ends `durationS` later. */
export function round(round_num: number, atS: number, options: RoundOptions = {}): readonly Step[] {
  const { durationS = 100, code = 0, ending = "exited", limit = null, refusal = null } = options;
  const verdict = options.verdict ?? (limit !== null ? "limited" : code !== 0 ? "failed" : "productive");
  const end = atS + durationS;
  return [
    [atS, { event: "round_start", round_num, phase: null }],
    [end, {
      event: "agent_exit",
      round_num,
      exit_code: code,
      duration_s: durationS,
      timed_out: false,
      exit_cause: code === 0 ? "clean" : "error",
      ending,
    }],
    [end, { event: "round_end", round_num, verdict, limit, refusal }],
    ...(limit === null ? [] : detected(round_num, end, limit)),
  ];
}

/** The same as the Python version writes it: the end says nothing about a limit. */
export function pythonRound(round_num: number, atS: number, durationS = 100): readonly Step[] {
  const end = atS + durationS;
  return [
    [atS, { event: "round_start", round_num, phase: null }],
    [end, {
      event: "agent_exit",
      round_num,
      exit_code: 1,
      duration_s: durationS,
      timed_out: false,
      exit_cause: "error",
    }],
    [end, { event: "round_end", round_num }],
  ];
}

export function detected(round_num: number, atS: number, limit: LoggedLimit): readonly Step[] {
  return [[atS, { event: "transient_error_detected", ...limit, round_num, raw: "" }]];
}

/** The limit as logs without `reset_source` hold it. */
export function sourceless(classification: string, resetS: number): LoggedLimit {
  const { reset_source: _, ...limit } = limitOf(classification, resetS);
  return limit;
}

export function recovered(atS: number, classification: string): readonly Step[] {
  return [[atS, { event: "transient_error_recovered", classification, agent: "claude", throttled_for_s: 1 }]];
}
