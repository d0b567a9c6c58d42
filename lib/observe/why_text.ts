/**
 * `why`: one paragraph that says what goes on, since when, which rule decided, and what comes next.
 *
 * @module
 */
import type { Config } from "../core/config.ts";
import { spanText } from "../core/duration_text.ts";
import { isoOf } from "../core/instant.ts";
import type { ProjectState, Wait } from "../core/project_state.ts";
import type { RunningRound } from "../core/remembered_round.ts";
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
import { roundKeeper } from "./round_keeper.ts";
import type { Observed } from "./snapshot.ts";

export function whyText(host: Host, config: Config, observed: Observed): string {
  const reading: Reading = { now: host.clock.now(), zoneOffsetMin: host.env.zoneOffsetMin };
  const { state, serve } = observed;
  const keeper = roundKeeper(host, observed);
  const { running: round } = state;
  const said = [
    keeper === "nobody" && round !== null
      ? abandoned(round, config, state, reading)
      : keeper === "round" || serve !== null
      ? serving(config, state, reading)
      : notServing(state, reading),
    lastRound(state, reading),
    offText(state),
    ...(serve === null && keeper === null ? [afterwards(config, state, reading)] : []),
  ];
  return said.filter((sentence) => sentence !== "").join(" ");
}

export function whyDocument(host: Host, { state, serve }: Observed, text: string) {
  const isWaiting = serve !== null && state.wait !== null && state.wait.until > host.clock.now();
  const kind = state.running !== null
    ? "running"
    : isWaiting
    ? "waiting"
    : serve === null
    ? "stopped"
    : "between";
  return {
    kind,
    text,
    rule: isWaiting ? state.wait?.rule ?? null : state.serve.kind === "stopped" ? state.serve.rule : null,
    until_epoch: isWaiting && state.wait !== null ? state.wait.until / 1000 : null,
    since: isWaiting && state.wait !== null ? isoOf(state.wait.since) : null,
    round_num: state.running?.num ?? null,
  };
}

function serving(config: Config, state: ProjectState, reading: Reading): string {
  if (state.running !== null) return running(state.running, config, reading);
  if (state.wait !== null && state.wait.until > reading.now) {
    return waiting(state.wait, state, config, reading);
  }
  return "Between two rounds: the next one starts now.";
}

function running(
  { num, phase, startedAt, timeoutS }: RunningRound,
  config: Config,
  reading: Reading,
): string {
  const limitS = timeoutS ?? config.runtime.round_timeout_s;
  const name = `round ${num}${phase === null ? "" : ` (phase ${phase})`}`;
  return `Running ${name} since ${timeText(startedAt, reading)} (for ${
    spanText(reading.now - startedAt)
  }). ` +
    `It ends by itself or is ended at ${timeText(startedAt + limitS * 1000, reading)}, ` +
    `the limit of ${spanText(limitS * 1000)} (round_timeout_s).`;
}

/** A round whose supervisor died: it works on, but nobody ends it in time. */
function abandoned(round: RunningRound, config: Config, state: ProjectState, reading: Reading): string {
  const { num, startedAt, timeoutS } = round;
  const limit = startedAt + (timeoutS ?? config.runtime.round_timeout_s) * 1000;
  const died = state.serve.kind === "started" ? `serve (pid ${state.serve.pid}) ended without a word. ` : "";
  const { on_restart } = config.runtime;
  const next = on_restart === "adopt" ? "takes it over, with the limit that it has" : "ends it";
  return `Round ${num} still runs without a supervisor, since ${timeText(startedAt, reading)} (for ${
    spanText(reading.now - startedAt)
  }): ${died}Until one is started, nobody ends it at its limit, ${timeText(limit, reading)}. ` +
    `A serve started now ${next} (on_restart = "${on_restart}"): agent-runner serve.`;
}

function waiting(wait: Wait, state: ProjectState, config: Config, reading: Reading): string {
  const throttle = wait.rule === "throttled" ? lastingThrottle(state.throttles, config.throttle) : null;
  const reason = throttle === null ? ruleText(wait.rule) : limitReason(throttle);
  const what = `Waiting ${untilText(wait.until, reading)}: ${reason}.`;
  return `${what} It waits since ${timeText(wait.since, reading)} by the rule ${wait.rule}; then round ${
    state.highestRound + 1
  } starts. A stop is answered at once.`;
}

/** `the account's usage limit, as the server said in round 41`. */
function limitReason({ classification, window, source, sinceRound, strikes }: Throttle): string {
  const says = source === "server" ? "as the server said" : "as estimated";
  const again = strikes > 0 ? `, for the ${strikes + 1}. time in a row` : "";
  return `${limitText(classification, window)}, ${says} in round ${sinceRound}${again}`;
}

function notServing(state: ProjectState, reading: Reading): string {
  switch (state.serve.kind) {
    case "never":
      return state.roundsEnded === 0 ? "Nothing has run here yet." : "No serve runs.";
    case "stopped": {
      const { rule, exitCode, at } = state.serve;
      return `Stopped at ${timeText(at, reading)} by the rule ${rule}: ${ruleText(rule)} (exit ${exitCode}).`;
    }
    case "started":
      return `No serve runs: the one started at ${
        timeText(state.serve.since, reading)
      } (pid ${state.serve.pid}) ended ` +
        `without a word${state.running === null ? "" : `, in round ${state.running.num}`}.`;
  }
}

function lastRound(state: ProjectState, reading: Reading): string {
  const last = state.rounds.at(-1);
  if (last === undefined) return "";
  const { exit, verdict } = last;
  const how = exit === null
    ? ""
    : ` after ${spanText(exit.durationS * 1000)} (${endingText(exit.ending ?? exit.cause, exit.code)})`;
  const worth = verdict === null ? "" : `, ${verdictText(verdict)}`;
  return `The last round, ${last.num}, ended at ${timeText(last.endedAt, reading)}${how}${worth}.`;
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
function afterwards(config: Config, state: ProjectState, reading: Reading): string {
  const throttle = lastingThrottle(state.throttles, config.throttle);
  if (throttle !== null && throttle.resetAt > reading.now) {
    return `A serve started now waits ${untilText(throttle.resetAt, reading)}: ${limitReason(throttle)}.`;
  }
  return `Start it with: agent-runner serve`;
}
