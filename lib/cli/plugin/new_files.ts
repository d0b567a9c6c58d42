import { EXIT } from "../../core/exit_code.ts";
import { FileError } from "../../core/file_error.ts";
import { failure } from "../../core/problem.ts";
import type { Host } from "../../host.ts";
import type { CliContext, PluginSample, VerbResult } from "../context.ts";
import type { PluginNewFlags } from "../flags.ts";

const CONTRACT = "agent_runner_plugin.ts";

/** `plugin new`: a reader that works, its test, and the types of both. */
export async function pluginNew(
  { host, parts }: CliContext,
  flags: PluginNewFlags,
  name: string,
): Promise<VerbResult> {
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(name)) {
    return failure(EXIT.usage, `Cannot call a plugin ${JSON.stringify(name)}`, {
      hint: "a name is 1 to 64 lower-case letters, digits, _ and -, a letter first",
    });
  }
  const { PLUGIN_SAMPLE } = await parts.presets();
  const dir = host.env.cwd;
  const texts = textsOf(PLUGIN_SAMPLE, name);
  try {
    const there = Object.keys(texts).filter((file) => isOther(host, `${dir}/${file}`, texts[file]!, file));
    if (there.length > 0 && !flags.force) {
      return failure(EXIT.failed, `Cannot write ${there.join(", ")}: there already`, {
        hint: `agent-runner plugin new ${name} --force`,
      });
    }
    const written = Object.keys(texts).filter((file) =>
      host.files.readText(`${dir}/${file}`) !== texts[file]
    );
    for (const file of written) host.files.write(`${dir}/${file}`, texts[file]!);
    report(host, flags, { name, dir, files: Object.keys(texts), written });
    return EXIT.done;
  } catch (error) {
    if (error instanceof FileError) {
      return failure(EXIT.failed, `Cannot write the plugin: ${error.message}`);
    }
    throw error;
  }
}

/** By file name. */
function textsOf(sample: PluginSample, name: string): Readonly<Record<string, string>> {
  const named = (text: string) => text.replaceAll(/\bsample\b/g, name);
  return {
    [`${name}.ts`]: named(sample.plugin),
    [`${name}_test.ts`]: named(sample.test),
    [CONTRACT]: sample.contract,
  };
}

/** Whether something else stands there; an older version of the types, which nobody edits, does not count. */
function isOther(host: Host, path: string, text: string, file: string): boolean {
  const before = host.files.readText(path);
  if (before === null || before === text) return false;
  return file !== CONTRACT || !before.includes("export const API_VERSION");
}

interface Report {
  readonly name: string;
  readonly dir: string;
  readonly files: readonly string[];
  readonly written: readonly string[];
}

function report(host: Host, flags: PluginNewFlags, { name, dir, files, written }: Report): void {
  const { out } = host.terminal;
  if (flags.json) {
    out.write(`${JSON.stringify({ name, folder: dir, files, written }, null, 2)}\n`);
    return;
  }
  out.write(written.length === 0 ? "All is there already.\n" : `Wrote ${written.join(", ")}.\n`);
  out.write(`
Try it:      deno test ${name}_test.ts
             agent-runner plugin test ./${name}.ts --log ROUND.log
Declare it:  agent-runner plugin add ./${name}.ts
or by hand, in agent-runner.toml:

[[plugins.load]]
source = "./${name}.ts"
`);
}
