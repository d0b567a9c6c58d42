/**
 * Rows of rounds that ended alike, as the log tells them, and what they promise of the next start. A restart breaks no
 * row; a supervisor that has left breaks all but the row of guesses.
 *
 * @module
 */
import { type Instant, instantOf } from "../../lib/core/instant.ts";
import { CRASHES_MAX, NO_WORK_ROUNDS, REFUSALS_MAX, TIMEOUT_ROUNDS } from "../../lib/core/rules.ts";
import { baseS } from "../../lib/core/throttle.ts";
import { SHORT_ROUND_S } from "../../lib/core/verdict.ts";
import { eventsOf, firstOf, type Line } from "./swarm_lines.ts";
import type { Plan } from "./swarm_plan.ts";
import type { AgentStory, Story, Texts } from "./swarm_story.ts";

/** The rows at the end of a log: how many rounds each of them has. */
export interface Rows {
  /** When the last round ended, null before the first. */
  readonly lastAt: Instant | null;
  /** Limits of the last round's class whose end had to be guessed. */
  readonly guesses: number;
  readonly classification: string;
  readonly crashes: number;
  readonly noWork: number;
  readonly timeouts: number;
  readonly refusals: number;
}

export function rowsIn(texts: Texts): Rows {
  const events = eventsOf(texts);
  const ends = events.filter(({ event }) => event === "round_end");
  const sinceStop = events.slice(events.findLastIndex(({ event }) => event === "serve_stopped") + 1);
  const counted = sinceStop.filter(({ event }) => event === "round_end");
  const classification = ends.at(-1)?.limit?.classification ?? "";
  const lengthOf = (list: readonly Line[], isSuch: (end: Line) => boolean) =>
    list.length - 1 - list.findLastIndex((end) => !isSuch(end));
  const isShort = ({ round_num }: Line) =>
    events.some((exit) =>
      exit.event === "agent_exit" && exit.round_num === round_num && (exit.duration_s ?? 0) < SHORT_ROUND_S
    );
  return {
    lastAt: instantOf(ends.at(-1)?.ts ?? ""),
    guesses: lengthOf(
      ends,
      ({ limit }) => limit?.reset_source === "estimate" && limit.classification === classification,
    ),
    classification,
    crashes: lengthOf(counted, (end) => end.verdict === "failed" && isShort(end)),
    noWork: lengthOf(counted, ({ verdict }) => verdict === "no_work"),
    timeouts: lengthOf(counted, ({ verdict }) => verdict === "timed_out"),
    refusals: lengthOf(counted, ({ refusal }) => refusal != null),
  };
}

/** The first guess is the class's base, each further one in the row twice the one before, up to the cap. */
export function guessesDouble({ agents, plan }: Story): string | null {
  const { runtime, throttle } = plan.config;
  if (runtime.transient_error_action === "skip") return null;
  return firstOf(agents, (agent) => {
    const { guesses = 0, classification = "" } = agent.rows ?? {};
    const base = baseS(classification, throttle);
    if (guesses === 0 || base === null) return null;
    const waitS = Math.min(base * 2 ** Math.min(guesses - 1, DOUBLINGS_MAX), throttle.cap_s);
    return early(agent, waitS, `guess ${guesses} in a row for ${classification}`);
  });
}

export function rowsOutliveRestarts({ agents, plan }: Story): string | null {
  return firstOf(agents, (agent) => {
    if (agent.rows === null) return null;
    const { crashes, noWork, refusals, timeouts } = agent.rows;
    if (crashes >= CRASHES_MAX) {
      return `round ${agent.round} started after ${crashes} short failures in a row`;
    }
    if (refusals >= REFUSALS_MAX) return `round ${agent.round} started after ${refusals} refusals in a row`;
    if (noWork >= NO_WORK_ROUNDS) return slowed(agent, plan, noWork, NO_WORK_ROUNDS, "without work");
    if (timeouts >= TIMEOUT_ROUNDS) return slowed(agent, plan, timeouts, TIMEOUT_ROUNDS, "out of time");
    return null;
  });
}

const DOUBLINGS_MAX = 5;
const PAUSE_MAX_S = 1800;

/** From the last tolerated round of the row on, each one doubles the pause. */
function slowed(
  agent: AgentStory,
  { config: { runtime } }: Plan,
  count: number,
  tolerated: number,
  what: string,
): string | null {
  const { on_no_work, restart_delay_s } = runtime;
  if (on_no_work === "ignore") return null;
  const why = `${count} rounds in a row ${what}`;
  if (on_no_work === "stop") return early(agent, Infinity, why);
  // Set back by more than the pause, the clock tells nobody how much of it is left.
  if (agent.wall < (agent.rows?.lastAt ?? -Infinity)) return null;
  const pauseS = Math.min(Math.max(restart_delay_s, 1) * 2 ** (count - tolerated + 1), PAUSE_MAX_S);
  return early(agent, pauseS, why);
}

function early({ round, rows, wall }: AgentStory, waitS: number, why: string): string | null {
  const waitedS = (wall - (rows?.lastAt ?? -Infinity)) / 1000;
  return waitedS >= waitS ? null : `round ${round} started ${waitedS} s after ${why}, not ${waitS} s`;
}
