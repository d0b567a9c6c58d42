import type { Host } from "../host.ts";

/** Between two times (ms): with what is soon needed again, one costs some 20 ms. */
const EVERY_MS = 600_000;

/** From the first time to the second (ms): what was needed only once to get going has been needed by then. */
const SOON_MS = 2000;

/** Keeps a process small that lives for days and does little: what its start has needed is given back. */
export class Footprint {
  readonly #host: Host;
  #nextMs = 0;
  #pauseMs = SOON_MS;

  constructor(host: Host) {
    this.#host = host;
  }

  /** To be called at each look, when there is nothing better to do. */
  look(): void {
    const nowMs = this.#host.clock.monotonicMs();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + this.#pauseMs;
    this.#pauseMs = EVERY_MS;
    this.#host.processes.releasePages();
  }
}
