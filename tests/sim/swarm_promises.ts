/**
 * The promises: each looks at a seed's story and says in a sentence where it was broken, or null.
 *
 * @module
 */
import { EXIT } from "../../lib/core/exit_code.ts";
import { isoOf } from "../../lib/core/instant.ts";
import type { RuleName } from "../../lib/core/rules.ts";
import { firstOf, nameOf } from "./swarm_lines.ts";
import {
  eventsStayInOrder,
  everyRoundIsClosed,
  foldIsTheState,
  noEventIsGlued,
  noEventIsLost,
  nothingIsRewritten,
  roundNumbersRise,
  smallFilesAreWhole,
  syncedEventsSurvive,
  waitIsInTheLog,
  whatIsAppendedIsWritten,
} from "./swarm_log_promises.ts";
import { guessesDouble, rowsOutliveRestarts } from "./swarm_rows.ts";
import type { Broken, LifeStory, Story } from "./swarm_story.ts";

/** All promises that the story breaks. */
export function brokenIn(story: Story): readonly Broken[] {
  return PROMISES.flatMap((promise) => {
    const text = promise(story);
    return text === null ? [] : [{ promise: promise.name, text }];
  });
}

type Promised = (story: Story) => string | null;

export const PROMISES: readonly Promised[] = [
  roundNumbersRise,
  oneAgentAtATime,
  agentIsRecordedFirst,
  whatIsAppendedIsWritten,
  waitIsInTheLog,
  noEventIsLost,
  noEventIsGlued,
  syncedEventsSurvive,
  eventsStayInOrder,
  nothingIsRewritten,
  noRoundBeforeReset,
  limitsAreReadRightly,
  guessesDouble,
  rowsOutliveRestarts,
  stopIsAnsweredAtOnce,
  roundIsFinishedAfterStop,
  secondSignalEndsTheRound,
  stopFileIsHeard,
  sentinelIsHeard,
  roundsEndInTime,
  everyRoundIsClosed,
  foldIsTheState,
  smallFilesAreWhole,
  oneServe,
  nothingIsLeftRunning,
  serveEndsByARule,
];

function oneAgentAtATime({ agentsAtOnce }: Story): string | null {
  return agentsAtOnce > 1 ? `${agentsAtOnce} agents ran at a time` : null;
}

function agentIsRecordedFirst({ agents }: Story): string | null {
  const agent = agents.find(({ launcherPid, recordedPid }) => launcherPid !== recordedPid);
  return agent === undefined ? null : `the agent of round ${agent.round} started unrecorded at t=${agent.t}`;
}

function noRoundBeforeReset({ agents, plan }: Story): string | null {
  if (plan.config.runtime.transient_error_action === "skip") return null;
  const early = agents.find(({ knownReset, wall }) => knownReset !== null && wall < knownReset);
  if (early === undefined) return null;
  return `round ${early.round} started at ${isoOf(early.wall)}, before the reset at ${
    isoOf(early.knownReset!)
  }`;
}

/** What the output says about a limit is what `round_end` says. */
function limitsAreReadRightly({ lives }: Story): string | null {
  return firstOf(lives, ({ heard }) =>
    firstOf(heard, ({ event, standing, wall }) => {
      if (event.event !== "round_end" || standing === null) return null;
      const said = event.limit ?? null;
      const where = `round_end ${event.round_num} says ${JSON.stringify(said)}`;
      if (standing.kind === "free") return said === null ? null : `${where}, but no limit stands`;
      if (standing.kind === "estimate") {
        return said?.classification === standing.classification
          ? null
          : `${where}, not ${standing.classification}`;
      }
      const right = said?.reset_source === "server" && said.reset_at_epoch * 1000 === standing.resetAt;
      return right || standing.resetAt <= wall ? null : `${where}, not ${isoOf(standing.resetAt)}`;
    }));
}

/** Nothing is waited for when no round runs, but that what a dead supervisor left running has been ended. */
function stopIsAnsweredAtOnce({ lives, plan }: Story): string | null {
  return firstOf(lives, (life) => {
    const [asked] = life.signals;
    if (asked === undefined || !hasStarted(life, asked) || roundAt(life, asked) !== null) return null;
    const most = isEndingLeftRound(life, asked) ? endingMs({ plan }) : ANSWER_MS;
    if (life.endT - asked > most) return `asked to stop at t=${asked}, left at t=${life.endT}`;
    const started = life.heard.find(({ event, t }) => t > asked && event.event === "round_start");
    return started === undefined ? null : `asked to stop at t=${asked}, then came ${nameOf(started)}`;
  });
}

function roundIsFinishedAfterStop({ lives, plan }: Story): string | null {
  const { round_timeout_s } = plan.config.runtime;
  return firstOf(lives, (life) => {
    const [asked, again] = life.signals;
    if (asked === undefined) return null;
    const most = round_timeout_s * 1000 + endingMs({ plan }) + Math.max(0, life.lockTakenUntilT - asked);
    if (life.endT - asked > most) return `asked to stop at t=${asked}, still there at t=${life.endT}`;
    const round = roundAt(life, asked);
    const other = life.heard.find(({ event, t }) => t > asked && event.event === "round_start");
    if (other !== undefined) return `asked to stop at t=${asked}, then came ${nameOf(other)}`;
    const end = life.heard.find(({ event, t }) =>
      t >= asked && event.event === "agent_exit" && event.round_num === round
    );
    const cutOff = end?.event.event === "agent_exit" && end.event.ending === "stopped";
    return cutOff && again === undefined ? `the first signal cut round ${round} off` : null;
  });
}

function secondSignalEndsTheRound({ lives, plan }: Story): string | null {
  return firstOf(lives, (life) => {
    const again = life.signals[1];
    if (again === undefined) return null;
    const most = endingMs({ plan }) + Math.max(0, life.lockTakenUntilT - again);
    return life.endT - again > most ? `told to end at t=${again}, still there at t=${life.endT}` : null;
  });
}

function stopFileIsHeard({ lives }: Story): string | null {
  return firstOf(lives, ({ heard }) => {
    const deaf = heard.find(({ event, stopFileMs }) =>
      event.event === "round_start" && stopFileMs > ANSWER_MS
    );
    return deaf === undefined ? null : `${nameOf(deaf)} ${deaf.stopFileMs} ms after the stop file`;
  });
}

function sentinelIsHeard({ lives }: Story): string | null {
  return firstOf(lives, ({ heard }) => {
    const deaf = heard.find(({ event, sentinelMs }) =>
      event.event === "round_start" && sentinelMs > ANSWER_MS
    );
    return deaf === undefined ? null : `${nameOf(deaf)} ${deaf.sentinelMs} ms after the sentinel`;
  });
}

function roundsEndInTime({ lives, plan }: Story): string | null {
  return firstOf(lives, (life) => {
    const taken = Math.max(0, life.lockTakenUntilT - life.startT);
    const most = plan.config.runtime.round_timeout_s * 1000 + endingMs({ plan }) + taken;
    return firstOf(life.heard, (start) => {
      const { event } = start;
      if (event.event !== "round_start") return null;
      const end = life.heard.find(({ event: other }) =>
        other.event === "round_end" && other.round_num === event.round_num
      );
      const tookMs = (end?.t ?? life.endT) - start.t;
      return tookMs > most ? `round ${event.round_num} took ${tookMs} ms, at most ${most} are allowed` : null;
    });
  });
}

function oneServe({ lives }: Story): string | null {
  return firstOf(lives, (life) => {
    const rival = life.rivals.find((said) => said !== "died" && !said.includes("another serve runs"));
    const excused = life.diskTroubleUntilT > 0 || rival === undefined;
    return excused ? null : `a second serve beside the first: ${rival}`;
  });
}

function nothingIsLeftRunning({ lives }: Story): string | null {
  return firstOf(
    lives,
    ({ end, leftovers }) =>
      end.kind === "left" && leftovers.length > 0 ? `${leftovers} still run after serve has left` : null,
  );
}

/** Exit codes as documented; whoever finds the disk unusable at its start says so and leaves. */
function serveEndsByARule({ lives }: Story): string | null {
  return firstOf(lives, (life) => {
    const { end, heard } = life;
    const last = heard.at(-1)?.event;
    const started = heard.some(({ event }) => event.event === "serve_started");
    if (end.kind === "failed") return end.error;
    if (end.kind === "refused") {
      return started || life.diskTroubleUntilT === 0 ? `refused: ${end.what}` : null;
    }
    if (end.kind === "died") return life === lives.at(-1) ? `the last life ${end.why}` : null;
    if (last?.event !== "serve_stopped") return `the last event is ${last?.event}, not serve_stopped`;
    const wanted = EXIT_CODES[last.rule as RuleName];
    return end.code === wanted && last.exit_code === wanted ? null : `${last.rule} left with ${end.code}`;
  });
}

const EXIT_CODES: Partial<Record<RuleName, number>> = {
  stop_asked: EXIT.done,
  sentinel: EXIT.done,
  stop_file: EXIT.done,
  max_rounds: EXIT.done,
  config_broken: EXIT.config,
  refused: EXIT.auth,
  crash_loop: EXIT.breaker,
  throttled: EXIT.limit,
  no_work: EXIT.breaker,
};

/** From a request to what follows when nothing is in the way (ms); looking at the work tree takes a part of it. */
const ANSWER_MS = 100;

/** From the decision to end a round to its end: the configured grace, then what KILL and the looks take (ms). */
function endingMs({ plan }: Pick<Story, "plan">): number {
  return plan.config.runtime.kill_grace_s * 1000 + 3_000;
}

function hasStarted({ heard }: LifeStory, t: number): boolean {
  return heard.some(({ event, t: at }) => at <= t && event.event === "serve_started");
}

/** The round that ran at that time. */
function roundAt({ heard }: LifeStory, t: number): number | null {
  const last = heard.findLast(({ event, t: at }) => at <= t && (ROUND_EDGES.includes(event.event)))?.event;
  return last?.event === "round_start" || last?.event === "round_adopted" ? last.round_num : null;
}

/** Whether a round that this life has not begun still ran when the stop was asked for. */
function isEndingLeftRound({ agentRanAtStop, heard }: LifeStory, asked: number): boolean {
  return agentRanAtStop && !heard.some(({ event, t }) => t <= asked && ROUND_EDGES.includes(event.event));
}

const ROUND_EDGES: readonly string[] = ["round_start", "round_adopted", "round_end"];
