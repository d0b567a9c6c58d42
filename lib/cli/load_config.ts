/**
 * From `--config PATH` to a checked configuration, or to all that is wrong with it, with lines.
 *
 * @module
 */
import { parse, TomlError } from "smol-toml";
import type { Config } from "../core/config.ts";
import { checkConfig } from "../core/config_check.ts";
import type { ConfigPlace } from "../core/config_paths.ts";
import type { ExitCode } from "../core/exit_code.ts";
import { FileError } from "../core/file_error.ts";
import { type Failure, failure, type Problem } from "../core/problem.ts";
import { baseName, dirOf, normalPath } from "../core/path_parts.ts";
import type { Host } from "../host.ts";
import { isInWorkTree } from "../supervise/work_tree.ts";

type PlaceProblems = typeof import("./place_problems.ts");

export interface LoadedConfig {
  readonly kind: "config";
  readonly config: Config;
  /** What deserves a look, a sentence each. */
  readonly notes: readonly string[];
  /** Keys of the file that are not yet carried out. */
  readonly later: readonly string[];
}

export const CONFIG_NAME = "agent-runner.toml";

/** A larger file is no configuration (bytes). */
const SIZE_MAX = 1024 * 1024;

/** Folders that stand for what the file says. */
export type FixedFolders = Pick<Config["runtime"], "work_dir" | "log_dir">;

/** @param exitCode of the failure: reading verbs answer 1, those that would run something 78 */
export async function loadConfig(
  host: Host,
  flag: string | undefined,
  exitCode: ExitCode,
  fixed: FixedFolders | null = null,
): Promise<LoadedConfig | Failure> {
  const path = configPathOf(host, flag);
  const text = readConfig(host, path);
  if (text === null) return notFound(host, path, exitCode);
  if (typeof text !== "string") return failure(exitCode, `Cannot read ${path}: ${text.why}`);
  const parsed = parseToml(text);
  if (parsed instanceof TomlError) return syntaxFailure(path, parsed, exitCode);
  const raw = fixed === null ? parsed : withFolders(parsed, fixed);
  const place = { configPath: path, configDir: dirOf(path), home: host.env.home, realPath: realPathOn(host) };
  const checked = checkConfig(raw, place);
  if (checked.kind === "bad") return await invalid(path, text, checked.problems, exitCode);
  return loaded(checked, inWorkingFolder(host, raw, checked, place));
}

/** The absolute path of the configuration that `--config` (or nothing) stands for; its folder has no `.` or `..`. */
export function configPathOf(host: Host, flag: string | undefined): string {
  const path = absolute(flag ?? CONFIG_NAME, host.env.cwd);
  const dir = dirOf(path);
  // Links are followed before `..` is taken away: the parent of a linked folder is not the link's.
  const real = dir.split("/").includes("..") ? realPathOn(host)(dir) : null;
  return joined(real ?? normalPath(dir), baseName(path));
}

function withFolders(raw: object, fixed: FixedFolders): object {
  const { runtime } = raw as { readonly runtime?: object };
  return { ...raw, runtime: { ...runtime, ...fixed } };
}

type Good = Extract<ReturnType<typeof checkConfig>, { readonly kind: "ok" }>;

function loaded(checked: Good, moved: Good | null): LoadedConfig {
  const { config, notes, later } = moved ?? checked;
  if (moved === null) return { kind: "config", config, notes, later };
  const { work_dir } = config.runtime;
  const note =
    `runtime.work_dir: ${checked.config.runtime.work_dir} is no git work tree; using the working folder ` +
    `${work_dir}, as the Python version does. Set it to an absolute path`;
  return { kind: "config", config, notes: [...notes, note], later };
}

/**
 * A relative `work_dir` belongs to the configuration's folder. The Python version took it against the working folder:
 * where only that is a work tree, it is meant.
 */
function inWorkingFolder(host: Host, raw: object, checked: Good, place: ConfigPlace): Good | null {
  const written = (raw as { readonly runtime?: { readonly work_dir?: unknown } }).runtime?.work_dir;
  if (typeof written !== "string" || written.startsWith("/") || written.startsWith("~")) return null;
  if (place.configDir === host.env.cwd || isInWorkTree(host, checked.config.runtime.work_dir)) return null;
  const moved = checkConfig(raw, { ...place, configDir: host.env.cwd });
  return moved.kind === "ok" && isInWorkTree(host, moved.config.runtime.work_dir) ? moved : null;
}

function realPathOn(host: Host): (path: string) => string | null {
  return (path) => {
    try {
      return host.files.realPath(path);
    } catch (error) {
      if (error instanceof FileError) return null;
      throw error;
    }
  };
}

/** The text of a configuration, null where there is no such file. */
export function readConfig(host: Host, path: string): string | { readonly why: string } | null {
  try {
    const stat = host.files.stat(path);
    if (stat === null) return null;
    if (!stat.isFile) return { why: "it is no file" };
    if (stat.size > SIZE_MAX) return { why: `it is larger than ${SIZE_MAX} bytes` };
    return host.files.readText(path)?.replace(/^\uFEFF/, "") ?? null;
  } catch (error) {
    if (error instanceof FileError) return { why: error.message };
    throw error;
  }
}

/** The tables of a TOML text. */
export function parseToml(text: string): object | TomlError {
  try {
    return parse(text, { unsafeKeyBehaviour: "throw" });
  } catch (error) {
    if (error instanceof TomlError) return error;
    throw error;
  }
}

function notFound(host: Host, path: string, exitCode: ExitCode): Failure {
  const near = (host.files.list(dirOf(path)) ?? []).map(({ name }) => name).find((name) =>
    name.endsWith(".toml")
  );
  const hint = near === undefined
    ? "agent-runner init"
    : `--config ${dirOf(path)}/${near}, or agent-runner init`;
  return failure(exitCode, `config not found: ${path}`, { hint });
}

function syntaxFailure(path: string, error: TomlError, exitCode: ExitCode): Failure {
  const text = error.message.replace(/^Invalid TOML document: /, "").split("\n")[0] ?? "";
  return failure(exitCode, `Cannot read ${path}: it is not TOML`, {
    problems: [{ where: `column ${error.column}`, text, line: error.line }],
    hint: `edit ${path}`,
  });
}

async function invalid(
  path: string,
  text: string,
  problems: readonly Problem[],
  exitCode: ExitCode,
): Promise<Failure> {
  const { placeProblems } = await import("./place_problems.ts" as string) as PlaceProblems;
  return failure(exitCode, `Cannot read ${path}: ${count(problems.length, "problem")}`, {
    problems: placeProblems(text, problems),
    hint: `edit ${path}`,
  });
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

function absolute(path: string, cwd: string): string {
  return path.startsWith("/") ? path : `${cwd}/${path}`;
}

function joined(dir: string, name: string): string {
  return dir === "/" ? `/${name}` : `${dir}/${name}`;
}
