/**
 * When a supervisor is killed: drawn before its start by the event that it waits for, and told afterwards by what the
 * log says.
 *
 * @module
 */
import type { Prng } from "../sim/prng.ts";
import type { Journal } from "./journal.ts";

/** Where in a supervisor's life a kill fell. */
export const PHASES = [
  "start-up",
  "before round_start",
  "round_start to agent_spawn",
  "at the gate",
  "agent running",
  "agent ended, not noticed",
  "agent_exit to round_end",
  "adoption",
  "after round_end",
  "in a wait",
  "in an orderly stop",
] as const;

export type Phase = (typeof PHASES)[number];

/** Those between `round_start` and `round_end`. */
export const IN_ROUND: ReadonlySet<Phase> = new Set<Phase>([
  "round_start to agent_spawn",
  "at the gate",
  "agent running",
  "agent ended, not noticed",
  "agent_exit to round_end",
  "adoption",
]);

/** What is aimed at: the kill comes `delayMs` after the event has been seen, null: after the start. */
export interface Aim {
  readonly event: string | null;
  /** So many such events go by first. */
  readonly skip: number;
  readonly delayMs: number;
  /** Asked to stop this long before the kill (ms), null: not asked. */
  readonly askedBeforeMs: number | null;
}

type Target = readonly [weight: number, event: string | null, fromMs: number, toMs: number];

const TARGETS: readonly Target[] = [
  [5, null, 0, 150],
  [5, "serve_started", 0, 30],
  [15, "round_start", 0, 5],
  [12, "agent_spawn", 0, 5],
  [6, "agent_spawn", 5, 15],
  [24, "agent_spawn", 10, 400],
  [16, "agent_exit", 0, 12],
  [4, "round_end", 0, 10],
];

const ADOPTION: readonly Target[] = [
  [1, null, 60, 200],
  [2, "serve_started", 0, 60],
  [3, "round_adopted", 0, 300],
  [2, "agent_exit", 0, 12],
];

const WAIT: readonly Target[] = [[6, "wait_started", 0, 500]];

export interface Draw {
  /** A round was left open by the supervisor before. */
  readonly open: boolean;
  /** There are pauses between rounds. */
  readonly waits: boolean;
}

export function drawAim(prng: Prng, { open, waits }: Draw): Aim {
  if (prng.chance(0.03)) {
    const askedBeforeMs = prng.next() * 300;
    return { event: "agent_spawn", skip: 0, delayMs: askedBeforeMs + prng.next() * 100, askedBeforeMs };
  }
  const targets = open && prng.chance(0.55) ? ADOPTION : waits ? [...TARGETS, ...WAIT] : TARGETS;
  const [, event, from, to] = weighted(prng, targets);
  const skip = event !== null && targets !== ADOPTION && prng.chance(0.15) ? 1 : 0;
  return { event, skip, delayMs: from + prng.next() * (to - from), askedBeforeMs: null };
}

function weighted(prng: Prng, targets: readonly Target[]): Target {
  let left = prng.next() * targets.reduce((sum, [weight]) => sum + weight, 0);
  for (const target of targets) {
    left -= target[0];
    if (left < 0) return target;
  }
  return targets[0]!;
}

/** An event line, as far as it matters here. */
export interface Line {
  readonly event: string;
  readonly round_num?: number;
  readonly pid?: number;
  readonly ending?: string;
  readonly exit_code?: number;
}

/** The phase in which a supervisor died, by the log. `from` is the number of lines that were there when it started. */
export function phaseOf(lines: readonly Line[], from: number, journal: Journal): Phase {
  const leftOpen = openRound(lines.slice(0, from));
  const open = openRound(lines);
  const own = lines.slice(from).filter(({ event }) => event !== "status_recovered");
  if (own.length === 0) return "start-up";
  if (open !== null && open === leftOpen) return "adoption";
  const { event } = own.at(-1)!;
  if (open === null) {
    if (event === "wait_started") return "in a wait";
    if (event === "serve_stopped") return "in an orderly stop";
    return event === "serve_started" ? "before round_start" : "after round_end";
  }
  if (event === "round_start") return "round_start to agent_spawn";
  if (event !== "agent_spawn" && event !== "round_progress") return "agent_exit to round_end";
  if (!journal.begun.includes(open)) return "at the gate";
  return journal.ended.has(open) ? "agent ended, not noticed" : "agent running";
}

/** The round that has started and not ended. */
export function openRound(lines: readonly Line[]): number | null {
  let open: number | null = null;
  for (const { event, round_num } of lines) {
    if (event === "round_start") open = round_num ?? null;
    else if (event === "round_end" && round_num === open) open = null;
  }
  return open;
}
