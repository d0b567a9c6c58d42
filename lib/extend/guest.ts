/**
 * The side of a plugin: imports it, describes it, calls it. The same code runs beside a plugin in a process of its own, to
 * which it is handed as text, and in this program. So it imports nothing but types, and trusts nothing but itself.
 *
 * @module
 */
import type {
  ConfigSchema,
  DirtyHandler,
  Ending,
  Finding,
  HookContext,
  Json,
  Plugin,
  Reader,
  RoundResult,
} from "../core/plugin.ts";

/** What a plugin may want of the program while it is called. */
export interface Outlet {
  emit(kind: string, fields: unknown): void;
  /** `stash` or `autoCommit`; resolves to a `DirtyOutcome`. */
  ask(what: string): Promise<unknown>;
}

/** A call and its arguments, as plain JSON. */
export type Call =
  | { readonly op: "load"; readonly url: string; readonly mayEmit: boolean }
  | { readonly op: "configure"; readonly config: Json }
  | { readonly op: "open"; readonly context: Json }
  | { readonly op: "lines"; readonly texts: readonly string[] }
  | { readonly op: "end"; readonly ending: Ending }
  | { readonly op: "ownWords"; readonly texts: readonly string[] }
  | { readonly op: "serveStartup" | "preRound" | "enrich"; readonly context: Json }
  | { readonly op: "dirty"; readonly name: string; readonly context: Json; readonly files: readonly string[] }
  | { readonly op: "postRound"; readonly context: Json; readonly result: Json }
  | { readonly op: "detect"; readonly state: Json };

/** An error as data. */
export interface Fault {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
}

/** One part of a call that failed by itself. */
export interface PartFault extends Fault {
  readonly name: string;
}

/** One plugin, once it is loaded. */
export class Guest {
  readonly #outlet: Outlet;
  #plugin: Plugin | null = null;
  #config: Json = {};
  #mayEmit = false;
  /** Events in this call. */
  #emits = 0;
  #reader: Reader | null = null;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** Rejects with whatever the plugin throws. */
  async call(call: Call): Promise<unknown> {
    if (call.op === "load") return await this.#load(call);
    const plugin = this.#plugin;
    if (plugin === null) throw new Error("no plugin is loaded");
    this.#emits = 0;
    switch (call.op) {
      case "configure":
        this.#config = await checkedConfig(plugin.configSchema, call.config);
        return null;
      case "open":
        this.#reader = plugin.reader?.({ ...(call.context as object), config: this.#config } as never) ??
          null;
        return null;
      case "lines":
        return this.#lines(call.texts);
      case "end":
        return this.#reader?.end?.(call.ending) ?? [];
      case "ownWords":
        return call.texts.map((text) => plugin.ownWords === undefined ? text : plugin.ownWords(text));
      case "serveStartup":
        return await plugin.serveStartup?.(this.#context(call.context) as never);
      case "preRound":
        return await plugin.preRound?.(this.#context(call.context));
      case "enrich":
        return await eachPart(plugin.contextEnrichers ?? {}, (enrich) => enrich(this.#context(call.context)));
      case "dirty":
        return await this.#dirty(plugin.dirtyHandlers?.[call.name], call.context, call.files);
      case "postRound":
        return await plugin.postRound?.(this.#context(call.context), call.result as unknown as RoundResult);
      case "detect":
        return await eachPart(plugin.detectors ?? {}, (detector) => detector.detect(call.state));
    }
  }

  async #load({ url, mayEmit }: Extract<Call, { readonly op: "load" }>): Promise<unknown> {
    const { default: plugin } = await import(url);
    if (typeof plugin !== "object" || plugin === null) {
      throw new TypeError(
        "it has no default export that is an object; write: export default { … } satisfies Plugin",
      );
    }
    this.#plugin = plugin as Plugin;
    this.#mayEmit = mayEmit;
    return describe(this.#plugin);
  }

  #lines(texts: readonly string[]): readonly Finding[] {
    const reader = this.#reader;
    if (reader === null) return [];
    const found: Finding[] = [];
    for (const text of texts) {
      for (const finding of reader.line(text)) found.push(finding);
    }
    return found;
  }

  async #dirty(handler: DirtyHandler | undefined, context: Json, files: readonly string[]): Promise<unknown> {
    const helped = {
      ...this.#context(context),
      stash: () => this.#outlet.ask("stash"),
      autoCommit: () => this.#outlet.ask("autoCommit"),
    };
    return await handler?.handle(helped as never, files) ?? null;
  }

  #context(context: Json): HookContext {
    const emit = (kind: string, fields: unknown = {}) => this.#emit(kind, fields);
    return { ...(context as object), config: this.#config, emit } as unknown as HookContext;
  }

  #emit(kind: string, fields: unknown): void {
    if (!this.#mayEmit) throw new Error("may not write events; permissions = { emit = true } would allow it");
    if (this.#plugin?.eventKinds?.includes(kind) !== true) {
      throw new Error(`unknown event kind ${JSON.stringify(kind)}; name it in eventKinds`);
    }
    if (++this.#emits > EMITS_MAX) throw new RangeError(`more than ${EMITS_MAX} events in one call`);
    const { length } = JSON.stringify(fields);
    if (length > FIELDS_MAX) {
      throw new RangeError(`the fields take ${length} characters, at most ${FIELDS_MAX}`);
    }
    this.#outlet.emit(kind, fields);
  }
}

/** Events that one call may write. */
export const EMITS_MAX = 100;

/** Characters of JSON that the fields of one event may take. */
export const FIELDS_MAX = 16 * 1024;

/** What a plugin is, as plain JSON; checked by the program. */
function describe(plugin: Plugin): unknown {
  const { apiVersion, name, agents = [], interest = [], eventKinds = [], ownedPaths = [], wants = {} } =
    plugin;
  const handlers = Object.entries(plugin.dirtyHandlers ?? {});
  const detectors = Object.entries(plugin.detectors ?? {});
  return {
    apiVersion,
    name,
    agents,
    interest,
    eventKinds,
    ownedPaths,
    wants,
    functions: ["reader", "ownWords", "serveStartup", "preRound", "postRound"].filter((member) =>
      typeof (plugin as unknown as Record<string, unknown>)[member] === "function"
    ),
    contextEnrichers: Object.keys(plugin.contextEnrichers ?? {}),
    dirtyHandlers: handlers.map(([name, { priority = 0 }]) => ({ name, priority })),
    detectors: detectors.map(([name, { severity, auto_action = "none" }]) => ({
      name,
      severity,
      auto_action,
    })),
  };
}

async function checkedConfig(schema: ConfigSchema | undefined, raw: Json): Promise<Json> {
  if (schema === undefined) return raw;
  if (typeof schema === "function") return await schema(raw);
  const result = await schema["~standard"].validate(raw) as {
    readonly value?: Json;
    readonly issues?: readonly { readonly message: string; readonly path?: readonly unknown[] }[];
  };
  if (result.issues === undefined) return result.value ?? null;
  throw new Error(result.issues.map(issueText).join("; "));
}

function issueText(
  { message, path = [] }: { readonly message: string; readonly path?: readonly unknown[] },
): string {
  const keys = path.map((part) =>
    typeof part === "object" && part !== null && "key" in part ? part.key : part
  );
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}

/** Every part is called, whatever becomes of the others. */
async function eachPart<Part>(
  parts: Readonly<Record<string, Part>>,
  call: (part: Part) => unknown,
): Promise<{ readonly values: Readonly<Record<string, unknown>>; readonly faults: readonly PartFault[] }> {
  const values: Record<string, unknown> = {};
  const faults: PartFault[] = [];
  for (const [name, part] of Object.entries(parts)) {
    try {
      const value = await call(part);
      // What JSON cannot hold fails here, as this part's own fault.
      const text = JSON.stringify(value ?? null);
      if (text.length > PART_MAX) {
        throw new RangeError(`its value takes ${text.length} characters, at most ${PART_MAX}`);
      }
      const plain: Json = JSON.parse(text);
      if (isDeep(plain)) throw new RangeError("its value is nested too deeply");
      values[name] = plain;
    } catch (error) {
      faults.push({ name, ...faultOf(error) });
    }
  }
  return { values, faults };
}

/** Characters of JSON that one enricher or detector may answer with. */
export const PART_MAX = 64 * 1024;

/** Whether lists and tables are in one another more than so many times. */
function isDeep(value: Json, left = 32): boolean {
  if (typeof value !== "object" || value === null) return false;
  return left === 0 || Object.values(value).some((member) => isDeep(member, left - 1));
}

/** Whatever was thrown, as data. */
export function faultOf(error: unknown): Fault {
  try {
    return ownFaultOf(error);
  } catch {
    // Something that throws when it is looked at.
    return { type: "Error", message: "something was thrown that cannot be looked at", stack: "" };
  }
}

function ownFaultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return { type: "Error", message: String(error), stack: "" };
  // Only the plugin's own frames; ours end with the end of this module's address, however it was shortened.
  const frames = (error.stack ?? "").split("\n").filter((frame) => !frame.includes(`${OWN_END}:`));
  return { type: String(error.name), message: String(error.message), stack: frames.join("\n") };
}

const OWN_END = import.meta.url.slice(-20);

interface Answer {
  readonly answer: number;
  readonly value?: unknown;
  readonly fault?: Fault;
}

/**
 * A guest that is spoken to in lines of JSON: `{id, …call}` is answered by `{id, value}` or `{id, fault}`. In between it
 * may write `{emit, fields}`, and `{ask, what}`, which gets `{answer, value}` or `{answer, fault}`.
 */
export function open(write: (line: string) => void): (line: string) => void {
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  const guest = new Guest({
    emit: (kind, fields) => write(JSON.stringify({ emit: kind, fields })),
    ask: (what) => {
      const id = asked.size + 1;
      const waiting = Promise.withResolvers<unknown>();
      asked.set(id, waiting);
      write(JSON.stringify({ ask: id, what }));
      return waiting.promise;
    },
  });
  return (line) => {
    const message = JSON.parse(line) as Answer | (Call & { readonly id: number });
    if ("answer" in message) {
      const waiting = asked.get(message.answer);
      if (message.fault === undefined) waiting?.resolve(message.value);
      else waiting?.reject(Object.assign(new Error(message.fault.message), { name: message.fault.type }));
      return;
    }
    const { id } = message;
    guest.call(message).then(
      (value) => write(JSON.stringify({ id, value: value ?? null })),
    ).catch((error) => write(JSON.stringify({ id, fault: faultOf(error) })));
  };
}
