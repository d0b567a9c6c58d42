/**
 * The plugins of a configuration: those that are part of this program, and those that it loads from outside.
 *
 * @module
 */
import { baseName } from "../core/path_parts.ts";
import type { Config } from "../core/config.ts";
import type { ExitCode } from "../core/exit_code.ts";
import { type Failure, failure, type Problem } from "../core/problem.ts";
import { chooseReader, type ReaderChoice } from "../extend/choose_reader.ts";
import { builtInReader, type OutputReader } from "../extend/output_reader.ts";
import { NOBODY_AROUND, noPlugins, type PluginSet } from "../extend/plugin_set.ts";
import type { Host } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";
import { removeHookRecord, writeHookRecord } from "../store/hook_records.ts";
import { type Layout, layoutOf } from "../store/layout.ts";
import type { Parts, ShippedPlugin } from "./context.ts";
import { parseToml, readConfig } from "./load_config.ts";

export interface Extensions {
  readonly kind: "extensions";
  readonly set: PluginSet;
  readonly choice: Exclude<ReaderChoice, { readonly kind: "unknown" }>;
  /** Null where none applies. */
  readonly reader: OutputReader | null;
  /** What deserves a look, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Loads what the configuration asks for. Without plugins from outside nothing of the plugin host is read.
 * @param loaded plugins that have not changed since they were
 */
export async function loadExtensions(
  host: Host,
  parts: Parts,
  config: Config,
  exitCode: ExitCode,
  loaded: PluginSet | null = null,
): Promise<Extensions | Failure> {
  const set = loaded ?? await loadSet(host, config, exitCode);
  if ("kind" in set) return set;
  const { plugins: shipped } = parts;
  const outside = set.plugins.length === 0 ? [] : await readersOf(set);
  const choice = chooseReader<OutputReader | ShippedPlugin>(outside, shipped, config);
  if (choice.kind === "unknown") {
    return failure(exitCode, `Cannot watch the agent: ${choice.text}`, { hint: `edit ${config.configPath}` });
  }
  const reader = choice.kind === "chosen" ? await opened(choice.reader) : null;
  return { kind: "extensions", set, choice, reader, notes: strayNames(config, set, shipped) };
}

async function opened(reader: OutputReader | ShippedPlugin): Promise<OutputReader | null> {
  return "load" in reader ? builtInReader(await reader.load()) : reader;
}

async function loadSet(host: Host, config: Config, exitCode: ExitCode): Promise<PluginSet | Failure> {
  const set: { plugins: PluginSet["plugins"]; around: PluginSet["around"] } = noPlugins();
  if (config.plugins.load.length === 0) return set;
  const { loadPlugins } = await import(
    "../extend/load_plugins.ts" as string
  ) as typeof import("../extend/load_plugins.ts");
  const layout = layoutOf(config.runtime.log_dir);
  set.around = recording(host, layout);
  const loaded = await loadPlugins(host, config, layout.plugins, () => set.around);
  if (loaded.kind === "bad") {
    const { length } = loaded.problems;
    return failure(exitCode, `Cannot load the plugins: ${length} problem${length === 1 ? "" : "s"}`, {
      problems: await placed(host, config, loaded.problems),
      hint: "agent-runner plugin verify",
    });
  }
  set.plugins = loaded.plugins;
  return set;
}

/** With lines where the file is still the one that was read. */
async function placed(
  host: Host,
  { configPath }: Config,
  problems: readonly Problem[],
): Promise<readonly Problem[]> {
  const text = readConfig(host, configPath);
  if (typeof text !== "string" || parseToml(text) instanceof Error) return problems;
  const { placeProblems } = await import(
    "./place_problems.ts" as string
  ) as typeof import("./place_problems.ts");
  return placeProblems(text, problems);
}

async function readersOf({ plugins }: PluginSet): Promise<readonly OutputReader[]> {
  const { outsideReader } = await import(
    "../extend/outside_reader.ts" as string
  ) as typeof import("../extend/outside_reader.ts");
  return plugins.flatMap((plugin) => outsideReader(plugin) ?? []);
}

/** A plugin that hangs while it is loaded is ended by the next supervisor, should this one be killed meanwhile. */
function recording(host: Host, layout: Layout): PluginSet["around"] {
  if (host.files.stat(layout.dir) === null) return NOBODY_AROUND;
  return {
    ...NOBODY_AROUND,
    started: (started) => void bestEffort(() => writeHookRecord(host, layout, started)),
    ended: ({ id }) => removeHookRecord(host, layout, id),
  };
}

/** Names of the Python version's own plugins, which an old list may hold. */
const PYTHON_NAMES = [
  "claude_error_detector",
  "gemini_error_detector",
  "codewhale_error_detector",
  "claude_rate_limit_detector",
  "default_dirty_handler",
];

function strayNames(
  { plugins, hooks }: Config,
  set: PluginSet,
  shipped: readonly ShippedPlugin[],
): readonly string[] {
  const known = new Set([
    ...PYTHON_NAMES,
    ...shipped.map(({ name }) => name),
    ...plugins.load.map(({ source }) => source),
    ...hooks.map(({ run: [program = ""] }) => baseName(program)),
    ...set.plugins.flatMap((plugin) => plugin.names),
  ]);
  return plugins.disable.filter((name) => !known.has(name)).map((name) =>
    `plugins.disable: nothing is called ${JSON.stringify(name)}`
  );
}
