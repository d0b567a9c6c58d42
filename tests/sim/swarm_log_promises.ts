/**
 * The promises about the log and the other files. As in `swarm_promises.ts`: a sentence where one was broken, or null.
 *
 * @module
 */
import { EVENTS } from "../../lib/core/events.ts";
import { eventsOf, firstOf, linesOf, nameOf } from "./swarm_lines.ts";
import type { Heard, Story } from "./swarm_story.ts";

export function roundNumbersRise({ lives, agents }: Story): string | null {
  const started = eventsOf(lives.at(-1)!.after).filter(({ event }) => event === "round_start");
  for (
    const numbers of [
      agents.map(({ round }) => round),
      started.map(({ round_num }) => Number(round_num)),
    ]
  ) {
    const at = numbers.findIndex((number, n) => n > 0 && number <= numbers[n - 1]!);
    if (at >= 0) return `round ${numbers[at]} follows round ${numbers[at - 1]}`;
  }
  return null;
}

/** On a healthy disk an event is in the file when it is reported. */
export function whatIsAppendedIsWritten({ lives }: Story): string | null {
  return firstOf(lives, (life) => {
    const late = life.heard.find(({ inFile, t }) => !inFile && t >= life.diskTroubleUntilT);
    return late === undefined ? null : `${nameOf(late)} is not in the file though the disk takes it`;
  });
}

/** Whoever reads the log knows that serve waits, and by which rule. */
export function waitIsInTheLog({ lives }: Story): string | null {
  return firstOf(lives, ({ untoldWaits, diskTroubleUntilT }) => {
    const untold = untoldWaits.find(({ t }) => t >= diskTroubleUntilT);
    if (untold === undefined) return null;
    return `at t=${untold.t} it waits by ${untold.rule}, the log says ${untold.told ?? "nothing of a wait"}`;
  });
}

export function noEventIsLost(story: Story): string | null {
  return lostIn(story, (lines, { line }) => !lines.some((other) => other.endsWith(line.trimEnd())));
}

export function noEventIsGlued(story: Story): string | null {
  return lostIn(story, (lines, { line }) => lines.some((other) => other.endsWith(line.trimEnd())));
}

/** Whatever was written, or appended before something that was, stays; all but a power cut. */
function lostIn(
  { lives }: Story,
  isSuch: (lines: readonly string[], heard: Heard) => boolean,
): string | null {
  let owed: Heard[] = [];
  return firstOf(lives, (life) => {
    owed.push(...life.heard.slice(0, life.heard.findLastIndex(({ inFile }) => inFile) + 1));
    const lines = linesOf(life.after);
    const there = new Set(lines);
    const missing = owed.find((heard) => !there.has(heard.line.trimEnd()) && isSuch(lines, heard));
    if (life.afterPowerCut !== null) {
      const left = new Set(linesOf(life.afterPowerCut));
      owed = owed.filter(({ line }) => left.has(line.trimEnd()));
    }
    return missing === undefined ? null : `${nameOf(missing)} is in no line of its own any more`;
  });
}

export function syncedEventsSurvive({ lives }: Story): string | null {
  const owed: Heard[] = [];
  return firstOf(lives, (life) => {
    owed.push(...life.heard.filter(({ event, inFile }) => inFile && EVENTS[event.event].synced));
    if (life.afterPowerCut === null) return null;
    const left = new Set(linesOf(life.afterPowerCut));
    const missing = owed.find(({ line }) => !left.has(line.trimEnd()));
    return missing === undefined ? null : `${nameOf(missing)} was synced and did not survive the power cut`;
  });
}

export function eventsStayInOrder({ lives }: Story): string | null {
  const places = new Map<string, number[]>();
  for (const [at, line] of linesOf(lives.at(-1)!.after).entries()) {
    places.set(line, [...places.get(line) ?? [], at]);
  }
  return firstOf(lives, ({ heard }) => {
    let last = -1;
    for (const one of heard) {
      const found = places.get(one.line.trimEnd());
      const at = found?.find((place) => place > last);
      if (found !== undefined && at === undefined) {
        return `${nameOf(one)} stands before an event that came first`;
      }
      last = at ?? last;
    }
    return null;
  });
}

export function nothingIsRewritten({ lives }: Story): string | null {
  return firstOf(lives, ({ before, after }) => {
    const changed = Object.entries(before).find(([path, text]) => !(after[path] ?? "").startsWith(text));
    return changed === undefined ? null : `${changed[0]} is no continuation of what it was`;
  });
}

/** One end for each start, before the next one, and nothing open when a supervisor has left in order. */
export function everyRoundIsClosed({ lives }: Story): string | null {
  return firstOf(lives, (life) => {
    let open: unknown = null;
    for (const { event, round_num } of eventsOf(life.after)) {
      if (event === "round_start") {
        if (open !== null) return `round ${round_num} started while round ${open} was open`;
        open = round_num;
      } else if (event === "round_end") {
        if (open !== round_num) return `round ${round_num} ended while ${open} was open`;
        open = null;
      }
    }
    const last = life.heard.at(-1);
    const inOrder = life.end.kind === "left" && last?.inFile === true && life.lockTakenUntilT === 0;
    return inOrder && open !== null ? `round ${open} was open when its supervisor had left` : null;
  });
}

export function foldIsTheState({ lives }: Story): string | null {
  return firstOf(lives, ({ folds, endT, diskTroubleUntilT }) => {
    const { checkpoint, live, scratch } = folds;
    if (checkpoint !== scratch) return `from the checkpoint ${checkpoint}, from scratch ${scratch}`;
    const isKnown = live !== null && endT >= diskTroubleUntilT;
    return isKnown && live !== scratch ? `the program had ${live}, the log says ${scratch}` : null;
  });
}

export function smallFilesAreWhole({ lives }: Story): string | null {
  return firstOf(lives, ({ brokenFiles }) => brokenFiles.length === 0 ? null : `${brokenFiles} are no JSON`);
}
