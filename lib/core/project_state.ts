/**
 * What the log amounts to: `fold(evolve, events)`. The loop, `peek`, `why` and every other reader share this one
 * function, so they cannot disagree.
 *
 * @module
 */
import type { Kind, LoggedEvent } from "./events.ts";
import { PERMANENT_EXITS } from "./exit_code.ts";
import { type Instant, instantOf } from "./instant.ts";
import { detected, isSame, type LimitState, withoutLimit } from "./throttle.ts";
import type { AgentExit, RoundSummary, RunningRound } from "./remembered_round.ts";
import { SHORT_ROUND_S, type Verdict } from "./verdict.ts";

/**
 * Raised with every change of `ProjectState` or `evolve`: a checkpoint of another version is folded anew.
 * A test compares a known log's state with this number.
 */
export const EVOLVE_VERSION = 2;

export interface ProjectState extends LimitState {
  /** Highest round number that the log has seen start, 0 before the first. */
  readonly highestRound: number;
  readonly serve: ServeState;
  /** The round that has started and not ended. */
  readonly running: RunningRound | null;
  /** The last ended rounds, oldest first. */
  readonly rounds: readonly RoundSummary[];
  /** Ended rounds in the whole log. */
  readonly roundsEnded: number;
  /** The last ended round, by a writer that does not say in `round_end` whether it met a limit, is not judged yet. */
  readonly unjudged: boolean;
  /** Short failures in a row. */
  readonly crashes: number;
  /** Rounds in a row that did nothing. */
  readonly noWork: number;
  /** Rounds in a row that ran out of time or stalled. */
  readonly timeouts: number;
  /** Rounds in a row that were refused for authentication or billing. */
  readonly refused: { readonly count: number; readonly why: "auth" | "billing" | null };
  /** Stops in a row that a restart cannot mend, and when the last of them was. */
  readonly permanentStops: { readonly count: number; readonly at: Instant };
  readonly wait: Wait | null;
  /** Space is too short for a new round. */
  readonly diskLow: boolean;
  /** The last round's sentinel has been acted upon. */
  readonly selfTerminated: boolean;
  readonly hookFailures: readonly LoggedEvent<"hook_failed">[];
  /** By plugin: rounds in a row in which it failed, and the last of them. */
  readonly pluginFailures: Readonly<Record<string, { readonly count: number; readonly round: number }>>;
  /** By plugin why it is off; a new start or new declarations give it another chance. */
  readonly pluginsOff: Readonly<Record<string, { readonly reason: string; readonly since: Instant }>>;
  /** The plugins from outside of the last start. */
  readonly loaded: NonNullable<LoggedEvent<"serve_started">["loaded"]>;
  readonly blips: readonly LoggedEvent<"agent_network_blip">[];
}

export type ServeState =
  | { readonly kind: "never" }
  | {
    readonly kind: "started";
    readonly pid: number;
    readonly version: string;
    readonly since: Instant;
    /** Layers that end a round completely, strongest first. */
    readonly containment: readonly string[];
    /** Rounds that this serve has completed. */
    readonly completed: number;
    /** Rounds that have ended since its start, whoever started them. */
    readonly ended: number;
    /** Rounds of this serve that were worth something. */
    readonly good: number;
  }
  | { readonly kind: "stopped"; readonly rule: string; readonly exitCode: number; readonly at: Instant };

export interface Wait {
  readonly until: Instant;
  readonly rule: string;
  readonly since: Instant;
}

/** How many ended rounds, failed hooks and network failures are remembered. */
const ROUNDS_KEPT = 10;
const HOOK_FAILURES_KEPT = 10;
const BLIPS_KEPT = 5;

export function initialState(): ProjectState {
  return {
    highestRound: 0,
    serve: { kind: "never" },
    running: null,
    rounds: [],
    roundsEnded: 0,
    throttles: [],
    recovering: [],
    rows: {},
    unjudged: false,
    crashes: 0,
    noWork: 0,
    timeouts: 0,
    refused: { count: 0, why: null },
    permanentStops: { count: 0, at: 0 },
    wait: null,
    diskLow: false,
    selfTerminated: false,
    hookFailures: [],
    pluginFailures: {},
    pluginsOff: {},
    loaded: [],
    blips: [],
  };
}

type Step<K extends Kind> = (state: ProjectState, event: LoggedEvent<K>, at: Instant) => ProjectState;

/** Kinds that change the state; all others leave it as it is. */
const STEPS: { readonly [K in Kind]?: Step<K> } = {
  serve_started: (state, { pid, version, containment, loaded = [] }, at) => ({
    ...state,
    pluginFailures: {},
    pluginsOff: {},
    loaded,
    serve: { kind: "started", pid, version, since: at, containment, completed: 0, ended: 0, good: 0 },
    running: state.running && { ...state.running, isEarlier: true },
    wait: null,
  }),
  serve_stopped: serveStopped,
  wait_started: (state, { until_epoch, rule }, at) => ({
    ...state,
    wait: { until: until_epoch * 1000, rule, since: at },
  }),
  round_start: roundStart,
  agent_spawn: (state, { round_num, timeout_s }) =>
    state.running?.num === round_num
      ? { ...state, running: { ...state.running, timeoutS: timeout_s } }
      : state,
  round_adopted: (state, { round_num }) =>
    state.running?.num === round_num ? { ...state, running: { ...state.running, adopted: true } } : state,
  agent_exit: agentExit,
  dirty_detected: (state, { round_num }) =>
    state.running?.num === round_num ? { ...state, running: { ...state.running, dirty: true } } : state,
  round_end: roundEnd,
  transient_error_detected: (state, event, at) => ({
    ...detected(state, event, event.round_num, at),
    unjudged: false,
  }),
  transient_error_recovered: (state, event) => ({
    ...state,
    throttles: state.throttles.filter((throttle) => !isSame(throttle, event)),
    recovering: state.recovering.filter((throttle) => !isSame(throttle, event)),
  }),
  agent_usage_recorded: agentUsage,
  disk_low: (state) => ({ ...state, diskLow: true }),
  disk_ok: (state) => ({ ...state, diskLow: false }),
  agent_self_terminated: (state) => ({ ...state, selfTerminated: true }),
  hook_failed: (state, event) => ({
    ...state,
    hookFailures: kept(state.hookFailures, event, HOOK_FAILURES_KEPT),
    pluginFailures: pluginFailures(state, event),
  }),
  plugin_off: (state, { plugin, reason }, at) => ({
    ...state,
    pluginsOff: { ...state.pluginsOff, [plugin]: { reason, since: at } },
  }),
  config_reloaded: (state, { loaded }) =>
    loaded === undefined ? state : { ...state, loaded, pluginFailures: {}, pluginsOff: {} },
  agent_network_blip: (state, event) => ({ ...state, blips: kept(state.blips, event, BLIPS_KEPT) }),
};

/** Whether a line of this kind has to be decoded at all to know the state. */
export function changesState(kind: string): boolean {
  return CHANGING.has(kind);
}

const CHANGING: ReadonlySet<string> = new Set(Object.keys(STEPS));

/** The state after one more event. An event whose time stamp is no time leaves the state as it is. */
export function evolve(state: ProjectState, event: LoggedEvent): ProjectState {
  const step = STEPS[event.event] as Step<Kind> | undefined;
  const at = step === undefined ? null : instantOf(event.ts);
  return step === undefined || at === null ? state : step(state, event, at);
}

function serveStopped(state: ProjectState, event: LoggedEvent<"serve_stopped">, at: Instant): ProjectState {
  const before = state.serve.kind === "started" && state.serve.good > 0 ? 0 : state.permanentStops.count;
  return {
    ...state,
    serve: { kind: "stopped", rule: event.rule, exitCode: event.exit_code, at },
    crashes: 0,
    noWork: 0,
    timeouts: 0,
    refused: { count: 0, why: null },
    permanentStops: { count: PERMANENT_EXITS.includes(event.exit_code) ? before + 1 : 0, at },
    wait: null,
  };
}

function roundStart(state: ProjectState, event: LoggedEvent<"round_start">, at: Instant): ProjectState {
  const judged = state.unjudged ? withoutLimit(state) : state;
  return {
    ...judged,
    unjudged: false,
    highestRound: Math.max(state.highestRound, event.round_num),
    running: {
      num: event.round_num,
      phase: event.phase,
      startedAt: at,
      timeoutS: null,
      isEarlier: false,
      adopted: false,
      exit: null,
      dirty: false,
    },
    selfTerminated: false,
    wait: null,
  };
}

function agentExit(state: ProjectState, event: LoggedEvent<"agent_exit">): ProjectState {
  if (state.running?.num !== event.round_num) return state;
  const exit: AgentExit = {
    code: event.exit_code,
    durationS: event.duration_s,
    timedOut: event.timed_out,
    cause: event.exit_cause,
    ending: event.ending ?? null,
  };
  return { ...state, running: { ...state.running, exit } };
}

function roundEnd(state: ProjectState, event: LoggedEvent<"round_end">, at: Instant): ProjectState {
  const { running } = state;
  const highestRound = Math.max(state.highestRound, event.round_num);
  if (running?.num !== event.round_num) return { ...state, highestRound };
  const verdict = event.verdict ?? null;
  const summary: RoundSummary = {
    num: running.num,
    phase: running.phase,
    startedAt: running.startedAt,
    endedAt: at,
    exit: running.exit,
    verdict,
    dirty: running.dirty,
    usage: null,
  };
  const ended: ProjectState = {
    ...state,
    highestRound,
    running: null,
    rounds: kept(state.rounds, summary, ROUNDS_KEPT),
    roundsEnded: state.roundsEnded + 1,
    serve: counted(state, running, verdict),
    crashes: verdict === "failed" && (running.exit?.durationS ?? 0) < SHORT_ROUND_S ? state.crashes + 1 : 0,
    noWork: verdict === "no_work" ? state.noWork + 1 : 0,
    timeouts: verdict === "timed_out" ? state.timeouts + 1 : 0,
    refused: event.refusal ? { count: state.refused.count + 1, why: event.refusal } : { count: 0, why: null },
    unjudged: event.limit === undefined,
  };
  if (event.limit) return detected(ended, event.limit, event.round_num, at);
  return event.limit === null && hasRun(running.exit) ? withoutLimit(ended) : ended;
}

function hasRun(exit: AgentExit | null): boolean {
  return exit !== null && exit.ending !== "not_started";
}

/** Only a round that this serve started or took over, and whose agent ran, counts against `max_rounds`. */
function counted(
  { serve }: ProjectState,
  { isEarlier, adopted, exit }: RunningRound,
  verdict: Verdict | null,
): ServeState {
  if (serve.kind !== "started") return serve;
  const ended = serve.ended + 1;
  if (!hasRun(exit)) return { ...serve, ended };
  const completed = adopted || !isEarlier ? serve.completed + 1 : serve.completed;
  return { ...serve, completed, ended, good: verdict === "productive" ? serve.good + 1 : serve.good };
}

function agentUsage(state: ProjectState, event: LoggedEvent<"agent_usage_recorded">): ProjectState {
  const last = state.rounds.at(-1);
  if (last?.num !== event.round_num) return state;
  const usage = { inputTokens: event.input_tokens, outputTokens: event.output_tokens, usd: event.cost_usd };
  return { ...state, rounds: [...state.rounds.slice(0, -1), { ...last, usage }] };
}

function pluginFailures(
  { pluginFailures: before }: ProjectState,
  { plugin, round_num: round }: LoggedEvent<"hook_failed">,
): ProjectState["pluginFailures"] {
  if (plugin === undefined || round === undefined || round === null) return before;
  const last = Object.hasOwn(before, plugin) ? before[plugin] : undefined;
  if (last?.round === round) return before;
  const count = last?.round === round - 1 ? last.count + 1 : 1;
  return { ...before, [plugin]: { count, round } };
}

function kept<T>(list: readonly T[], item: T, most: number): readonly T[] {
  return [...list.slice(-(most - 1)), item];
}
