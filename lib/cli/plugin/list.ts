import type { PluginDeclaration } from "../../core/config.ts";
import { EXIT } from "../../core/exit_code.ts";
import { isoOf } from "../../core/instant.ts";
import type { ProjectState } from "../../core/project_state.ts";
import type { Host } from "../../host.ts";
import { observe } from "../../observe/observed.ts";
import { oneLine } from "../../core/cells.ts";
import type { CliContext, GlobalFlags, VerbResult } from "../context.ts";
import { loadConfig, type LoadedConfig } from "../load_config.ts";
import { permissionWords } from "./about_text.ts";
import { loadDeclared } from "./declared.ts";

interface Item extends Pick<PluginDeclaration, "source" | "sha256" | "trust" | "permissions"> {
  /** Null where it is not loaded. */
  readonly name: string | null;
  readonly state: "ok" | "off" | "disabled" | "broken";
  /** Why it is not ok. */
  readonly reason: string | null;
  readonly since: string | null;
}

/** `plugin list`: the plugins of the configuration, and how they are. */
export async function pluginList({ host }: CliContext, flags: GlobalFlags): Promise<VerbResult> {
  const loaded = await loadConfig(host, flags.config, EXIT.failed);
  if (loaded.kind === "failure") return loaded;
  const { state } = observe(host, loaded.config);
  const items = await Promise.all(
    loaded.config.plugins.load.map((declaration) => itemOf(host, loaded, declaration, state)),
  );
  host.terminal.out.write(flags.json ? `${JSON.stringify({ plugins: items }, null, 2)}\n` : textOf(items));
  return EXIT.done;
}

async function itemOf(
  host: Host,
  loaded: LoadedConfig,
  declaration: PluginDeclaration,
  { pluginsOff }: ProjectState,
): Promise<Item> {
  const { source, sha256, trust, permissions } = declaration;
  const { disable } = loaded.config.plugins;
  const item = { source, sha256, trust, permissions, name: null, reason: null, since: null };
  if (disable.includes(source)) return { ...item, state: "disabled" };
  const plugin = await loadDeclared(host, loaded, declaration);
  if (plugin.kind === "bad") return { ...item, state: "broken", reason: plugin.why };
  const { name } = plugin.value;
  if (disable.includes(name)) return { ...item, name, state: "disabled" };
  const off = Object.hasOwn(pluginsOff, name) ? pluginsOff[name] : undefined;
  return off === undefined
    ? { ...item, name, state: "ok" }
    : { ...item, name, state: "off", reason: off.reason, since: isoOf(off.since) };
}

function textOf(items: readonly Item[]): string {
  if (items.length === 0) return "No plugin is declared.\n";
  return items.map((item) => {
    const { name, source, trust, sha256, permissions } = item;
    const hash = sha256 === null ? "" : `, sha256 ${sha256.slice(0, 12)}…`;
    const granted = permissionWords(permissions);
    return [
      `${name ?? "?"}  ${stateText(item)}`,
      `  ${source} (${trust}${hash})`,
      ...(granted.length === 0 ? [] : [`  ${granted.join(", ")}`]),
    ].map((line) => `${oneLine(line)}\n`).join("");
  }).join("");
}

function stateText({ state, reason, since }: Item): string {
  switch (state) {
    case "ok":
    case "disabled":
      return state;
    case "off":
      return `off since ${since}: ${reason}`;
    case "broken":
      return `cannot be loaded: ${reason}`;
  }
}
