/**
 * What is written down of a seed while it runs. The promises judge it afterwards, all by itself.
 *
 * @module
 */
import type { LoggedEvent } from "../../lib/core/events.ts";
import type { ExitCode } from "../../lib/core/exit_code.ts";
import type { Instant } from "../../lib/core/instant.ts";
import type { Act, Standing } from "./swarm_agents.ts";
import type { FaultKind, Plan } from "./swarm_plan.ts";
import type { Rows } from "./swarm_rows.ts";

/** All times `t` are virtual milliseconds since the seed's beginning. */
export interface Story {
  readonly plan: Plan;
  readonly lives: LifeStory[];
  readonly agents: AgentStory[];
  readonly faults: Set<FaultKind>;
  agentsAtOnce: number;
}

export interface LifeStory {
  readonly startT: number;
  endT: number;
  end: LifeEnd;
  readonly heard: Heard[];
  /** When serve waited and the log did not say so, and what it said instead. */
  readonly untoldWaits: { readonly t: number; readonly rule: string; readonly told: string | null }[];
  /** When each signal that asks for a stop came. */
  readonly signals: number[];
  /** Whether anything of an agent ran when the first of them came. */
  agentRanAtStop: boolean;
  /** Until when the disk refuses, and somebody else holds the round lock; 0: never did. */
  diskTroubleUntilT: number;
  lockTakenUntilT: number;
  /** What a second serve beside it came to. */
  readonly rivals: string[];
  /** The event files by name: before it, after it, and after the power cut that ended it. */
  readonly before: Texts;
  after: Texts;
  afterPowerCut: Texts | null;
  /** The same log folded from the checkpoint, from scratch, and as the program itself last had it (null: unknown). */
  folds: { readonly checkpoint: string; readonly scratch: string; readonly live: string | null };
  /** Small files that are there and are no JSON. */
  brokenFiles: readonly string[];
  /** Processes of agents that still run. */
  leftovers: readonly string[];
}

export type Texts = Readonly<Record<string, string>>;

export type LifeEnd =
  | { readonly kind: "left"; readonly code: ExitCode }
  | { readonly kind: "refused"; readonly what: string }
  | { readonly kind: "died"; readonly why: string }
  | { readonly kind: "failed"; readonly error: string };

/** An event that the program reported as appended. */
export interface Heard {
  readonly event: LoggedEvent;
  readonly line: string;
  readonly t: number;
  readonly wall: Instant;
  /** Whether it stood at the end of a file at that moment. */
  readonly inFile: boolean;
  /** What the output of the event's round says at that moment, null where no agent ran. */
  readonly standing: Standing | null;
  /** How long the stop file, and the sentinel, have been there (ms); -1: they are not. */
  readonly stopFileMs: number;
  readonly sentinelMs: number;
}

export interface AgentStory {
  readonly act: Act;
  readonly round: number;
  readonly t: number;
  readonly wall: Instant;
  readonly logPath: string;
  readonly launcherPid: number;
  /** The launcher in `running-round.json` at the agent's start, null without one. */
  readonly recordedPid: number | null;
  /** The latest reset that the last agent's output and others' events name. */
  readonly knownReset: Instant | null;
  /** The rows at the log's end, null where the clock has just been set. */
  readonly rows: Rows | null;
}

/** A promise that a seed saw broken. */
export interface Broken {
  readonly promise: string;
  readonly text: string;
}

/** A life that begins; the disk and the lock may still be as in the last one. */
export function lifeStory(t: number, before: Texts, last: LifeStory | undefined): LifeStory {
  return {
    startT: t,
    endT: t,
    end: { kind: "died", why: "not begun" },
    heard: [],
    untoldWaits: [],
    signals: [],
    agentRanAtStop: false,
    diskTroubleUntilT: last?.diskTroubleUntilT ?? 0,
    lockTakenUntilT: last?.lockTakenUntilT ?? 0,
    rivals: [],
    before,
    after: before,
    afterPowerCut: null,
    folds: { checkpoint: "", scratch: "", live: null },
    brokenFiles: [],
    leftovers: [],
  };
}
