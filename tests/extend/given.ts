/**
 * Plugins on the real machine: from a text to something that can be called, with everything that it does kept.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Config } from "../../lib/core/config.ts";
import type { Json } from "../../lib/core/plugin.ts";
import type { Call, Fault } from "../../lib/extend/guest.ts";
import type { HookKind, LoadedPlugin, Surroundings, Where } from "../../lib/extend/loaded_plugin.ts";
import type { PluginProcess } from "../../lib/extend/plugin_process.ts";
import { loadPlugins } from "../../lib/extend/load_plugins.ts";
import type { Clock } from "../../lib/host.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { accepted } from "../core/config_samples.ts";

type Table = Readonly<Record<string, unknown>>;

/** What the plugins of a test did. */
export class Witness implements Surroundings {
  readonly faults: { readonly plugin: string; readonly where: Where; readonly fault: Fault }[] = [];
  readonly emitted: { readonly kind: string; readonly fields: Table }[] = [];
  readonly asked: string[] = [];
  readonly started_: PluginProcess[] = [];
  readonly ended_: PluginProcess[] = [];
  /** How often something has begun to wait: what watches a process does before each look. */
  waits = 0;
  answer: (what: string) => Promise<unknown> = () => Promise.reject(new Error("nobody answers"));

  isOff(): boolean {
    return false;
  }

  failed({ name: plugin }: LoadedPlugin, where: Where, fault: Fault): void {
    this.faults.push({ plugin, where, fault });
  }

  emit(kind: string, fields: Table): void {
    this.emitted.push({ kind, fields });
  }

  async ask(what: string): Promise<unknown> {
    this.asked.push(what);
    return await this.answer(what);
  }

  started(started: PluginProcess): void {
    this.started_.push(started);
  }

  ended(ended: PluginProcess): void {
    this.ended_.push(ended);
  }

  /** Types of the faults so far. */
  get types(): readonly string[] {
    return this.faults.map(({ fault }) => fault.type);
  }
}

/** A folder with files in it; removed at the end of the block. */
export class Folder implements Disposable {
  readonly path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "plugins-of-a-test-" }));

  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    for (const [name, content] of Object.entries(files)) this.put(name, content);
  }

  put(name: string, content: string | Uint8Array): string {
    const path = `${this.path}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeFileSync(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return path;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** The configuration in that folder with these `[plugins]`. */
export function configIn(folder: Folder, plugins: Table): Config {
  const { path } = folder;
  const raw = {
    agent: { command: ["agent"], prompt_arg_template: ["{prompt}"] },
    runtime: { work_dir: ".", log_dir: "logs" },
    prompt: { file: "prompt.md" },
    plugins,
  };
  return accepted(raw, { configPath: `${path}/agent-runner.toml`, configDir: path, home: path }).config;
}

/** Loads `[[plugins.load]]`; what is wrong with it, in one line a problem, where it cannot be. */
export async function load(
  folder: Folder,
  declarations: readonly Table[],
  plugins: Table = {},
  witness = new Witness(),
): Promise<readonly LoadedPlugin[] | readonly string[]> {
  const config = configIn(folder, { ...plugins, load: declarations });
  const host = systemHost();
  const sleep: Clock["sleep"] = (ms, signal) => {
    witness.waits++;
    return host.clock.sleep(ms, signal);
  };
  const watched = { ...host, clock: { ...host.clock, sleep } };
  const loaded = await loadPlugins(watched, config, `${folder.path}/logs/plugins`, () => witness);
  return loaded.kind === "plugins" ? loaded.plugins : loaded.problems.map(({ text }) => text);
}

/** Why these cannot be loaded. */
export async function refusal(
  folder: Folder,
  declarations: readonly Table[],
  plugins: Table = {},
): Promise<string> {
  const loaded = await load(folder, declarations, plugins);
  const problems = loaded.map((one) => typeof one === "string" ? one : `(${one.name} was loaded)`);
  return problems.join("\n");
}

/** One plugin, loaded. */
export class Given implements AsyncDisposable {
  readonly witness: Witness;
  readonly plugin: LoadedPlugin;

  private constructor(witness: Witness, plugin: LoadedPlugin) {
    this.witness = witness;
    this.plugin = plugin;
  }

  /** @param declaration whatever is not its default */
  static async of(folder: Folder, declaration: Table, witness = new Witness()): Promise<Given> {
    const [plugin] = await load(folder, [declaration], {}, witness);
    assert.ok(typeof plugin === "object", String(plugin));
    return new Given(witness, plugin);
  }

  /** The answer, null where there was none. */
  async call(kind: HookKind, call: Call): Promise<unknown> {
    const called = await this.plugin.call({ kind, name: this.plugin.name }, call);
    return called === null ? null : called.value;
  }

  async preRound(context: Json = CONTEXT): Promise<unknown> {
    return await this.call("pre_round", { op: "preRound", context });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.plugin.rest();
  }
}

/** Enough of a round for hooks that look at nothing else. */
export const CONTEXT = { round_num: 1, work_dir: "/", log_dir: "/", project: "p", dry_run: false };

/** Text of a plugin called `name` with these members, which are source text. */
export function source(name: string, members = "", before = ""): string {
  return `${before}\nexport default { apiVersion: 1, name: "${name}", ${members} };\n`;
}
