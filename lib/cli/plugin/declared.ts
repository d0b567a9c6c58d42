import { dirOf } from "../../core/path_parts.ts";
import type { PluginDeclaration } from "../../core/config.ts";
import { EXIT } from "../../core/exit_code.ts";
import { type Failure, failure } from "../../core/problem.ts";
import { didYouMean } from "../../core/suggest.ts";
import { loadPlugin, type PluginSettings, readTexts } from "../../extend/load_plugins.ts";
import type { LoadedPlugin } from "../../extend/loaded_plugin.ts";
import { NOBODY_AROUND } from "../../extend/plugin_set.ts";
import { type Got, sourceOf } from "../../extend/source.ts";
import type { Host } from "../../host.ts";
import { layoutOf } from "../../store/layout.ts";
import type { GlobalFlags } from "../context.ts";
import { configPathOf, loadConfig, type LoadedConfig, readConfig } from "../load_config.ts";
import { bareDeclaration, isSame } from "./inspect.ts";

/** A plugin of the configuration, the `index`-th in its list. */
export interface Declared {
  readonly kind: "declared";
  readonly index: number;
  readonly declaration: PluginDeclaration;
}

/** How to load a source that may or may not be declared. */
interface ForTest {
  readonly kind: "for test";
  readonly settings: PluginSettings;
  readonly declaration: PluginDeclaration;
}

/** As it is declared, else with no permissions; a configuration need not be there. */
export async function declarationFor(
  host: Host,
  flags: GlobalFlags & { readonly trust?: PluginDeclaration["trust"] },
  source: string,
): Promise<ForTest | Failure> {
  const configPath = configPathOf(host, flags.config);
  if (flags.config === undefined && readConfig(host, configPath) === null) {
    const settings = { configPath, plugins: { raw: {}, hook_timeout_s: HOOK_TIMEOUT_S } };
    return { kind: "for test", settings, declaration: bareDeclaration(source, flags.trust ?? "sandbox") };
  }
  const loaded = await loadConfig(host, flags.config, EXIT.failed);
  if (loaded.kind === "failure") return loaded;
  const found = declaredAs(host, loaded, source);
  const declaration = found?.declaration ?? bareDeclaration(source, "sandbox");
  return {
    kind: "for test",
    settings: loaded.config,
    declaration: { ...declaration, trust: flags.trust ?? declaration.trust },
  };
}

/** The default of `plugins.hook_timeout_s`. */
const HOOK_TIMEOUT_S = 60;

/** The declaration of a source, however it is written; relative to the working folder. Null where it is not declared. */
export function declaredAs(host: Host, { config }: LoadedConfig, written: string): Declared | null {
  const wanted = sourceOf(written, host.env.cwd, host.env.home);
  const { load } = config.plugins;
  const index = load.findIndex(({ source }) => {
    const its = sourceOf(source, dirOf(config.configPath), host.env.home);
    return its.kind === "ok" && wanted.kind === "ok" && isSame(its.value, wanted.value);
  });
  const at = index < 0 ? load.findIndex(({ source }) => source === written) : index;
  return at < 0 ? null : { kind: "declared", index: at, declaration: load[at]! };
}

/** By its source or by its name. */
export async function findDeclared(
  host: Host,
  loaded: LoadedConfig,
  word: string,
): Promise<Declared | Failure> {
  const bySource = declaredAs(host, loaded, word);
  if (bySource !== null) return bySource;
  const { load } = loaded.config.plugins;
  const plugins = await Promise.all(load.map((declaration) => loadDeclared(host, loaded, declaration)));
  const names = plugins.map((plugin) => plugin.kind === "ok" ? plugin.value.name : null);
  const index = names.indexOf(word);
  if (index >= 0) return { kind: "declared", index, declaration: load[index]! };
  const known = [...names.flatMap((name) => name ?? []), ...load.map(({ source }) => source)];
  return failure(EXIT.failed, `No plugin ${JSON.stringify(word)} is declared${didYouMean(word, known)}`, {
    hint: "agent-runner plugin list",
  });
}

/** Loads a plugin of the configuration as serve would. */
export async function loadDeclared(
  host: Host,
  { config }: LoadedConfig,
  declaration: PluginDeclaration,
): Promise<Got<LoadedPlugin>> {
  const read = readTexts(host, layoutOf(config.runtime.log_dir).plugins);
  return await loadPlugin(host, config, declaration, read, () => NOBODY_AROUND);
}
