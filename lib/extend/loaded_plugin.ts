import type { PluginDeclaration } from "../core/config.ts";
import type { DirtyOutcome, Json } from "../core/plugin.ts";
import type { Host } from "../host.ts";
import { FileError } from "../core/file_error.ts";
import { type Description, readDescription } from "./description.ts";
import { loadFault, readableFault } from "./faults.ts";
import { readOutcome } from "./findings.ts";
import { type Call, type Fault, FIELDS_MAX } from "./guest.ts";
import { readParts } from "./parts.ts";
import { type ProcessListener, talkWithOwnProcess } from "./plugin_process.ts";
import { type Talk, talkInProcess } from "./talk.ts";

/** Which of a plugin's functions is meant. */
export type HookKind =
  | "load"
  | "reader"
  | "serve_startup"
  | "pre_round"
  | "context_enricher"
  | "dirty_handler"
  | "post_round"
  | "detector";

export interface Where {
  readonly kind: HookKind;
  /** The part's own name, else the plugin's. */
  readonly name: string;
}

/** The program around the plugins: whoever writes the log. */
export interface Surroundings extends ProcessListener {
  /** The plugin has failed too often. */
  isOff(plugin: string): boolean;
  /** Something of it went wrong; whoever called it goes on without. */
  failed(plugin: LoadedPlugin, where: Where, fault: Fault): void;
  /** It wants an event of one of its own kinds written. */
  emit(kind: string, fields: Readonly<Record<string, unknown>>): void;
  /** `stash` or `autoCommit`, asked by a dirty handler while it is called. */
  ask(what: string): Promise<unknown>;
}

/** How a plugin is run. */
export interface Recipe {
  readonly declaration: PluginDeclaration;
  /** What is imported: `data:` for a text, `file:` or `npm:` with full trust. */
  readonly url: string;
  /** Hash of its text, null for an npm package. */
  readonly sha256: string | null;
  /** `declaration.permissions` with absolute paths. */
  readonly allow: { readonly [Kind in "read" | "write" | "net" | "env" | "run"]: readonly string[] };
  /** Its configuration, once its name is known. */
  readonly configOf: (name: string) => Json;
  readonly limitMs: number;
}

/** A plugin from outside. Its process lives from the first call to the next `rest`. */
export class LoadedPlugin {
  readonly recipe: Recipe;
  readonly #host: Host;
  readonly #around: () => Surroundings;
  #description: Description | null = null;
  #names: readonly string[] = [];
  #talk: Talk | null = null;
  /** It has ended, or cannot be spoken to: no more calls until the next `rest`. */
  #isOut = false;
  #limitMs: number;

  /** @param around asked at each use, as the log comes later than the plugins */
  constructor(host: Host, recipe: Recipe, around: () => Surroundings) {
    this.#host = host;
    this.recipe = recipe;
    this.#around = around;
    this.#limitMs = recipe.limitMs;
  }

  /** What is called of it; empty before `load`, and of what is disabled. */
  get description(): Description {
    return this.#description ?? NOTHING;
  }

  get name(): string {
    return this.description.name;
  }

  /** Loads it for the first time. Null when all is well, else why it cannot be used. */
  async load(): Promise<Fault | null> {
    const started = await this.#start();
    await this.rest();
    if (started.kind === "fault") return readableFault(started.fault, this.recipe.declaration.source);
    const { name, eventKinds, contextEnrichers, dirtyHandlers, detectors } = started.description;
    this.#description = started.description;
    this.#names = [
      name,
      ...eventKinds,
      ...contextEnrichers,
      ...[...dirtyHandlers, ...detectors].map((part) => part.name),
    ];
    return null;
  }

  /** All that can be disabled by name, the plugin itself first. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** Leaves out what is disabled by its name. */
  disable(names: readonly string[]): void {
    const all = this.description;
    const isOn = (name: string) => !names.includes(name);
    this.#description = isOn(all.name)
      ? {
        ...all,
        eventKinds: all.eventKinds.filter(isOn),
        contextEnrichers: all.contextEnrichers.filter(isOn),
        dirtyHandlers: all.dirtyHandlers.filter(({ name }) => isOn(name)),
        detectors: all.detectors.filter(({ name }) => isOn(name)),
      }
      : { ...NOTHING, name: all.name };
  }

  /** Calls it. Null where it failed, which has been said, or is not to be called. */
  async call(where: Where, call: Call): Promise<{ readonly value: unknown } | null> {
    if (this.#isOut || this.#around().isOff(this.name)) return null;
    const talk = this.#talk ?? await this.#startAgain();
    if (talk === null) return null;
    const called = await talk.call(call, this.#limitMs);
    if (called.kind === "value") return called;
    if (called.end) await this.#leave();
    this.fail(where, called.fault);
    return null;
  }

  /** The answers of a call that goes to several of its parts, by their names; each failed part is told. */
  async callParts(
    kind: "context_enricher" | "detector",
    call: Call,
  ): Promise<Readonly<Record<string, unknown>>> {
    const called = await this.call({ kind, name: this.name }, call);
    if (called === null) return {};
    const { contextEnrichers, detectors } = this.description;
    const names = kind === "detector" ? detectors.map(({ name }) => name) : contextEnrichers;
    const { values, faults } = readParts(called.value, names);
    for (const { name, ...fault } of faults) this.fail({ kind, name }, fault);
    return values;
  }

  /** Asks one of its dirty handlers; null passes. */
  async handleDirty(name: string, context: Json, files: readonly string[]): Promise<DirtyOutcome | null> {
    const where: Where = { kind: "dirty_handler", name };
    const called = await this.call(where, { op: "dirty", name, context, files });
    const outcome = called === null ? null : readOutcome(called.value);
    if (typeof outcome !== "string") return outcome;
    this.fail(where, { type: "TypeError", message: outcome, stack: "" });
    return null;
  }

  /** Something that it returned is not what it should be; that is the same as a failed call. */
  fail(where: Where, fault: Fault): void {
    this.#around().failed(this, where, readableFault(fault, this.recipe.declaration.source));
  }

  /** There is no time left: what it does now, and whatever comes, may take no longer than this (ms). */
  hurry(limitMs: number): void {
    this.#limitMs = Math.min(this.#limitMs, limitMs);
    this.#talk?.hurry(limitMs);
  }

  /** Ends its process; the next call starts a new one. */
  async rest(): Promise<void> {
    await this.#leave();
    this.#isOut = false;
  }

  async #startAgain(): Promise<Talk | null> {
    const started = await this.#start();
    if (started.kind === "talk") return started.talk;
    await this.#leave();
    this.fail({ kind: "load", name: this.name }, started.fault);
    return null;
  }

  async #start(): Promise<Started> {
    const { url, configOf, declaration } = this.recipe;
    const limitMs = this.#limitMs;
    const mayEmit = declaration.permissions.emit;
    try {
      const talk = declaration.trust === "full"
        ? talkInProcess(this.#host, this.#outlet())
        : await talkWithOwnProcess(this.#host, this.recipe.allow, this.#outlet(), this.#around());
      this.#talk = talk;
      const loaded = await talk.call({ op: "load", url, mayEmit }, limitMs);
      if (loaded.kind === "fault") return { kind: "fault", fault: loadFault(loaded.fault) };
      const description = readDescription(loaded.value);
      if (typeof description === "string") return faulty(description);
      const configured = await talk.call({ op: "configure", config: configOf(description.name) }, limitMs);
      if (configured.kind === "value") return { kind: "talk", talk, description };
      const { fault } = configured;
      return { kind: "fault", fault: { ...fault, message: `its configuration: ${fault.message}` } };
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return faulty(error.message);
    }
  }

  async #leave(): Promise<void> {
    this.#isOut = true;
    const talk = this.#talk;
    this.#talk = null;
    await talk?.end();
  }

  #outlet() {
    return {
      emit: (kind: string, fields: unknown) => {
        const isFields = typeof fields === "object" && fields !== null && !Array.isArray(fields);
        const isAllowed = this.recipe.declaration.permissions.emit &&
          this.description.eventKinds.includes(kind);
        // The plugin's own side has refused what is not allowed; this is for one that got around it.
        if (!isAllowed || !isFields || JSON.stringify(fields).length > FIELDS_MAX) return;
        this.#around().emit(kind, fields as Readonly<Record<string, unknown>>);
      },
      ask: (what: string) => this.#around().ask(what),
    };
  }
}

type Started =
  | { readonly kind: "talk"; readonly talk: Talk; readonly description: Description }
  | { readonly kind: "fault"; readonly fault: Fault };

function faulty(message: string): Started {
  return { kind: "fault", fault: { type: "Error", message, stack: "" } };
}

const NOTHING: Description = {
  name: "",
  agents: [],
  interest: [],
  eventKinds: [],
  ownedPaths: [],
  wants: { read: [], write: [], net: [], env: [], run: [], emit: false },
  functions: [],
  contextEnrichers: [],
  dirtyHandlers: [],
  detectors: [],
};
