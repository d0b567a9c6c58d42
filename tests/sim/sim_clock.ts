import type { Instant } from "../../lib/core/instant.ts";
import type { Prng } from "./prng.ts";

/** Something that will happen at a virtual time, unless it is cancelled before. */
export class Happening {
  constructor(readonly t: number, readonly order: number, private action: (() => void) | null) {}

  get cancelled(): boolean {
    return this.action === null;
  }

  cancel(): void {
    this.action = null;
  }

  run(): void {
    const action = this.action;
    this.action = null;
    action?.();
  }
}

/** All that is scheduled, by virtual time and then by order of scheduling; a binary heap. */
export class Timeline {
  /** Virtual milliseconds since the simulation began, without suspended time. */
  t = 0;
  /** Set by whatever lets the program run on; tells the driver to drain before the next happening. */
  woke = false;
  #heap: Happening[] = [];
  #order = 0;

  after(ms: number, action: () => void): Happening {
    const happening = new Happening(this.t + Math.max(0, ms), this.#order++, action);
    this.#push(happening);
    return happening;
  }

  /** The time of the next happening, null when nothing is scheduled. */
  nextT(): number | null {
    while (this.#heap[0]?.cancelled) this.#pop();
    return this.#heap[0]?.t ?? null;
  }

  /** Moves to the next happening and lets it happen; false when nothing is scheduled. */
  advance(): boolean {
    if (this.nextT() === null) return false;
    const happening = this.#pop() as Happening;
    this.t = happening.t;
    happening.run();
    return true;
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as Happening;
      if (isBefore(parent, happening)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = happening;
  }

  #pop(): Happening | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && isBefore(heap[down + 1] as Happening, heap[down] as Happening)) down++;
      if (isBefore(last, heap[down] as Happening)) break;
      heap[at] = heap[down] as Happening;
      at = down;
    }
    heap[at] = last;
    return first;
  }
}

/** The machine's clocks over the timeline: the wall clock may step, the boot clock counts suspended time too. */
export class MachineClock {
  bootId: string;
  #stepMs = 0;
  #suspendedMs = 0;
  #bootedAtMs: number;

  constructor(readonly timeline: Timeline, readonly startAt: Instant, private readonly prng: Prng) {
    this.bootId = uuid(prng);
    this.#bootedAtMs = -UP_AT_START_MS;
  }

  now(): Instant {
    return this.startAt + this.#sinceStartMs() + this.#stepMs;
  }

  bootMs(): number {
    return this.#sinceStartMs() - this.#bootedAtMs;
  }

  /** The boot clock as the kernel prints the start of a process: 100 ticks a second. */
  ticks(): string {
    return String(Math.floor(this.bootMs() / 10));
  }

  step(ms: number): void {
    this.#stepMs += ms;
  }

  suspend(ms: number): void {
    this.#suspendedMs += ms;
  }

  /** A new boot, of which the program sees `BOOT_MS` as gone already. */
  reboot(): void {
    this.bootId = uuid(this.prng);
    this.#bootedAtMs = this.#sinceStartMs() - BOOT_MS;
  }

  #sinceStartMs(): number {
    return this.timeline.t + this.#suspendedMs;
  }
}

/** The machine has been up for an hour when a simulation begins. */
const UP_AT_START_MS = 3_600_000;
/** From power to the program's start. */
const BOOT_MS = 8_000;

function isBefore(a: Happening, b: Happening): boolean {
  return a.t < b.t || (a.t === b.t && a.order < b.order);
}

function uuid(prng: Prng): string {
  const hex = Array.from({ length: 32 }, () => prng.int(16).toString(16)).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
