import { parseTOML } from "toml-eslint-parser";
import { dirOf } from "../../core/path_parts.ts";
import { EXIT } from "../../core/exit_code.ts";
import { type Failure, failure } from "../../core/problem.ts";
import { withString } from "../../core/toml_edit.ts";
import type { Text } from "../../extend/source.ts";
import { cachedText, cacheText } from "../../extend/text_cache.ts";
import type { Host } from "../../host.ts";
import { layoutOf } from "../../store/layout.ts";
import type { CliContext, VerbResult } from "../context.ts";
import type { PluginUpdateFlags } from "../flags.ts";
import { loadConfig, type LoadedConfig } from "../load_config.ts";
import { permissionWords } from "./about_text.ts";
import { type Declared, findDeclared } from "./declared.ts";
import { editConfig, hasPerson, isConfirmed } from "./edit_config.ts";
import { fetchPackage } from "./fetch_package.ts";
import { findPlugin, type Found, inspectPlugin, standsAlone } from "./inspect.ts";
import { lineChanges } from "./line_changes.ts";

/** `plugin update`: fetches a plugin anew, and declares the hash of what it is now. */
export async function pluginUpdate(
  { host, parts }: CliContext,
  flags: PluginUpdateFlags,
  word: string,
): Promise<VerbResult> {
  const loaded = await loadConfig(host, flags.config, EXIT.failed);
  if (loaded.kind === "failure") return loaded;
  const declared = await findDeclared(host, loaded, word);
  if (declared.kind === "failure") return declared;
  const { source, sha256: before } = declared.declaration;
  const found = await findPlugin(host, source, dirOf(loaded.config.configPath));
  if (found.kind === "bad") return failure(EXIT.failed, `Cannot update ${source}: ${found.why}`);
  const { text } = found.value;
  if (text === null) return await updatePackage(host, flags, source);
  const say = (outcome: string, line: string) =>
    host.terminal.out.write(
      flags.json ? `${JSON.stringify({ source, before, after: text.sha256, outcome }, null, 2)}\n` : line,
    );
  if (text.sha256 === before) {
    say("unchanged", `${source} is what is declared: sha256 ${before}\n`);
    return EXIT.done;
  }
  const news = await newsOf(host, loaded, declared, found.value);
  if (typeof news !== "string") return news;
  if (!flags.json) host.terminal.out.write(await changeText(host, loaded, declared, text) + news);
  const canAsk = !flags.json && hasPerson(host);
  if (!flags.yes && !(canAsk && await isConfirmed(host, "Declare the new hash?"))) {
    say("declined", `Nothing was written.${canAsk ? "" : " To declare it: --yes"}\n`);
    return EXIT.done;
  }
  const refusal = await write({ host, parts }, loaded, declared, text);
  if (refusal !== null) return refusal;
  say("updated", `Declared in ${loaded.config.configPath}.\n`);
  return EXIT.done;
}

/** What it asks for and is not granted, "" for nothing; the new text has to load. */
async function newsOf(
  host: Host,
  { config }: LoadedConfig,
  { declaration }: Declared,
  found: Found,
): Promise<string | Failure> {
  if (declaration.trust === "full" && !standsAlone(found)) return "";
  const plugin = await inspectPlugin(host, config, { ...declaration, trust: "sandbox" }, found);
  if (plugin.kind === "bad") {
    return failure(EXIT.failed, `Cannot update ${declaration.source}: ${plugin.why}`);
  }
  const granted = permissionWords(declaration.permissions);
  const missing = permissionWords(plugin.value.description.wants).filter((words) => !granted.includes(words));
  return missing.length === 0 ? "" : `It asks for more than it is granted: ${missing.join(", ")}\n`;
}

async function changeText(
  host: Host,
  { config }: LoadedConfig,
  { declaration: { source, sha256 } }: Declared,
  { text, sha256: after }: Text,
): Promise<string> {
  const old = sha256 === null
    ? null
    : await cachedText(host, layoutOf(config.runtime.log_dir).plugins, sha256);
  const lines = old === null ? "" : `  lines    ${lineChanges(old, text)}\n`;
  return `${source}\n  declared ${sha256 ?? "no sha256"}\n  now      ${after}\n${lines}`;
}

async function write(
  { host, parts }: Pick<CliContext, "host" | "parts">,
  loaded: LoadedConfig,
  { index }: Declared,
  text: Text,
): Promise<Failure | null> {
  cacheText(host, layoutOf(loaded.config.runtime.log_dir).plugins, text);
  const at = { list: "plugins.load", index, key: "sha256", after: "source" };
  return await editConfig(host, parts, loaded, (toml) => withString(parseTOML, toml, at, text.sha256));
}

async function updatePackage(host: Host, flags: PluginUpdateFlags, source: string): Promise<VerbResult> {
  const refusal = await fetchPackage(host, source);
  if (refusal !== null) return failure(EXIT.failed, `Cannot fetch ${source}: ${refusal}`);
  const document = { source, before: null, after: null, outcome: "fetched" };
  host.terminal.out.write(
    flags.json
      ? `${JSON.stringify(document, null, 2)}\n`
      : `${source} is in the runtime's cache. For another version, remove it and add that one.\n`,
  );
  return EXIT.done;
}
