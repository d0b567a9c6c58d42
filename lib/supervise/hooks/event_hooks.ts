import type { HookDeclaration } from "../../core/config.ts";
import type { LoggedEvent } from "../../core/events.ts";
import type { NumberedRound } from "./context.ts";

/** Events that may wait for one program; more of them are passed over. */
const QUEUE_MAX = 100;

/** An event as a program is told of it. */
export interface Told {
  readonly event: LoggedEvent;
  /** The round that it belongs to. */
  readonly round: NumberedRound | null;
}

interface Queue {
  readonly hook: HookDeclaration;
  readonly events: Told[];
}

/** The programs that are told of events, each of one event at a time, in the order of the log. */
export class EventHooks {
  readonly #queues: readonly Queue[];
  readonly #run: (hook: HookDeclaration, told: Told) => Promise<void>;
  readonly #busy = new Set<Promise<unknown>>();
  readonly #blocking = new Set<Promise<unknown>>();

  constructor(
    hooks: readonly HookDeclaration[],
    run: (hook: HookDeclaration, told: Told) => Promise<void>,
  ) {
    this.#queues = hooks.map((hook) => ({ hook, events: [] }));
    this.#run = run;
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
      if (queue.hook.on !== `event:${event.event}` || queue.events.length >= QUEUE_MAX) continue;
      queue.events.push(told);
      if (queue.events.length > 1) continue;
      const work = this.#drain(queue);
      this.isBusyWith(work);
      if (queue.hook.blocking !== true) continue;
      this.#blocking.add(work);
      work.finally(() => this.#blocking.delete(work));
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

  async #drain({ hook, events }: Queue): Promise<void> {
    for (let told = events[0]; told !== undefined; told = events[0]) {
      await this.#run(hook, told);
      events.shift();
    }
  }
}
