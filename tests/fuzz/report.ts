import { IN_ROUND, type Phase, PHASES } from "./moment.ts";
import type { Options } from "./options.ts";

/** A promise that did not hold. */
export interface Broken {
  readonly project: number;
  readonly point: number;
  readonly phase: string;
  readonly dir: string;
  readonly broken: readonly string[];
}

export interface Tally {
  readonly points: number;
  readonly kills: number;
  readonly histogram: ReadonlyMap<string, number>;
  readonly broken: readonly Broken[];
}

export class Tallying implements Tally {
  points = 0;
  kills = 0;
  readonly histogram: Map<string, number>;
  readonly broken: Broken[] = [];

  /** @param rows shown even if nothing fell there */
  constructor(rows: readonly string[] = PHASES) {
    this.histogram = new Map(rows.map((row) => [row, 0]));
  }

  get isBroken(): boolean {
    return this.broken.length > 0;
  }

  count(phase: string, killed: boolean): void {
    this.points += 1;
    this.kills += killed ? 1 : 0;
    this.histogram.set(phase, (this.histogram.get(phase) ?? 0) + 1);
  }

  breaks(broken: Broken): void {
    this.broken.push(broken);
  }
}

/** Points that count as one test where tests are counted. */
const POINTS_A_TEST = 50;

/** Says what was done and found; returns the exit code. */
export function printReport(options: Options, tally: Tally, seconds: number): number {
  for (const { project, point, phase, dir, broken } of tally.broken) {
    console.log(
      `BROKEN at seed ${options.seed}, project ${project}, point ${point} (${phase}), kept in ${dir}`,
    );
    for (const sentence of broken) console.log(`  ${sentence}`);
  }
  const inRound = sum(tally, (phase) => IN_ROUND.has(phase as Phase));
  for (const [phase, count] of tally.histogram) {
    const share = 100 * count / Math.max(1, tally.points);
    console.log(`${phase.padEnd(26)} ${String(count).padStart(5)} ${share.toFixed(1).padStart(5)} %`);
  }
  const share = Math.round(100 * inRound / Math.max(1, tally.points));
  console.log(`seed ${options.seed}: ${share} % between round_start and round_end, ${Math.round(seconds)} s`);
  const broken = tally.broken.reduce((count, one) => count + one.broken.length, 0);
  console.log(`fuzz: ${tally.points} points, ${tally.kills} kills, ${broken} broken promises`);
  if ((Deno.env.get("CI") ?? "") !== "") {
    const failed = tally.broken.length > 0 || tally.points === 0 ? 1 : 0;
    const tests = Math.max(1, Math.ceil(tally.points / POINTS_A_TEST));
    console.log(`${tests - failed} passed, ${failed} failed`);
  }
  return broken === 0 && tally.points > 0 ? 0 : 1;
}

function sum({ histogram }: Tally, wanted: (phase: string) => boolean): number {
  return [...histogram].reduce((total, [phase, count]) => wanted(phase) ? total + count : total, 0);
}
