/**
 * What runs around the rounds: the plugins' hooks, then the programs of `[[hooks]]`. Whatever becomes of them, the loop
 * goes on; what went wrong is in the log.
 *
 * @module
 */
import type { Config, HookDeclaration } from "../../core/config.ts";
import type { Json, RoundResult } from "../../core/plugin.ts";
import type { Fault } from "../../extend/guest.ts";
import type { LoadedPlugin, Surroundings, Where } from "../../extend/loaded_plugin.ts";
import type { PluginProcess } from "../../extend/plugin_process.ts";
import { NOBODY_AROUND, type PluginSet } from "../../extend/plugin_set.ts";
import { bestEffort } from "../../core/file_error.ts";
import { removeHookRecord, writeHookRecord } from "../../store/hook_records.ts";
import type { Bare } from "../bare.ts";
import { Alerts } from "./alerts.ts";
import { baseContext, hookContext, type HookRound, type NumberedRound, projectConfig } from "./context.ts";
import { programName } from "./program.ts";
import { ProgramHooks } from "./program_hooks.ts";
import { guardPrompts } from "./prompt_guard.ts";

/** Everything that a detector is asked about: the document of `peek --json`. */
export type StateView = () => Promise<Json>;

/** Failing rounds in a row after which a plugin is off. */
const FAILURES_MAX = 3;

/** Characters of a trace that are kept at each end. */
const TRACE_KEPT = 1024;

/** Where the built-in dirty handler stands. */
const BUILT_IN_PRIORITY = 1000;

/** The hooks of one supervisor. */
export class Hooks implements Surroundings {
  #set: PluginSet;
  #bare: Bare;
  #programs: ProgramHooks;
  readonly #stateView: StateView;
  readonly #stopNow: AbortSignal;
  readonly #alerts = new Alerts();
  #round: number | null = null;
  /** Plugins of which this round's failure is in the log. */
  readonly #failed = new Set<string>();
  #asked: (what: string) => Promise<unknown> = NOBODY_AROUND.ask;

  /** @param stopNow aborted when everything is to end at once */
  constructor(bare: Bare, set: PluginSet, stateView: StateView, stopNow: AbortSignal) {
    this.#bare = bare;
    this.#set = set;
    this.#stateView = stateView;
    this.#stopNow = stopNow;
    this.#programs = new ProgramHooks(bare, stopNow);
    set.around = this;
    const { kill_grace_s } = bare.config.runtime;
    stopNow.addEventListener("abort", () => {
      for (const plugin of this.plugins) plugin.hurry(kill_grace_s * 1000);
    });
  }

  /** Goes on with another configuration. */
  async reconfigure(config: Config, set: PluginSet): Promise<void> {
    const before = this.#programs;
    await Promise.all([before.blocking(), this.rest()]);
    this.#bare = { ...this.#bare, config };
    this.#set = set;
    this.#programs = new ProgramHooks(this.#bare, this.#stopNow);
    this.#programs.isBusyWith(before.finish());
    set.around = this;
  }

  get set(): PluginSet {
    return this.#set;
  }

  get plugins(): readonly LoadedPlugin[] {
    return this.#set.plugins;
  }

  get programs(): ProgramHooks {
    return this.#programs;
  }

  /** Paths that are never dirty. */
  get ownedPaths(): readonly string[] {
    return this.plugins.flatMap(({ description }) => description.ownedPaths);
  }

  /** The first that fails is the last that runs: then serve is not to start. */
  async serveStartup(): Promise<boolean> {
    const base = baseContext(this.#bare);
    const context = { ...base, project_config: projectConfig(this.#bare.config) };
    let failed: readonly [name: string, fault: Fault] | null = null;
    const fail = (name: string, fault: Fault) => void (failed ??= [name, fault]);
    this.#set.around = {
      ...NOBODY_AROUND,
      started: (started) => this.started(started),
      ended: (ended) => this.ended(ended),
      emit: (kind, fields) => this.emit(kind, fields),
      failed: ({ name }, _where, fault) => fail(name, fault),
    };
    for (const plugin of this.#having("serveStartup")) {
      if (failed !== null) break;
      await plugin.call({ kind: "serve_startup", name: plugin.name }, { op: "serveStartup", context });
    }
    await this.rest();
    this.#set.around = this;
    for (const hook of this.#programs.at("serve_startup")) {
      if (failed !== null) break;
      const { failure, output } = await this.#programs.runQuietly(hook, { on: hook.on, ...base }, null);
      if (failure !== null) fail(programName(hook), { type: "ExitError", message: failure, stack: output });
    }
    if (failed !== null) this.#startupFailed(...(failed as readonly [string, Fault]));
    return failed === null;
  }

  /** What fails from now on belongs to this round. */
  begin(round: NumberedRound): void {
    this.#round = round.round;
    this.#programs.begin(round);
  }

  /** Before a round; a prompt that a hook changes is told, and used. */
  async preRound(supervision: Bare, round: HookRound): Promise<void> {
    if (supervision.config.runtime.disable_pre_round_hooks) return;
    const context = hookContext(supervision, round);
    for (const plugin of this.#having("preRound")) {
      await guardPrompts(supervision, round, plugin.name, async () => {
        const where: Where = { kind: "pre_round", name: plugin.name };
        return await plugin.call(where, { op: "preRound", context }) !== null;
      });
    }
    for (const hook of this.#programs.at("pre_round")) {
      const input = { on: hook.on, ...context };
      await guardPrompts(supervision, round, programName(hook), async () => {
        return await this.#programs.run(hook, input, round);
      });
    }
  }

  /** What enrichers add to the round's context, by their names. */
  async enrich(supervision: Bare, round: HookRound): Promise<Readonly<Record<string, unknown>>> {
    const context = hookContext(supervision, round);
    const slices: Record<string, unknown> = {};
    for (const plugin of this.plugins) {
      const names = plugin.description.contextEnrichers;
      if (names.length === 0) continue;
      const parts = await plugin.callParts("context_enricher", { op: "enrich", context });
      for (const name of names) if (Object.hasOwn(parts, name)) slices[name] = parts[name];
    }
    return slices;
  }

  /** After the round's end is in the log. */
  async postRound(supervision: Bare, round: HookRound, result: RoundResult): Promise<void> {
    const context = hookContext(supervision, round);
    for (const plugin of this.#having("postRound")) {
      const where: Where = { kind: "post_round", name: plugin.name };
      await plugin.call(where, { op: "postRound", context, result: result as unknown as Json });
    }
    await this.#detect();
    for (const hook of this.#programs.at("post_round")) {
      const run = this.#programs.run(hook, { on: hook.on, ...context, result }, round);
      if (hook.blocking === false) this.#programs.isBusyWith(run);
      else await run;
    }
  }

  /** The plugins' processes end; the next round's calls start new ones. */
  async rest(): Promise<void> {
    await Promise.all(this.plugins.map((plugin) => plugin.rest()));
    this.#failed.clear();
    this.#round = null;
  }

  /** Waits for what nobody has waited for, and leaves nothing behind. */
  async finish(): Promise<void> {
    await this.#programs.finish();
    await this.rest();
  }

  /** Who may deal with a dirty work tree, in their order; null is the built-in handler. */
  dirtyHandlers(): readonly (DirtyPart | HookDeclaration | null)[] {
    const parts = this.plugins.flatMap((plugin) =>
      plugin.description.dirtyHandlers.map(({ name, priority }) => ({ plugin, name, priority }))
    ).toSorted((one, other) => one.priority - other.priority);
    const isBuiltInOff = this.#bare.config.plugins.disable.includes("default_dirty_handler");
    return [
      ...parts.filter(({ priority }) => priority < BUILT_IN_PRIORITY),
      ...this.#programs.at("dirty"),
      ...(isBuiltInOff ? [] : [null]),
      ...parts.filter(({ priority }) => priority >= BUILT_IN_PRIORITY),
    ];
  }

  /** Whether a plugin may have a round's changes committed. */
  get mayCommit(): boolean {
    return this.plugins.some(({ description }) => description.dirtyHandlers.length > 0);
  }

  /** Answers what a plugin asks for while `act` runs, one after the other; all is answered when this resolves. */
  async answering<T>(ask: (what: string) => Promise<unknown>, act: () => Promise<T>): Promise<T> {
    let last: Promise<unknown> = Promise.resolve();
    this.#asked = (what) => {
      const answer = last.then(() => ask(what));
      last = answer.catch(() => {});
      return answer;
    };
    try {
      return await act();
    } finally {
      this.#asked = NOBODY_AROUND.ask;
      await last;
    }
  }

  isOff(plugin: string): boolean {
    return Object.hasOwn(this.#bare.log.state.pluginsOff, plugin);
  }

  /** One event a round is enough to know of it; the rest is said. */
  failed(plugin: LoadedPlugin, { kind, name }: Where, fault: Fault): void {
    const { log, voice } = this.#bare;
    const what = `${kind}: ${fault.type === "Error" ? "" : `${fault.type}: `}${fault.message}`;
    if (this.#failed.has(plugin.name)) return voice.note(`plugin ${plugin.name} failed again, ${what}`);
    this.#failed.add(plugin.name);
    log.append({
      event: "hook_failed",
      hook_name: name,
      hook_kind: kind,
      error_type: fault.type,
      error_message: fault.message,
      traceback: shortened(fault.stack),
      plugin: plugin.name,
      round_num: this.#round,
    });
    const failures = log.state.pluginFailures[plugin.name]?.count ?? 0;
    if (failures >= FAILURES_MAX) log.append({ event: "plugin_off", plugin: plugin.name, reason: what });
  }

  emit(kind: string, fields: Readonly<Record<string, unknown>>): void {
    this.#bare.log.appendForeign(kind, fields);
  }

  async ask(what: string): Promise<unknown> {
    return await this.#asked(what);
  }

  started(started: PluginProcess): void {
    bestEffort(() => writeHookRecord(this.#bare.host, this.#bare.layout, started));
  }

  ended({ id }: PluginProcess): void {
    removeHookRecord(this.#bare.host, this.#bare.layout, id);
  }

  #having(member: LoadedPlugin["description"]["functions"][number]): readonly LoadedPlugin[] {
    return this.plugins.filter(({ description }) => description.functions.includes(member));
  }

  async #detect(): Promise<void> {
    const asked = this.plugins.filter(({ description }) => description.detectors.length > 0);
    if (asked.length === 0) return;
    const state = await this.#stateView();
    for (const plugin of asked) {
      const answers = await plugin.callParts("detector", { op: "detect", state });
      this.#alerts.tell(this.#bare.log, plugin.description.detectors, answers);
    }
  }

  #startupFailed(hook: string, { type, message, stack }: Fault): void {
    const { log, voice } = this.#bare;
    const trace = stack === "" ? "" : `\n${shortened(stack)}`;
    voice.note(`serve_startup_hook ${hook} failed: ${type}: ${message}${trace}`);
    log.append({ event: "serve_startup_hook_failed", hook, exc_type: type, exc_msg: message });
  }
}

/** One dirty handler of a plugin. */
export interface DirtyPart {
  readonly plugin: LoadedPlugin;
  readonly name: string;
}

/** The two ends of a long text. */
function shortened(text: string): string {
  return text.length <= 2 * TRACE_KEPT
    ? text
    : `${text.slice(0, TRACE_KEPT)}\n... [truncated] ...\n${text.slice(-TRACE_KEPT)}`;
}
