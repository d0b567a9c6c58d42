import { baseName, dirOf } from "../core/path_parts.ts";
import { EXIT } from "../core/exit_code.ts";
import { FileError } from "../core/file_error.ts";
import { type Failure, failure } from "../core/problem.ts";
import { didYouMean } from "../core/suggest.ts";
import type { Host } from "../host.ts";
import { isInWorkTree } from "../supervise/work_tree.ts";
import type { InitFlags } from "./flags.ts";
import type { CliContext, Preset, VerbResult } from "./context.ts";
import { configPathOf } from "./load_config.ts";

const PROMPT_PATH = "prompts/main.md";

/** Writes the configuration, and a prompt into its folder, and commits just these files. */
export async function init({ host, parts }: CliContext, flags: InitFlags): Promise<VerbResult> {
  const { PRESETS, PROMPT_SCAFFOLD } = await parts.presets();
  const preset = PRESETS.find(({ name }) => name === flags.preset);
  if (preset === undefined) return unknownPreset(flags.preset, PRESETS);
  const path = configPathOf(host, flags.config);
  const dir = dirOf(path);
  if (!isInWorkTree(host, dir)) {
    return failure(EXIT.failed, `Cannot set up ${dir}: it is not a git working tree`, { hint: "git init" });
  }
  try {
    if (host.files.stat(path) !== null && !flags.force) {
      return failure(EXIT.failed, `Cannot write ${path}: it is there already`, {
        hint: `agent-runner init --force${configWords(host, path)}`,
      });
    }
    const created = write(host, path, preset, PROMPT_SCAFFOLD, flags.force);
    const isNews = flags.commit && await differs(host, dir, created);
    const refusal = isNews ? await host.git.commit(dir, created, "chore: agent-runner initial config") : null;
    report(host, flags, { path, preset: preset.name, created, committed: isNews && refusal === null });
    if (refusal !== null) {
      return failure(EXIT.failed, `Cannot commit ${created.join(", ")}: ${refusal}`, {
        hint: "the files are written; commit them by hand, or use --no-commit",
      });
    }
    return EXIT.done;
  } catch (error) {
    if (error instanceof FileError) return failure(EXIT.failed, `Cannot set up ${dir}: ${error.message}`);
    throw error;
  }
}

/** Whether a commit of these files would hold anything, however git is set; also where git cannot say. */
async function differs(host: Host, dir: string, files: readonly string[]): Promise<boolean> {
  const { code, stdout } = await host.git.run(dir, [
    "status",
    "--porcelain",
    "--untracked-files=all",
    "--",
    ...files,
  ]);
  return code !== 0 || stdout.length > 0;
}

/** Names of the files that were written, relative to the folder. */
function write(
  host: Host,
  path: string,
  preset: Preset,
  scaffold: string,
  force: boolean,
): readonly string[] {
  const dir = dirOf(path);
  const created = [baseName(path)];
  const program = host.env.program.map((word) => JSON.stringify(word)).join(", ");
  const project = inString(baseName(dir));
  const text = preset.text.replaceAll("{program}", () => program).replaceAll("{project}", () => project);
  host.files.makeDir(dir);
  host.files.write(path, text);
  if (force || host.files.stat(`${dir}/${PROMPT_PATH}`) === null) {
    host.files.makeDir(`${dir}/prompts`);
    host.files.write(`${dir}/${PROMPT_PATH}`, scaffold);
    created.push(PROMPT_PATH);
  }
  if (ignoreLogs(host, dir)) created.push(".gitignore");
  return created;
}

/** As it stands within a TOML string. */
function inString(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll("\x7f", "\\u007f");
}

/** Adds `logs/` to `.gitignore` where that line is missing; true when it was. */
function ignoreLogs(host: Host, dir: string): boolean {
  const path = `${dir}/.gitignore`;
  const before = host.files.readText(path) ?? "";
  if (before.split("\n").some((line) => line.trim() === "logs/")) return false;
  host.files.write(path, `${before}${before === "" || before.endsWith("\n") ? "" : "\n"}logs/\n`);
  return true;
}

interface Report {
  readonly path: string;
  readonly preset: string;
  readonly created: readonly string[];
  readonly committed: boolean;
}

function report(host: Host, flags: InitFlags, { path, preset, created, committed }: Report): void {
  const { out } = host.terminal;
  const dir = dirOf(path);
  if (flags.json) {
    const document = { work_dir: dir, files_created: created, committed, preset };
    out.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  out.write(`Wrote ${created.join(", ")}${committed ? " and committed them" : ""}.\n`);
  const prompt = fromHere(host, `${dir}/${PROMPT_PATH}`);
  const serve = `agent-runner serve${configWords(host, path)}`;
  out.write(`Next: say in ${prompt} what the agent should do, then run: ${serve}\n`);
}

/** What a verb needs behind it to find this configuration: nothing where it is the usual one. */
function configWords(host: Host, path: string): string {
  return path === configPathOf(host, undefined) ? "" : ` --config ${shellWord(fromHere(host, path))}`;
}

/** As short as it can be written in the working folder. */
function fromHere({ env }: Host, path: string): string {
  return path.startsWith(`${env.cwd}/`) ? path.slice(env.cwd.length + 1) : path;
}

/** Quoted where a shell would take it for more than one plain word. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function unknownPreset(name: string, presets: readonly Preset[]): Failure {
  const names = presets.map((preset) => preset.name);
  return failure(EXIT.usage, `Unknown preset "${name}"${didYouMean(name, names)}`, {
    hint: `agent-runner init --preset ${names.join("|")}`,
  });
}
