/**
 * What has to be true before a round may start. All checks are made and all problems named at once.
 *
 * @module
 */
import type { Config } from "../core/config.ts";
import { bestEffort, type FileError } from "../core/file_error.ts";
import { forPhase } from "../core/phases.ts";
import { isSwitchedOn } from "../core/switch_word.ts";
import type { FileStat, Host } from "../host.ts";
import type { Layout } from "../store/layout.ts";
import type { Bare } from "./bare.ts";
import { agentArguments, argumentProblem, findAgent } from "./agent_command.ts";
import { promptFiles, readPrompt } from "./prompt.ts";
import { goneRepository, workTreeAround } from "./work_tree.ts";

/** One check that failed. */
export interface FailedCheck {
  /** As in the Python version, such as `agent_cli_in_path`. */
  readonly name: string;
  readonly reason: string;
  readonly hint: string;
}

/** Shortest prompt (bytes of UTF-8): a shorter one is a file that was cut or emptied by mistake. */
const PROMPT_MIN = 500;

/** Enough for the small files with which a round begins (bytes). */
const ROUND_ROOM = 64 * 1024;

/**
 * The failed checks in a fixed order; none when `AGENT_RUNNER_SKIP_STARTUP_CHECK` is set.
 *
 * @param refusal of the log directory, where that counts as a failed check
 */
export async function failedChecks(
  { host, config, layout, treeRoot }: Pick<Bare, "host" | "config" | "layout" | "treeRoot">,
  refusal: FileError | null,
): Promise<readonly FailedCheck[]> {
  if (isSwitchedOn(host.env.get("AGENT_RUNNER_SKIP_STARTUP_CHECK"))) return [];
  return [
    refusal === null ? null : aboutLogDir(layout, refusal),
    checkAgent(host, config),
    await checkWorkDir(host, config, treeRoot),
    ...checkPrompts(host, config),
  ].filter((failed) => failed !== null);
}

/** Why the log directory does not take what a round begins with, null when it does. */
export function logDirRefusal(host: Host, layout: Layout): FileError | null {
  const refusal = bestEffort(() => {
    host.files.makeDir(layout.dir);
    host.files.write(layout.writeProbe, " ".repeat(ROUND_ROOM));
    // Where it is not there yet it can be made, as the probe was.
    if (host.files.stat(layout.roundLock) !== null) host.files.lock(layout.roundLock)?.release();
  });
  return bestEffort(() => host.files.remove(layout.writeProbe)) ?? refusal;
}

function aboutLogDir(layout: Layout, refusal: FileError): FailedCheck {
  return failed("log_dir_writable", refusal.message, `make ${layout.dir} writable, or set runtime.log_dir`);
}

function checkAgent(host: Host, config: Config): FailedCheck | null {
  const agent = findAgent(host, config);
  if (agent.kind === "found") return null;
  return failed(
    "agent_cli_in_path",
    agent.why,
    "install the agent's CLI, or set agent.command to its full path",
  );
}

async function checkWorkDir(
  host: Host,
  config: Config,
  treeRoot: string | null,
): Promise<FailedCheck | null> {
  const { work_dir } = config.runtime;
  if (host.files.stat(work_dir)?.isDir !== true) {
    return failed("work_dir_is_git_repo", `${work_dir} is no folder`, "set runtime.work_dir");
  }
  if (config.vcs.dirty_action === "ignore") return null;
  const root = workTreeAround(host, work_dir);
  if (root === null) {
    return failed(
      "work_dir_is_git_repo",
      `${work_dir} is not a git working tree`,
      `git init ${work_dir}, or set vcs.dirty_action = "ignore"`,
    );
  }
  const why = goneRepository(root, treeRoot);
  if (why !== null) {
    return failed("work_dir_is_git_repo", why, `bring ${treeRoot}/.git back; a new serve works in ${root}`);
  }
  return mayGitRefuse(host, root) ? await askGit(host, work_dir) : null;
}

/** It works without being asked, but where there is none, or the tree is somebody else's. */
function mayGitRefuse(host: Host, root: string): boolean {
  const folders = (host.env.get("PATH") ?? "").split(":");
  return !folders.some((dir) => host.files.stat(`${dir}/git`)?.executable === true) ||
    [root, `${root}/.git`].some((path) => host.files.stat(path)?.isOwn === false);
}

async function askGit(host: Host, workDir: string): Promise<FailedCheck | null> {
  const tree = await host.git.status(workDir);
  if (tree.kind !== "unknown") return null;
  const hint = 'see to it that git works here, or set vcs.dirty_action = "ignore"';
  return failed("work_dir_is_git_repo", tree.why, hint);
}

/** Every phase's prompt; phases that have the same one are named together. */
function checkPrompts(host: Host, config: Config): readonly FailedCheck[] {
  const phases = [...new Set(config.phases.list)];
  if (phases.length === 0) return [checkPrompt(host, config)].filter((failed) => failed !== null);
  const groups = Map.groupBy(phases, (phase) => promptFiles(forPhase(config, phase)).join("\0"));
  return [...groups.values()].flatMap((names) => {
    const failed = checkPrompt(host, forPhase(config, names[0]!));
    if (failed === null) return [];
    return [{ ...failed, reason: `phase ${names.join(", ")}: ${failed.reason}` }];
  });
}

function checkPrompt(host: Host, config: Config): FailedCheck | null {
  const [primary] = promptFiles(config);
  if (primary === undefined) return failed("prompt_file_exists", "none configured", "set prompt.file");
  let stat: FileStat | null = null;
  const refusal = bestEffort(() => {
    stat = host.files.stat(primary);
  });
  if (refusal !== null) return failed("prompt_file_exists", refusal.message, `make ${primary} readable`);
  const found = stat as FileStat | null;
  if (found === null) return failed("prompt_file_exists", `${primary} does not exist`, `write ${primary}`);
  if (!found.isFile) {
    return failed("prompt_file_exists", `${primary} is no file`, `put the prompt into a file`);
  }
  const prompt = readPrompt(host, config);
  if (prompt.kind === "unreadable") return failed("prompt_smoke_passes", prompt.why, `look at ${primary}`);
  const tooLong = argumentProblem(agentArguments(config, prompt.text));
  if (tooLong !== null) return failed("prompt_smoke_passes", tooLong, 'set agent.prompt_delivery = "stdin"');
  const wrong = promptProblem(prompt.text, config);
  return wrong === null
    ? null
    : failed("prompt_smoke_passes", wrong, `write what the agent should do into ${primary}`);
}

/** The first character matters only where the prompt is an argument that could be taken for a flag. */
function promptProblem(text: string, { agent, prompt }: Config): string | null {
  if (text.trim() === "") return "the prompt is empty";
  const bytes = new TextEncoder().encode(text).length;
  if (bytes < PROMPT_MIN) return `the prompt is ${bytes} bytes, at least ${PROMPT_MIN} are needed`;
  const isBare = agent.prompt_delivery === "argv" &&
    !(prompt.inject_context && prompt.context_injection_mode === "prepend");
  return isBare && /^[-\s]/.test(text) ? `the prompt begins with ${JSON.stringify(text[0])}` : null;
}

function failed(name: string, reason: string, hint: string): FailedCheck {
  return { name, reason, hint };
}
