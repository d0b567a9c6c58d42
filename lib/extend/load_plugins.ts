/**
 * From the declarations in the configuration to plugins that can be called, or to all that is wrong with them.
 *
 * @module
 */
import { dirOf } from "../core/path_parts.ts";
import { oneLine } from "../core/cells.ts";
import type { Config, PluginDeclaration } from "../core/config.ts";
import { isTable } from "../core/config_kinds.ts";
import type { Json } from "../core/plugin.ts";
import type { Problem } from "../core/problem.ts";
import type { Host } from "../host.ts";
import type { Fault } from "./guest.ts";
import { LoadedPlugin, type Recipe, type Surroundings } from "./loaded_plugin.ts";
import { type Got, readPluginFile, readPluginUrl, type Source, sourceOf, type Text } from "./source.ts";

/** What of the configuration a plugin is loaded with; paths are relative to the folder of `configPath`. */
export interface PluginSettings {
  readonly configPath: string;
  readonly plugins: Pick<Config["plugins"], "raw" | "hook_timeout_s">;
}

/** Gets the text behind a source. */
export type ReadText = (
  source: Exclude<Source, { readonly kind: "npm" }>,
  sha256: string | null,
) => Promise<Got<Text>>;

export type LoadedPlugins =
  | { readonly kind: "plugins"; readonly plugins: readonly LoadedPlugin[] }
  | { readonly kind: "bad"; readonly problems: readonly Problem[] };

/** @param cache folder of the texts that were fetched */
export async function loadPlugins(
  host: Host,
  config: Config,
  cache: string,
  around: () => Surroundings,
): Promise<LoadedPlugins> {
  const { load, disable } = config.plugins;
  const wanted = load.map((declaration, index) => ({ declaration, where: `plugins.load[${index}]` }))
    .filter(({ declaration }) => !disable.includes(declaration.source));
  const results = await Promise.all(
    wanted.map(({ declaration }) => loadPlugin(host, config, declaration, readTexts(host, cache), around)),
  );
  const problems: Problem[] = [];
  const plugins: LoadedPlugin[] = [];
  const places: string[] = [];
  for (const [index, result] of results.entries()) {
    const { where, declaration } = wanted[index]!;
    if (result.kind === "ok") {
      plugins.push(result.value);
      places.push(where);
    } else problems.push({ where, text: `${declaration.source}: ${result.why}`, line: null });
  }
  for (const [index, plugin] of plugins.entries()) {
    const where = places[index]!;
    problems.push(
      ...clashes(plugin, plugins.slice(0, index)).map((text) => ({ where, text, line: null })),
    );
  }
  if (problems.length > 0) return { kind: "bad", problems };
  for (const plugin of plugins) plugin.disable(disable);
  return { kind: "plugins", plugins };
}

/**
 * Reads files, and addresses by way of the kept texts.
 * @param cache folder of the texts that were fetched
 */
export function readTexts(host: Host, cache: string): ReadText {
  return (source, sha256) =>
    source.kind === "file"
      ? readPluginFile(host, source.path)
      : readPluginUrl(host, source.url, sha256, cache);
}

/** Loads one plugin far enough to know what it is, and lets it rest. */
export async function loadPlugin(
  host: Host,
  settings: PluginSettings,
  declaration: PluginDeclaration,
  read: ReadText,
  around: () => Surroundings,
): Promise<Got<LoadedPlugin>> {
  const recipe = await recipeOf(host, settings, declaration, read);
  if (recipe.kind === "bad") return recipe;
  const plugin = new LoadedPlugin(host, recipe.value, around);
  const fault = await plugin.load();
  if (fault === null) return { kind: "ok", value: plugin };
  const why = faultText(fault, declaration.source);
  return { kind: "bad", why: npmFault(why, declaration.source) ?? why };
}

/** What went wrong in a plugin, with the place in its source where that is known, and harmless to a terminal. */
export function faultText({ type, message, stack }: Fault, source: string): string {
  const text = type === "Error" ? message : `${type}: ${message}`;
  const place = placeIn(stack, source);
  const placed = place === null || text.includes(place) ? text : `${text} at ${place}`;
  return placed.split("\n").map(oneLine).join("\n");
}

/** In the plugin itself, else in a file that it imports. */
function placeIn(stack: string, source: string): string | null {
  const from = stack.indexOf(`${source}:`);
  const place = from < 0 ? undefined : /^:\d+:\d+/.exec(stack.slice(from + source.length))?.[0];
  if (place !== undefined) return source + place;
  return /^\s*at (?:.*\()?file:\/\/(\/\S+?:\d+:\d+)/m.exec(stack)?.[1] ?? null;
}

/** What to do when the runtime will not load a package, null where something else is wrong. */
function npmFault(why: string, source: string): string | null {
  if (!source.startsWith("npm:")) return null;
  if (/\blockfile is out of date\b/.test(why)) {
    return "this program runs from its sources, whose frozen lock file knows no other packages; " +
      "start it with deno run -A --no-lock main.ts, or use the single file";
  }
  if (/--cached-only/.test(why)) {
    return `is not in the runtime's cache; agent-runner plugin update ${source} fetches it`;
  }
  return null;
}

async function recipeOf(
  host: Host,
  settings: PluginSettings,
  declaration: PluginDeclaration,
  read: ReadText,
): Promise<Got<Recipe>> {
  const folder = dirOf(settings.configPath);
  const { trust, permissions, sha256 } = declaration;
  const source = sourceOf(declaration.source, folder, host.env.home);
  if (source.kind === "bad") return source;
  const allow = allowed(permissions, folder);
  if (allow.kind === "bad") return allow;
  const common = {
    declaration,
    allow: allow.value,
    configOf: (name: string) => ({ ...tableOf(settings, name), ...declaration.config }) as Json,
    limitMs: (declaration.timeout_s ?? settings.plugins.hook_timeout_s) * 1000,
  };
  if (source.value.kind === "npm") {
    if (trust !== "full") return { kind: "bad", why: 'an npm package runs with trust = "full" only' };
    if (sha256 !== null) {
      return { kind: "bad", why: "an npm package is known by its exact version; leave sha256 out" };
    }
    return { kind: "ok", value: { ...common, url: source.value.specifier, sha256: null } };
  }
  const text = await read(source.value, sha256);
  if (text.kind === "bad") return text;
  const refusal = checkHash(text.value, sha256, source.value.kind);
  if (refusal !== null) return { kind: "bad", why: refusal };
  const isFile = trust === "full" && source.value.kind === "file";
  const url = isFile && hasImports(text.value.text)
    ? `file://${encodeURI(source.value.path)}?sha256=${text.value.sha256}`
    : dataUrl(text.value.text, declaration.source);
  return { kind: "ok", value: { ...common, url, sha256: text.value.sha256 } };
}

function checkHash({ sha256 }: Text, wanted: string | null, kind: "file" | "url"): string | null {
  if (wanted === null) {
    return kind === "file"
      ? null
      : `needs the hash of what was reviewed. It serves this now; read it, then add the line: sha256 = "${sha256}"`;
  }
  return wanted === sha256
    ? null
    : `is not what was reviewed: sha256 is ${sha256}, the configuration says ${wanted}`;
}

/** Whether it may need its own folder: a text that stands alone is imported as it was checked. */
export function hasImports(text: string): boolean {
  return /\b(from|import)\s*\(?\s*["']\.{0,2}\//.test(text);
}

function dataUrl(text: string, source: string): string {
  const type = /\.m?js$/.test(source) ? "javascript" : "typescript";
  return `data:application/${type};charset=utf-8;base64,${new TextEncoder().encode(text).toBase64()}`;
}

function allowed(permissions: PluginDeclaration["permissions"], folder: string): Got<Recipe["allow"]> {
  const { read, write, net, env, run } = permissions;
  const odd = [...read, ...write, ...net, ...env, ...run].find((word) =>
    word.includes(",") || word.trim() === ""
  );
  if (odd !== undefined) {
    return { kind: "bad", why: `permissions cannot name ${JSON.stringify(odd)}: no commas, not empty` };
  }
  const absolute = (path: string) => path.startsWith("/") ? path : `${folder}/${path.replace(/^\.\//, "")}`;
  const program = (word: string) => word.includes("/") ? absolute(word) : word;
  return {
    kind: "ok",
    value: { read: read.map(absolute), write: write.map(absolute), net, env, run: run.map(program) },
  };
}

/** Names and kinds that another plugin has already. */
function clashes(plugin: LoadedPlugin, earlier: readonly LoadedPlugin[]): readonly string[] {
  const source = plugin.recipe.declaration.source;
  return earlier.flatMap((other) => {
    const its = other.recipe.declaration.source;
    if (plugin.name === other.name) return [`two plugins are called ${plugin.name}: ${its} and ${source}`];
    const kinds = plugin.description.eventKinds.filter((kind) => other.description.eventKinds.includes(kind));
    const enrichers = plugin.description.contextEnrichers.filter((name) =>
      other.description.contextEnrichers.includes(name)
    );
    return [
      ...kinds.map((kind) => `two plugins write the event kind ${kind}: ${its} and ${source}`),
      ...enrichers.map((name) => `two plugins have a context enricher ${name}: ${its} and ${source}`),
    ];
  });
}

function tableOf(settings: PluginSettings, name: string): Readonly<Record<string, unknown>> {
  const table = settings.plugins.raw[name];
  return isTable(table) ? table : {};
}
