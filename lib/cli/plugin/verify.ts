import { EXIT } from "../../core/exit_code.ts";
import type { LoadedPlugin } from "../../extend/loaded_plugin.ts";
import type { CliContext, GlobalFlags, VerbResult } from "../context.ts";
import { loadExtensions } from "../extensions.ts";
import { loadConfig } from "../load_config.ts";

/** `plugin verify`: loads everything as serve would, and says what is wrong. */
export async function pluginVerify({ host, parts }: CliContext, flags: GlobalFlags): Promise<VerbResult> {
  const loaded = await loadConfig(host, flags.config, EXIT.config);
  if (loaded.kind === "failure") return loaded;
  const extensions = await loadExtensions(host, parts, loaded.config, EXIT.config);
  if (extensions.kind === "failure") {
    const hint = `edit ${loaded.config.configPath}; a new hash is declared by agent-runner plugin update`;
    return { ...extensions, hint };
  }
  const { set: { plugins }, notes } = extensions;
  const { out, err } = host.terminal;
  if (flags.json) {
    out.write(`${JSON.stringify({ plugins: plugins.map(documentOf), notes }, null, 2)}\n`);
    return EXIT.done;
  }
  for (const note of notes) err.write(`warning: ${note}\n`);
  for (const { name, recipe } of plugins) out.write(`ok  ${name}  ${recipe.declaration.source}\n`);
  if (plugins.length === 0) out.write("No plugin is declared.\n");
  return EXIT.done;
}

function documentOf({ name, recipe: { declaration: { source, trust }, sha256 } }: LoadedPlugin) {
  return { name, source, trust, sha256 };
}
