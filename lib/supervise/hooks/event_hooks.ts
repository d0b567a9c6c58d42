import type { HookDeclaration } from "../../core/config.ts";
import type { LoggedEvent } from "../../core/events.ts";
import type { NumberedRound } from "./context.ts";

/** Events that may wait for one program; more of them are passed over. */
export const QUEUE_MAX = 100;

/** An event as a program is told of it. */
export interface Told {
  readonly event: LoggedEvent;
  /** The round that it belongs to. */
  readonly round: NumberedRound | null;
}

interface Queue {
  readonly hook: HookDeclaration;
  readonly events: Told[];
  /** That it passes events over has been told. */
  overflows: boolean;
}

/** The programs that are told of events, each of one event at a time, in the order of the log. */
export class EventHooks {
  readonly #queues: readonly Queue[];
  readonly #run: (hook: HookDeclaration, told: Told) => Promise<void>;
  readonly #passedOver: (hook: HookDeclaration) => void;
  readonly #busy = new Set<Promise<unknown>>();
  readonly #blocking = new Set<Promise<unknown>>();

  /** @param passedOver called when a program gets further behind than its queue is long, once until it has caught up */
  constructor(
    hooks: readonly HookDeclaration[],
    run: (hook: HookDeclaration, told: Told) => Promise<void>,
    passedOver: (hook: HookDeclaration) => void,
  ) {
    this.#queues = hooks.map((hook) => ({ hook, events: [], overflows: false }));
    this.#run = run;
    this.#passedOver = passedOver;
  }

  /** Resolves when those are done for which the loop is to wait. */
  async blocking(): Promise<void> {
    while (this.#blocking.size > 0) await Promise.all(this.#blocking);
  }

  take(told: Told): void {
    const { event } = told;
    // What a hook for events has to say of itself would otherwise call the next one, without end.
    if (event.event === "hook_ran" || ("hook_kind" in event && event.hook_kind.startsWith("event:"))) return;
    for (const queue of this.#queues) {
      if (queue.hook.on !== `event:${event.event}`) continue;
      if (queue.events.length >= QUEUE_MAX) this.#passOver(queue);
      else if (queue.events.push(told) === 1) this.#begin(queue);
    }
  }

  /** Something that is waited for at the end only. */
  isBusyWith(work: Promise<unknown>): void {
    this.#busy.add(work);
    work.finally(() => this.#busy.delete(work));
  }

  /** Resolves when all are done. */
  async finish(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy);
  }

  #begin(queue: Queue): void {
    const work = this.#drain(queue);
    this.isBusyWith(work);
    if (queue.hook.blocking !== true) return;
    this.#blocking.add(work);
    work.finally(() => this.#blocking.delete(work));
  }

  #passOver(queue: Queue): void {
    const isNew = !queue.overflows;
    queue.overflows = true;
    if (isNew) this.#passedOver(queue.hook);
  }

  async #drain(queue: Queue): Promise<void> {
    const { hook, events } = queue;
    for (let told = events[0]; told !== undefined; told = events[0]) {
      await this.#run(hook, told);
      events.shift();
    }
    queue.overflows = false;
  }
}
