import type { HookDeclaration } from "../../core/config.ts";
import type { HookPoint } from "../../core/config_kinds.ts";
import type { LoggedEvent } from "../../core/events.ts";
import type { Bare } from "../bare.ts";
import type { NumberedRound } from "./context.ts";
import { EventHooks, QUEUE_MAX, type Told } from "./event_hooks.ts";
import { programName, type ProgramRun, runProgram } from "./program.ts";

/** The programs of `[[hooks]]`, of one configuration. */
export class ProgramHooks {
  readonly #bare: Bare;
  readonly #stopNow: AbortSignal;
  readonly #events: EventHooks;
  #last: NumberedRound | null = null;

  /** @param stopNow aborted when everything is to end at once */
  constructor(bare: Bare, stopNow: AbortSignal) {
    this.#bare = bare;
    this.#stopNow = stopNow;
    const onEvents = this.#used().filter(({ on }) => on.startsWith("event:"));
    this.#events = new EventHooks(
      onEvents,
      (hook, told) => this.#onEvent(hook, told),
      (hook) =>
        this.#reportFailure(hook, "QueueError", `${QUEUE_MAX} events wait for it; more are passed over`),
    );
  }

  /** Events with its number belong to this round from now on. */
  begin(round: NumberedRound): void {
    this.#last = round;
  }

  /** Those at this point, in their order. */
  at(point: HookPoint): readonly HookDeclaration[] {
    return this.#used().filter(({ on }) => on === point);
  }

  /** Runs one, and tells how it went; true when it ended well. */
  async run(hook: HookDeclaration, input: object, round: NumberedRound | null): Promise<boolean> {
    const ran = await this.runQuietly(hook, input, round);
    this.#report(hook, ran, round?.round ?? null);
    return ran.failure === null;
  }

  /** Runs one without a word. */
  async runQuietly(
    hook: HookDeclaration,
    input: object,
    round: NumberedRound | null,
  ): Promise<ProgramRun> {
    return await runProgram(this.#bare, hook, input, {
      AGENT_RUNNER_LOG_DIR: this.#bare.config.runtime.log_dir,
      AGENT_RUNNER_ROUND_NUM: round === null ? "" : String(round.round),
      AGENT_RUNNER_PHASE: round?.phase ?? "",
      AGENT_RUNNER_HOOK: hook.on,
    }, this.#stopNow);
  }

  /** Tells those that wait for such an event. */
  take(event: LoggedEvent): void {
    this.#events.take({ event, round: this.#roundOf(event) });
  }

  /** Something that is waited for at the end only. */
  isBusyWith(work: Promise<unknown>): void {
    this.#events.isBusyWith(work);
  }

  /** Resolves when those are done that hold the loop up. */
  async blocking(): Promise<void> {
    await this.#events.blocking();
  }

  /** Resolves when all are done. */
  async finish(): Promise<void> {
    await this.#events.finish();
  }

  #used(): readonly HookDeclaration[] {
    const { hooks, plugins } = this.#bare.config;
    return hooks.filter((hook) => !plugins.disable.includes(programName(hook)));
  }

  async #onEvent(hook: HookDeclaration, { event, round }: Told): Promise<void> {
    await this.run(hook, event, round);
  }

  #roundOf(event: LoggedEvent): NumberedRound | null {
    const round = "round_num" in event ? event.round_num : null;
    if (typeof round !== "number") return null;
    return { round, phase: this.#last?.round === round ? this.#last.phase : null };
  }

  #report(hook: HookDeclaration, ran: ProgramRun, round_num: number | null): void {
    const { log } = this.#bare;
    const { failure, exitCode: exit_code, durationS: duration_s, output } = ran;
    log.append({ event: "hook_ran", ...nameOf(hook), exit_code, duration_s, output, round_num });
    if (failure !== null) this.#reportFailure(hook, "ExitError", failure, output, round_num);
  }

  #reportFailure(
    hook: HookDeclaration,
    error_type: string,
    error_message: string,
    traceback = "",
    round_num: number | null = null,
  ): void {
    const { log } = this.#bare;
    log.append({ event: "hook_failed", ...nameOf(hook), error_type, error_message, traceback, round_num });
  }
}

/** In the words of the plugins' hooks. */
function nameOf(hook: HookDeclaration) {
  return { hook_name: programName(hook), hook_kind: hook.on === "dirty" ? "dirty_handler" : hook.on };
}
