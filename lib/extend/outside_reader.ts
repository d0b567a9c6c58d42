import type { Finding, Json } from "../core/plugin.ts";
import { readFindings } from "./findings.ts";
import type { Call } from "./guest.ts";
import type { LoadedPlugin, Where } from "./loaded_plugin.ts";
import type { OpenReader, OutputReader, RoundToRead } from "./output_reader.ts";

/** The reader of a plugin from outside, null where it has none. */
export function outsideReader(plugin: LoadedPlugin): OutputReader | null {
  const { name, agents, interest, functions } = plugin.description;
  if (!functions.includes("reader")) return null;
  return {
    name,
    agents,
    interest,
    open: (context) => new OutsideReader(plugin, context),
    ownWords: (lines) => functions.includes("ownWords") ? ownWords(plugin, lines) : lines,
  };
}

/** What nobody can tell apart is not searched: it may be the model's own talk of networks. */
async function ownWords(plugin: LoadedPlugin, lines: readonly string[]): Promise<readonly (string | null)[]> {
  const where: Where = { kind: "reader", name: plugin.name };
  const words = await plugin.call(where, { op: "ownWords", texts: lines });
  return Array.isArray(words?.value) && words.value.length === lines.length
    ? words.value.map((word: unknown) => typeof word === "string" ? word : null)
    : lines.map(() => null);
}

/** Reads one round with a plugin from outside. After a failure it finds nothing more. */
class OutsideReader implements OpenReader {
  readonly blocksAtOnce = 8;
  readonly #plugin: LoadedPlugin;
  readonly #context: RoundToRead;
  #state: "new" | "open" | "failed" = "new";

  constructor(plugin: LoadedPlugin, context: RoundToRead) {
    this.#plugin = plugin;
    this.#context = context;
  }

  async lines(texts: readonly string[]): Promise<readonly Finding[]> {
    return texts.length === 0 ? [] : await this.#find({ op: "lines", texts });
  }

  async end(ending: Parameters<OpenReader["end"]>[0]): Promise<readonly Finding[]> {
    return await this.#find({ op: "end", ending });
  }

  async #find(call: Call): Promise<readonly Finding[]> {
    const where: Where = { kind: "reader", name: this.#plugin.name };
    if (this.#state === "new") {
      const opened = await this.#plugin.call(where, { op: "open", context: { ...this.#context } as Json });
      this.#state = opened === null ? "failed" : "open";
    }
    if (this.#state === "failed") return [];
    const called = await this.#plugin.call(where, call);
    const findings = called === null ? null : readFindings(called.value);
    if (typeof findings !== "string" && findings !== null) return findings;
    this.#state = "failed";
    if (findings !== null) this.#plugin.fail(where, { type: "TypeError", message: findings, stack: "" });
    return [];
  }
}
