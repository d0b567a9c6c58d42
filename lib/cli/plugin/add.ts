import { dirOf } from "../../core/path_parts.ts";
import { EXIT } from "../../core/exit_code.ts";
import { type Failure, failure } from "../../core/problem.ts";
import { withBlock } from "../../core/toml_edit.ts";
import { cacheText } from "../../extend/text_cache.ts";
import type { Host } from "../../host.ts";
import { layoutOf } from "../../store/layout.ts";
import type { CliContext, VerbResult } from "../context.ts";
import type { PluginAddFlags } from "../flags.ts";
import { loadConfig, type LoadedConfig } from "../load_config.ts";
import { blockOf } from "./about_text.ts";
import { declaredAs } from "./declared.ts";
import { editConfig, hasPerson, isConfirmed } from "./edit_config.ts";
import { fetchPackage } from "./fetch_package.ts";
import { findPlugin, sourceIn } from "./inspect.ts";
import { aboutOf, getToKnow, lookAt, type New, type Seen } from "./look_at.ts";

/** `plugin add`: looks at a plugin without trusting it, asks, and declares it. */
export async function pluginAdd(
  { host, parts }: CliContext,
  flags: PluginAddFlags,
  written: string,
): Promise<VerbResult> {
  const loaded = await loadConfig(host, flags.config, EXIT.failed);
  if (loaded.kind === "failure") return loaded;
  const found = await findNew(host, loaded, flags, written);
  if (found.kind === "failure") return found;
  const seen = await lookAt(host, loaded, flags.trust, found);
  if (seen.kind === "failure") return seen;
  if (!flags.json) host.terminal.out.write(aboutOf(seen));
  const block = blockOf(seen.declaration);
  const { configPath } = loaded.config;
  if (!flags.yes && (flags.json || !hasPerson(host))) {
    report(
      host,
      flags,
      seen,
      false,
      `\nTo add it, run this with --yes, or paste into ${configPath}:\n\n${block}`,
    );
    return EXIT.done;
  }
  if (!flags.json) host.terminal.out.write(`\n${block}\n`);
  if (!flags.yes && !await isConfirmed(host, "Add it?")) {
    report(host, flags, seen, false, "Nothing was written.\n");
    return EXIT.done;
  }
  const known = await getToKnow(host, loaded, found, seen);
  if (known.kind === "failure") return known;
  if (found.text !== null) cacheText(host, layoutOf(loaded.config.runtime.log_dir).plugins, found.text);
  const refusal = await editConfig(
    host,
    parts,
    loaded,
    (text) => withBlock(text, blockOf(known.declaration)),
  );
  if (refusal !== null) return refusal;
  report(host, flags, known, true, `Added to ${configPath}.\n`);
  return EXIT.done;
}

/** What the source serves, where it is new and what it is said to be. */
async function findNew(
  host: Host,
  loaded: LoadedConfig,
  { sha256, trust }: PluginAddFlags,
  word: string,
): Promise<New | Failure> {
  const cannot = (why: string, hint: string | null = null) => ({
    ...failure(EXIT.failed, `Cannot add ${word}: ${why}`),
    hint,
  });
  if (declaredAs(host, loaded, word) !== null) {
    return cannot("it is declared already", `agent-runner plugin update ${word}`);
  }
  const got = await findPlugin(host, word, host.env.cwd);
  if (got.kind === "bad") return cannot(got.why);
  const { source, text } = got.value;
  const hash = text?.sha256 ?? null;
  if (sha256 !== undefined && sha256.toLowerCase() !== hash) {
    return cannot(
      hash === null
        ? "an npm package is known by its exact version; leave --sha256 out"
        : `its sha256 is ${hash}, not ${sha256}`,
    );
  }
  if (trust !== "full" && source.kind === "npm") {
    return cannot("an npm package runs with full trust only", `agent-runner plugin add ${word} --trust full`);
  }
  const refusal = source.kind === "npm" ? await fetchPackage(host, source.specifier) : null;
  if (refusal !== null) return cannot(refusal);
  return {
    kind: "new",
    ...got.value,
    written: sourceIn(host, dirOf(loaded.config.configPath), source, word),
  };
}

function report(host: Host, flags: PluginAddFlags, seen: Seen, added: boolean, text: string): void {
  const { description, declaration } = seen;
  const document = { plugin: description, ...declaration, added, toml: blockOf(declaration) };
  host.terminal.out.write(flags.json ? `${JSON.stringify(document, null, 2)}\n` : text);
}
