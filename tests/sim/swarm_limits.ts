import type { Instant } from "../../lib/core/instant.ts";
import type { Swarm } from "./swarm.ts";
import type { Heard, Story } from "./swarm_story.ts";

/** The latest reset that the last agent's output and others' events name for an agent that starts at `t`. */
export function knownReset(swarm: Swarm, t: number): Instant | null {
  const { agents } = swarm.story;
  if (isClockNew(swarm, t)) return null;
  const texts = swarm.eventText;
  const last = agents.at(-1);
  const end = last === undefined ? null : endOf(swarm.story, last.round, texts);
  const standing = end?.standing ?? (last === undefined ? null : swarm.standing(last));
  const stands = standing?.kind === "until" && (end === null || !isFreeAfter(end.line, texts));
  const foreign = swarm.foreignLimits.findLast(({ line }) => `\n${texts}`.includes(`\n${line}`));
  const isKnown = foreign !== undefined && foreign.t < t - NOTICED_MS && !isFreeAfter(foreign.line, texts);
  const resets = [...(isKnown ? [foreign.resetAt] : []), ...(stands ? [standing.resetAt] : [])];
  return resets.length === 0 ? null : Math.max(...resets);
}

/** Whether the wall clock has been set too late for the agent's start to heed it. */
export function isClockNew({ clockSetT }: Swarm, t: number): boolean {
  return t - clockSetT < NOTICED_MS;
}

/** What happens this long before an agent starts may be missed: the launcher takes its steps (ms). */
const NOTICED_MS = 10;

/** The round's end with what the output said then: a power cut may take the output away later. */
function endOf({ lives }: Story, round: number, texts: string): Heard | null {
  return lives.flatMap(({ heard }) => heard).findLast(({ event, line }) =>
    event.event === "round_end" && event.round_num === round && texts.includes(line)
  ) ?? null;
}

/** A round without a limit ends those before it. */
function isFreeAfter(line: string, texts: string): boolean {
  const after = texts.slice(texts.indexOf(line)).split("\n");
  return after.some((other) => other.includes('"event": "round_end"') && !other.includes('"limit": {'));
}
