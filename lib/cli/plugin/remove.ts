import { parseTOML } from "toml-eslint-parser";
import { EXIT } from "../../core/exit_code.ts";
import { withoutBlock } from "../../core/toml_edit.ts";
import type { CliContext, GlobalFlags, VerbResult } from "../context.ts";
import { loadConfig } from "../load_config.ts";
import { findDeclared } from "./declared.ts";
import { editConfig } from "./edit_config.ts";

/** `plugin remove`: takes its block out of the configuration. */
export async function pluginRemove(
  { host, parts }: CliContext,
  flags: GlobalFlags,
  word: string,
): Promise<VerbResult> {
  const loaded = await loadConfig(host, flags.config, EXIT.failed);
  if (loaded.kind === "failure") return loaded;
  const declared = await findDeclared(host, loaded, word);
  if (declared.kind === "failure") return declared;
  const { index, declaration: { source } } = declared;
  const refusal = await editConfig(
    host,
    parts,
    loaded,
    (text) => withoutBlock(parseTOML, text, "plugins.load", index),
  );
  if (refusal !== null) return refusal;
  host.terminal.out.write(
    flags.json
      ? `${JSON.stringify({ removed: source }, null, 2)}\n`
      : `Removed ${source} from ${loaded.config.configPath}.\n`,
  );
  return EXIT.done;
}
