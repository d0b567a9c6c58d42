/**
 * A changed configuration between two rounds: all of it is taken over, or nothing.
 *
 * @module
 */
import type { Config } from "../core/config.ts";
import { changedKeys } from "../core/config_changes.ts";
import type { OutputReader } from "../extend/output_reader.ts";
import type { PluginSet } from "../extend/plugin_set.ts";
import { loadedFacts } from "./hooks/loaded_facts.ts";
import type { Supervision } from "./supervision.ts";

/** What reading the file anew came to. */
export type Reread =
  /** Nobody has touched the file. */
  | { readonly kind: "untouched" }
  | {
    readonly kind: "config";
    /** With `work_dir` and `log_dir` as they were. */
    readonly config: Config;
    /** The reader that the new configuration asks for. */
    readonly reader: OutputReader | null;
    readonly plugins: PluginSet;
    /** What deserves a look, a sentence each. */
    readonly notes: readonly string[];
  }
  | {
    readonly kind: "bad";
    readonly reason: string;
    /** The same for the same content of the file, and no other. */
    readonly content: string;
  };

/** Reads the file again if it has been touched since the last time, or in any case. */
export type ReadAgain = (current: Config, always: boolean) => Promise<Reread>;

/** Takes changed configurations over. */
export class Reloader {
  readonly #readAgain: ReadAgain | null;
  /** The content that was refused last, null when the file is the configuration. */
  #refused: string | null = null;

  /** @param readAgain null where the first configuration holds for ever */
  constructor(readAgain: ReadAgain | null) {
    this.#readAgain = readAgain;
  }

  /**
   * The supervision to go on with: the same one where nothing has changed or the change is not valid.
   * @param asked somebody waits for an answer, and reading is not left to the file's looks
   */
  async next(supervision: Supervision, asked: boolean): Promise<Supervision> {
    if (this.#readAgain === null) return supervision;
    const read = await this.#readAgain(supervision.config, asked);
    switch (read.kind) {
      case "untouched":
        return supervision;
      case "bad":
        this.#refuse(supervision, read.reason, read.content, asked);
        return supervision;
      case "config":
        this.#refused = null;
        return await takeOver(supervision, read, asked);
    }
  }

  #refuse({ log, voice }: Supervision, reason: string, content: string, asked: boolean): void {
    const isNew = content !== this.#refused;
    this.#refused = content;
    if (isNew) log.append({ event: "config_rejected", reason });
    if (isNew || asked) voice.note(`the changed configuration is not taken over: ${reason}`);
  }
}

/** Changes whenever one of the plugins does. */
function textsOf({ plugins }: PluginSet): string {
  return JSON.stringify(plugins.map(({ name, recipe }) => [name, recipe.sha256]));
}

async function takeOver(
  supervision: Supervision,
  { config, reader, plugins, notes }: Extract<Reread, { readonly kind: "config" }>,
  asked: boolean,
): Promise<Supervision> {
  const { log, voice } = supervision;
  for (const note of notes) voice.note(note);
  const arePluginsNew = plugins !== supervision.hooks.set &&
    textsOf(plugins) !== textsOf(supervision.hooks.set);
  const changed = changedKeys(supervision.config, config);
  // A file may have changed that the configuration only names.
  if (arePluginsNew && !changed.some((key) => key.startsWith("plugins."))) changed.push("plugins.load");
  if (changed.length === 0) {
    if (asked) voice.note("the configuration was read anew: no key has changed");
    return supervision;
  }
  await supervision.hooks.reconfigure(config, plugins);
  const isAboutPlugins = changed.some((key) => key.startsWith("plugins."));
  log.append({
    event: "config_reloaded",
    changed,
    ...(isAboutPlugins ? { loaded: plugins.plugins.map(loadedFacts) } : {}),
  });
  return { ...supervision, config, reader };
}
