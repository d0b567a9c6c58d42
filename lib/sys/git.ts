import { FileError } from "../core/file_error.ts";
import { hash53, parseGitStatus } from "../core/git_status.ts";
import type { Git, GitOptions, RunResult, WorkTree } from "../host.ts";
import { runProgram } from "./run_program.ts";

/** git(1), with words in English and never a question. */
export function systemGit(): Git {
  return { run: git, status, isWorkTree, commit };
}

const TIMEOUT_MS = 60_000;

/** Files whose size and age go into the fingerprint, so that a huge untracked folder costs no more than this. */
const FINGERPRINT_FILES_MAX = 200;

/** What leads git elsewhere than to the repository around its folder. */
const FOREIGN = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_COMMON_DIR",
  "GIT_PREFIX",
  "GIT_OBJECT_DIRECTORY",
  "GIT_NAMESPACE",
];

async function status(dir: string, apart?: string): Promise<WorkTree> {
  // Without the last option a user's setting hides new files.
  const options = ["--porcelain=v2", "-z", "--branch", "--untracked-files=normal"];
  const result = await git(dir, ["status", ...options]);
  if (result.code !== 0) return outsideOrUnknown(result);
  const root = rootOf(realPath(dir));
  const without = apart === undefined ? null : realPath(apart);
  const inside = without?.startsWith(`${root}/`) ? `${without.slice(root.length + 1)}/` : null;
  const { head, dirty, text } = parseGitStatus(new TextDecoder().decode(result.stdout), inside);
  return { kind: "tree", head, dirty, fingerprint: hash53(text + agesOf(root, dirty, without)) };
}

async function isWorkTree(dir: string): Promise<boolean | null> {
  const { code, stdout } = await git(dir, ["rev-parse", "--is-inside-work-tree"]);
  if (code === null) return null;
  return code === 0 && new TextDecoder().decode(stdout).trim() === "true";
}

/** `paths` are relative to `dir` and taken literally. */
async function commit(dir: string, paths: readonly string[], message: string): Promise<string | null> {
  // To git a commit without paths is one of everything that is staged.
  if (paths.length === 0) return "no paths to commit";
  const added = await git(dir, ["add", "--", ...paths]);
  if (added.code !== 0) return wordsOf(added);
  const committed = await git(dir, [
    "-c",
    "commit.gpgsign=false",
    "commit",
    "-q",
    "-m",
    message,
    "--",
    ...paths,
  ]);
  return committed.code === 0 ? null : wordsOf(committed);
}

/** `code` is null too when git cannot be started; `stderr` then says why. */
async function git(dir: string, args: readonly string[], options: GitOptions = {}): Promise<RunResult> {
  const { env = {}, timeoutMs = TIMEOUT_MS, ...rest } = options;
  try {
    const all = { ...gitEnvironment(), ...env };
    const result = await runProgram(["git", ...args], { cwd: dir, timeoutMs, ...rest }, all);
    if (result.code !== null) return result;
    return { ...result, stderr: `git took longer than ${timeoutMs / 1000} s` };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return { code: null, stdout: new Uint8Array(), stderr: error.message };
  }
}

function gitEnvironment(): Record<string, string> {
  const env = Deno.env.toObject();
  // Set while a git hook runs: they would lead to that hook's repository instead of the folder's.
  for (const name of FOREIGN) delete env[name];
  return {
    ...env,
    LC_ALL: "C",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_LITERAL_PATHSPECS: "1",
  };
}

function outsideOrUnknown(result: RunResult): WorkTree {
  if (result.code === 128 && /not a git repository|must be run in a work tree/.test(result.stderr)) {
    return { kind: "none" };
  }
  if (/dubious ownership/.test(result.stderr)) return { kind: "unknown", why: ofAnotherUser(result.stderr) };
  return { kind: "unknown", why: wordsOf(result).split("\n")[0]! };
}

/** git names the folder and the remedy, over several lines. */
function ofAnotherUser(words: string): string {
  const remedy = /git config --global --add safe\.directory .*/.exec(words)?.[0] ?? "see safe.directory";
  return `the repository belongs to another user: ${remedy}`;
}

function wordsOf(result: RunResult): string {
  const words = result.stderr.trim() || new TextDecoder().decode(result.stdout).trim();
  return words === "" ? `git ended with ${result.code}` : words;
}

/** The nearest folder upwards that holds a `.git`, as git itself looks for it. */
function rootOf(dir: string): string {
  let folder = dir;
  while (folder.includes("/")) {
    if (statOf(`${folder}/.git`) !== null) return folder;
    folder = folder.slice(0, folder.lastIndexOf("/"));
  }
  return dir;
}

/** The path without links, as git knows it; the path itself where nothing is there. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

/** Size and age of what is dirty: `git status` says of a changed file only that it is changed. */
function agesOf(root: string, dirty: readonly string[], without: string | null): string {
  const ages: string[] = [];
  function add(path: string): void {
    if (path === without || ages.length >= FINGERPRINT_FILES_MAX) return;
    const info = statOf(path);
    ages.push(`${path}\0${info?.size}\0${info?.mtime?.getTime()}`);
    if (info?.isDirectory !== true) return;
    for (const name of namesIn(path)) {
      if (ages.length >= FINGERPRINT_FILES_MAX) return;
      add(`${path}/${name}`);
    }
  }
  for (const path of dirty) add(`${root}/${path.replace(/\/$/, "")}`);
  return ages.join("\0");
}

function statOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch {
    return null;
  }
}

function* namesIn(folder: string): Iterable<string> {
  try {
    for (const { name } of Deno.readDirSync(folder)) yield name;
  } catch {
    // Gone or unreadable: its own age is in the fingerprint already.
  }
}
