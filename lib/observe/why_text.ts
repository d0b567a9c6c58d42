/**
 * `why`: one paragraph that says what goes on, since when, which rule decided, and what comes next.
 *
 * @module
 */
import type { Config } from "../core/config.ts";
import { spanText } from "../core/duration_text.ts";
import type { Instant } from "../core/instant.ts";
import type { ProjectState, Wait } from "../core/project_state.ts";
import type { RunningRound } from "../core/remembered_round.ts";
import { isOpenEnded } from "../core/rules.ts";
import { lastingThrottle, type Throttle } from "../core/throttle.ts";
import type { Host } from "../host.ts";
import {
  endingText,
  limitText,
  type Reading,
  ruleText,
  timeText,
  untilText,
  verdictText,
} from "./event_text.ts";
import { nextStart } from "./next_start.ts";
import { roundLimit } from "./round_limit.ts";
import { betweenSince, type Situation, situationOf } from "./situation.ts";
import type { Observed } from "./observed.ts";

/** What every sentence is made from. */
interface Told extends Reading {
  readonly host: Host;
  readonly config: Config;
  readonly observed: Observed;
  readonly state: ProjectState;
  readonly situation: Situation;
}

export function whyText(host: Host, config: Config, observed: Observed): string {
  const { state } = observed;
  const situation = situationOf(host, observed);
  const told: Told = {
    host,
    config,
    observed,
    state,
    situation,
    now: host.clock.now(),
    zoneOffsetMin: host.env.zoneOffsetMin,
  };
  const { serve, round, lost } = situation;
  const said = [
    suspendedText(observed),
    ...(round === null ? [] : [roundText(round, told)]),
    ...(round === null || isBeside(situation) ? [serveText(told)] : []),
    ...(lost === null ? [] : [lostText(lost, told)]),
    lastRound(told),
    offText(state),
    ...(serve.kind === "nothing" && round === null ? [afterwards(told)] : []),
  ];
  return said.filter((sentence) => sentence !== "").join(" ");
}

/** Ctrl-Z in its terminal, mostly by mistake. */
function suspendedText({ serve }: Observed): string {
  if (serve?.suspended !== true) return "";
  return `The serve (pid ${serve.pid}) is suspended, as by Ctrl-Z: until fg, kill -CONT ${serve.pid} or ` +
    "agent-runner stop it neither ends a round nor starts one.";
}

/** Whether a serve lives whose round is not the one that runs. */
function isBeside({ serve, round }: Situation): boolean {
  return serve.kind !== "nothing" && serve.kind !== "working" && round?.keeper !== "serve";
}

type KeptRound = NonNullable<Situation["round"]>;

function roundText(round: KeptRound, told: Told): string {
  if (round.keeper === "nobody") return abandoned(round.running, told);
  return round.running.exit === null ? running(round.running, told) : closing(round.running, told);
}

function running(round: RunningRound, told: Told): string {
  const { num, phase, startedAt } = round;
  const { at, limitS } = roundLimit(told.host, told.config, told.observed, round);
  const limit = `${spanText(limitS * 1000)} (round_timeout_s)`;
  return `Running round ${num}${phase === null ? "" : ` (phase ${phase})`} since ${
    sinceText(startedAt, told)
  }. ` +
    (at > told.now
      ? `It ends by itself or is ended, at ${timeText(at, told)} at the latest, the limit of ${limit}.`
      : `Its limit of ${limit} is over since ${timeText(at, told)}: it is being ended.`);
}

/** The agent has ended, the round has not. */
function closing({ num, startedAt, exit }: RunningRound, told: Told): string {
  const how = exit === null ? "" : ` after ${exitText(exit)}`;
  return `Closing round ${num}, which runs since ${sinceText(startedAt, told)}: its agent has ended${how}, ` +
    "the work tree is looked at and settled.";
}

/** A round whose supervisor died: it works on, but nobody ends it in time. */
function abandoned(round: RunningRound, told: Told): string {
  const { state, config, situation: { serve } } = told;
  const { num, startedAt } = round;
  const { at } = roundLimit(told.host, config, told.observed, round);
  const died = serve.kind === "nothing" && state.serve.kind === "started"
    ? `serve (pid ${state.serve.pid}) ended without a word. `
    : "";
  const { on_restart } = config.runtime;
  const next = on_restart === "adopt" ? "takes it over, with the limit that it has" : "ends it";
  const [until, who] = serve.kind === "nothing" || serve.kind === "stopping"
    ? ["Until one is started", "A serve started now"]
    : ["Until the serve that lives gets to it", "That serve"];
  return `Round ${num} still runs without a supervisor, since ${sinceText(startedAt, told)}: ${died}` +
    `${until}, nobody ends it at its limit, ${timeText(at, told)}. ` +
    `${who} ${next} (on_restart = "${on_restart}")${
      serve.kind === "nothing" ? ": agent-runner serve." : "."
    }`;
}

function serveText(told: Told): string {
  const { situation: { serve } } = told;
  switch (serve.kind) {
    case "nothing":
      return notServing(told);
    case "starting":
      return `A serve (pid ${serve.pid}) is starting${
        serve.since === null ? "" : `, since ${sinceText(serve.since, told)}`
      }: its start is not in the log yet.`;
    case "waiting":
      return waiting(serve.wait, told);
    case "working":
      return between(told);
    case "stopping":
      return `${stoppedText(told)} Its process (pid ${serve.pid}) has not ended yet.`;
  }
}

function between(told: Told): string {
  const { state } = told;
  const since = betweenSince(state);
  return `Between two rounds${since === null ? "" : `, since ${sinceText(since, told)}`}: ${
    notYet(since, told)
  }`;
}

/** A start that takes longer than this has a reason (ms). */
const SOON_MS = 60_000;

/** The next round is due since then. */
function notYet(since: Instant | null, { state, now }: Told): string {
  const start = `the start of round ${state.highestRound + 1} is not in the log yet.`;
  return since === null || now - since < SOON_MS
    ? start
    : `${start} Hooks or git take their time, or the log directory cannot be written.`;
}

function waiting(wait: Wait, told: Told): string {
  const { state, config, now } = told;
  const throttle = wait.rule === "throttled" ? lastingThrottle(state.throttles, config.throttle) : null;
  const reason = throttle === null ? ruleText(wait.rule) : limitReason(throttle);
  const next = `round ${state.highestRound + 1} starts`;
  const by = `It waits since ${timeText(wait.since, told)} by the rule ${wait.rule}`;
  const stop = "A stop is answered at once.";
  if (isOpenEnded(wait.rule)) {
    return `Waiting: ${reason}. ${by} and looks again every few seconds; ${next} when that is over. ${stop}`;
  }
  if (wait.until <= now) {
    return `The wait by the rule ${wait.rule} (${reason}) is over since ${sinceText(wait.until, told)}: ${
      notYet(wait.until, told)
    }`;
  }
  return `Waiting ${untilText(wait.until, told)}: ${reason}. ${by}; then ${next}. ${stop}`;
}

/** `the account's usage limit, as the server said in round 41`. */
function limitReason({ classification, window, source, sinceRound, strikes }: Throttle): string {
  const says = source === "server" ? "as the server said" : "as estimated";
  const again = strikes > 0 ? `, for the ${strikes + 1}. time in a row` : "";
  return `${limitText(classification, window)}, ${says} in round ${sinceRound}${again}`;
}

function notServing(told: Told): string {
  const { state, situation: { lost } } = told;
  switch (state.serve.kind) {
    case "never":
      return state.roundsEnded === 0 && lost === null ? "Nothing has run here yet." : "No serve runs.";
    case "stopped":
      return stoppedText(told);
    case "started":
      return `No serve runs: the one started at ${
        timeText(state.serve.since, told)
      } (pid ${state.serve.pid}) ended without a word.`;
  }
}

function stoppedText(told: Told): string {
  const { serve } = told.state;
  if (serve.kind !== "stopped") return "";
  const { rule, exitCode, at } = serve;
  return `Stopped at ${timeText(at, told)} by the rule ${rule}: ${ruleText(rule)} (exit ${exitCode}).`;
}

/** A round that nobody has closed. */
function lostText({ num, startedAt }: RunningRound, told: Told): string {
  return `Round ${num}, started at ${timeText(startedAt, told)}, has lost its supervisor and runs no more; ` +
    "a serve closes it before its next round.";
}

function lastRound(told: Told): string {
  const last = told.state.rounds.at(-1);
  if (last === undefined) return "";
  const how = last.exit === null ? "" : ` after ${exitText(last.exit)}`;
  const worth = last.verdict === null ? "" : `, ${verdictText(last.verdict)}`;
  return `The last round, ${last.num}, ended at ${timeText(last.endedAt, told)}${how}${worth}.`;
}

function exitText({ durationS, ending, cause, code }: NonNullable<RunningRound["exit"]>): string {
  return `${spanText(durationS * 1000)} (${endingText(ending ?? cause, code)})`;
}

function offText({ pluginsOff }: ProjectState): string {
  const names = Object.keys(pluginsOff);
  if (names.length === 0) return "";
  const [what, rest] = names.length === 1 ? ["The plugin", "is off"] : ["The plugins", "are off"];
  return `${what} ${
    names.join(", ")
  } ${rest} after failing three rounds in a row; a restart gives another chance.`;
}

/** What a serve that is started now would do. */
function afterwards(told: Told): string {
  const { host, config, observed, state, situation } = told;
  const start = "Start it with: agent-runner serve";
  // What its output says of a limit is read when it is closed.
  if (situation.lost !== null) return start;
  const { decision, spreadMs } = nextStart(host, config, state, observed.layout);
  if (decision.kind === "run") return start;
  const throttle = decision.rule === "throttled" ? lastingThrottle(state.throttles, config.throttle) : null;
  const reason = throttle === null ? ruleText(decision.rule) : limitReason(throttle);
  if (decision.kind === "stop") {
    return `A serve started now stops at once by the rule ${decision.rule}: ${reason} (exit ${decision.exitCode}).`;
  }
  const later = spreadMs < 1000 ? "" : `, or up to ${spanText(spreadMs)} longer`;
  return `A serve started now waits ${untilText(decision.until, told)}${later}: ${reason}.`;
}

/** `15:04 (for 3 min)`. */
function sinceText(at: Instant, told: Told): string {
  return `${timeText(at, told)} (for ${spanText(told.now - at)})`;
}
