import type { RepetitionFinding } from "../lib/core/plugin.ts";

/** The last `window` tool calls of a round, for finding the one that comes again and again. */
export class CallWindow {
  readonly #last: string[] = [];
  readonly #counts = new Map<string, number>();
  readonly #reported = new Set<string>();

  constructor(readonly window: number, readonly threshold: number) {}

  /**
   * Takes the next call of the round. Returns the repetition that it completes, and then nothing more about the same
   * call until it has become rarer than the threshold.
   */
  add(tool: string, target: string | null): RepetitionFinding | null {
    const call = JSON.stringify([tool, target]);
    this.#last.push(call);
    this.#counts.set(call, (this.#counts.get(call) ?? 0) + 1);
    if (this.#last.length > this.window) this.#forget(this.#last.shift()!);
    const count = this.#counts.get(call) ?? 0;
    if (count === 0 || count < this.threshold || this.#reported.has(call)) return null;
    this.#reported.add(call);
    return { kind: "repetition", tool, target, count, window: this.window };
  }

  #forget(call: string): void {
    const count = (this.#counts.get(call) ?? 0) - 1;
    if (count > 0) this.#counts.set(call, count);
    else this.#counts.delete(call);
    if (count < this.threshold) this.#reported.delete(call);
  }
}
