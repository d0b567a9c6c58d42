import type { Prng } from "./prng.ts";

/** Ends a program's life in the middle of whatever it was doing; nothing of the program may catch it as a refusal. */
export class Dead extends Error {
  override readonly name = "Dead";
}

/** How far a doomed change of the outside world came. */
export type Reached = "nothing" | "half" | "all";

/** At which of its calls the program will die: counted from when it was planned, across lives. */
export class CrashPlan {
  #appends = Infinity;
  #effects = Infinity;
  #sleeps = Infinity;

  constructor(private readonly prng: Prng) {}

  /** At the `n`-th append to an `events-*.jsonl`, of which a random prefix is written. */
  atAppend(n: number): void {
    this.#appends = n;
  }

  /** At the `n`-th change of anything outside (file, lock, process): before it, half-way or after it. */
  atEffect(n: number): void {
    this.#effects = n;
  }

  atSleep(n: number): void {
    this.#sleeps = n;
  }

  /** Counts an append; the length of the prefix that is still written, null when the program lives on. */
  prefixOfAppend(path: string, length: number): number | null {
    if (!EVENT_LOG.test(path) || --this.#appends > 0) return null;
    this.#appends = Infinity;
    return this.prng.int(length + 1);
  }

  /** Counts a change; null when the program lives on. */
  reachedByEffect(): Reached | null {
    if (--this.#effects > 0) return null;
    this.#effects = Infinity;
    return this.prng.pick(["nothing", "half", "all"]);
  }

  /** Counts a sleep; true when the program dies in it. */
  inSleep(): boolean {
    if (--this.#sleeps > 0) return false;
    this.#sleeps = Infinity;
    return true;
  }
}

const EVENT_LOG = /(^|\/)events-[^/]*\.jsonl$/;
