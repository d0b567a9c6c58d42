/**
 * What of a dirty work tree the round is about: only what lies in the work folder, without the program's own logs and
 * without the configuration and the prompts, which are the operator's: stashed, they would steer the loop as they were
 * before the edit.
 *
 * @module
 */
import { byteText, readable } from "../../core/byte_text.ts";
import { type GitChanges, parseGitChanges } from "../../core/git_changes.ts";
import type { Config } from "../../core/config.ts";
import { dirOf } from "../../core/path_parts.ts";
import { ownedMatcher } from "../../core/owned_paths.ts";
import type { Host } from "../../host.ts";
import { GitFailure, type Repository } from "./repository.ts";

const STATUS = ["status", "--porcelain=v2", "-z", "--branch", "--no-renames", "--untracked-files=all"];

/**
 * Each changed file by itself.
 * @param ownedPaths patterns relative to the work folder of what is nobody's leftover
 * @throws GitFailure
 */
export async function findChanges(
  host: Host,
  config: Config,
  repository: Repository,
  ownedPaths: readonly string[] = [],
): Promise<GitChanges> {
  const within = repository.prefix === "" ? [] : ["--", readable(repository.prefix)];
  const changes = parseGitChanges(await repository.git([...STATUS, ...within]));
  const logs = logDirIn(host, config, repository);
  const inside = (path: string) => insideOf(repository, host.files.realPath(path) ?? path);
  const steering = new Set(steeringFiles(config).map(inside));
  const isOwned = ownedMatcher(ownedPaths);
  const prefix = readable(repository.prefix);
  const isOurs = (path: string) =>
    steering.has(path) || (logs !== null && (path + "/").startsWith(logs)) ||
    (ownedPaths.length > 0 && isOwned(withoutPrefix(readable(path), prefix)));
  const needed = new Set(programFiles(config).map(inside));
  return {
    ...changes,
    tracked: changes.tracked.filter(({ path }) => !isOurs(path)),
    untracked: changes.untracked.filter((path) => !isOurs(path) && !needed.has(path)),
    unmerged: changes.unmerged.filter((path) => !isOurs(path)),
  };
}

/** A commit leaves an edit in force, so prompts are kept from a stash only: some agents work on their own. */
function steeringFiles({ configPath, phases, prompt, vcs }: Config): readonly string[] {
  if (vcs.dirty_action !== "stash") return [configPath];
  const ofPhases = Object.values(phases.by_name).flatMap((phase) => phase.prompt?.files ?? []);
  return [configPath, ...(prompt.file === null ? [] : [prompt.file]), ...prompt.files, ...ofPhases];
}

/** Files without which the next round could not start: the operator has not committed them yet. */
function programFiles({ agent, configPath, hooks, plugins, runtime }: Config): readonly string[] {
  const folder = dirOf(configPath);
  const [command = ""] = agent.command;
  return [
    ...(command.includes("/") ? [absolute(command, runtime.work_dir)] : []),
    ...hooks.map(({ run: [program = ""] }) => program).filter((program) => program.includes("/"))
      .map((program) => absolute(program, folder)),
    ...plugins.load.map(({ source }) => source).filter((source) => !/^[a-z]+:/.test(source))
      .map((source) => absolute(source, folder)),
  ];
}

function absolute(path: string, folder: string): string {
  return path.startsWith("/") ? path : `${folder}/${path}`;
}

/** All changed paths. */
export function pathsOf({ tracked, untracked, unmerged }: GitChanges): readonly string[] {
  return [...tracked.map(({ path }) => path), ...unmerged, ...untracked];
}

/**
 * The changed paths for people, relative to the work folder. A folder of which nothing is tracked stands for its files,
 * as it does in `whole`, the entries of a plain `git status`.
 */
export function shownPaths(changes: GitChanges, whole: readonly string[], prefix: string): readonly string[] {
  const folders = new Set(whole.filter((path) => path.endsWith("/")));
  const shown = pathsOf(changes).map((path) => {
    const name = readable(path);
    return withoutPrefix(folderOf(name, folders) ?? name, readable(prefix));
  });
  return [...new Set(shown)];
}

/** The outermost of `folders` (each with `/` at its end) that the path lies in. */
export function folderOf(path: string, folders: ReadonlySet<string>): string | null {
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    const folder = path.slice(0, at + 1);
    if (folders.has(folder)) return folder;
  }
  return null;
}

export function withoutPrefix(path: string, prefix: string): string {
  if (path !== prefix && path.startsWith(prefix)) return path.slice(prefix.length);
  // The work folder, or one around it, of which nothing is tracked.
  return prefix.startsWith(path) ? "./" : path;
}

/** The log directory relative to the root with `/` at the end, null where it is not inside. */
function logDirIn(host: Host, { runtime }: Config, repository: Repository): string | null {
  const dir = host.files.realPath(runtime.log_dir) ?? runtime.log_dir;
  if (dir === repository.top) throw new GitFailure("the log directory is the root of the work tree");
  const inside = insideOf(repository, dir);
  return inside === null ? null : `${inside}/`;
}

/** An absolute path relative to the root, null where it is not inside. */
function insideOf({ top }: Repository, path: string): string | null {
  return path.startsWith(`${top}/`) ? byteText(new TextEncoder().encode(path.slice(top.length + 1))) : null;
}
