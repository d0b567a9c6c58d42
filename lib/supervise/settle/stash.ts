/**
 * The changes of a clean round as a stash: saved completely and kept by a ref, before anything is taken from the tree.
 *
 * @module
 */
import { readable } from "../../core/byte_text.ts";
import type { GitChanges, TrackedChange } from "../../core/git_changes.ts";
import type { Host } from "../../host.ts";
import { keepRef } from "./keep_ref.ts";
import { GitFailure, listed, pathsIn, type Repository } from "./repository.ts";

export interface StashOrder {
  readonly round: number;
  /** Begins with `ORPHAN R<N>`. */
  readonly message: string;
  /** A stash of the same round and content that is not older is used again (s). */
  readonly recentS: number;
}

export interface Stash {
  /** Commit id. */
  readonly id: string;
  readonly isReused: boolean;
}

/** The three trees of which git makes a stash (git-stash(1), "DISCUSSION"). */
interface Saved {
  readonly head: string;
  readonly index: string;
  readonly work: string;
  /** Null without untracked files. */
  readonly untracked: string | null;
  /** The untracked files as `git update-index --index-info` takes them. */
  readonly untrackedInfo: string;
}

/** Who signs: a stash is nobody's work, and does not need the user's name to be configured. */
const IDENTITY = {
  GIT_AUTHOR_NAME: "agent-runner",
  GIT_AUTHOR_EMAIL: "agent-runner@localhost",
  GIT_COMMITTER_NAME: "agent-runner",
  GIT_COMMITTER_EMAIL: "agent-runner@localhost",
};

/**
 * Stashes the changes, staged ones as staged. Submodules and repositories within stay as they are; null when nothing
 * else is changed.
 * @throws GitFailure; then everything is still in the tree, or in a ref that the message names
 */
export async function stashChanges(
  host: Host,
  repository: Repository,
  changes: GitChanges,
  order: StashOrder,
): Promise<Stash | null> {
  const tracked = changes.tracked.filter(({ submodule }) => submodule === null);
  const untracked = changes.untracked.filter((path) => !path.endsWith("/"));
  if (tracked.length + untracked.length === 0) return null;
  if (changes.head === null) {
    throw new GitFailure("there is no commit yet to stash against: make a first one");
  }
  await refuseHiddenLoss(host, repository, tracked, changes);
  const saved = await save(repository, changes.head, tracked, untracked);
  const known = await sameStash(host, repository, saved, order);
  const id = known ?? await commitStash(repository, saved, changes.branch, order.message);
  const ref = await keepRef(repository, order.round, "stash", id);
  await clear(repository, saved, { tracked: tracked.map(({ path }) => path), untracked }, ref);
  const subject = `On ${branchName(changes)}: ${order.message}`;
  if (await repository.ask(["rev-parse", "--verify", "--quiet", "refs/stash"]) !== id) {
    await repository.git(["stash", "store", "--quiet", "-m", subject, id], { env: IDENTITY });
  }
  return { id, isReused: known !== null };
}

/** Putting a file back where a folder is now would remove the folder with all that no stash holds. */
async function refuseHiddenLoss(
  host: Host,
  repository: Repository,
  tracked: readonly TrackedChange[],
  { untracked }: GitChanges,
): Promise<void> {
  const folders = tracked.filter(({ path, isGone }) =>
    isGone && host.files.stat(`${repository.top}/${readable(path)}`)?.isDir === true
  );
  if (folders.length === 0) return;
  const ignored = await repository.git(["ls-files", "-z", "--others", "--ignored", "--exclude-standard"]);
  const unsaved = [...pathsIn(ignored), ...untracked.filter((path) => path.endsWith("/"))];
  const hidden = unsaved.find((path) => folders.some((folder) => path.startsWith(`${folder.path}/`)));
  if (hidden !== undefined) {
    throw new GitFailure(`${readable(hidden)} cannot be stashed, and is where a file was`);
  }
}

async function save(
  repository: Repository,
  head: string,
  tracked: readonly TrackedChange[],
  untracked: readonly string[],
): Promise<Saved> {
  return await repository.withIndex(async (index) => {
    const own = { index };
    const tree = async () => (await repository.git(["write-tree"], own)).trim();
    await repository.git(["read-tree", head], own);
    const staged = tracked.filter(({ isStaged }) => isStaged);
    const info = staged.map(({ indexMode, indexId, path }) => `${indexMode} ${indexId}\t${path}`);
    await repository.git(["update-index", "-z", "--index-info"], { ...own, stdin: listed(info) });
    const stagedTree = await tree();
    const changed = tracked.filter(({ isChanged }) => isChanged).map(({ path }) => path);
    await add(repository, index, changed);
    const workTree = await tree();
    if (untracked.length === 0) {
      return { head, index: stagedTree, work: workTree, untracked: null, untrackedInfo: "" };
    }
    await repository.git(["read-tree", "--empty"], own);
    await add(repository, index, untracked);
    const untrackedInfo = await repository.git(["ls-files", "--stage", "-z"], own);
    return { head, index: stagedTree, work: workTree, untracked: await tree(), untrackedInfo };
  });
}

/** Takes the paths as they are in the work tree, also where they have gone. */
async function add(repository: Repository, index: string, paths: readonly string[]): Promise<void> {
  await repository.git(["update-index", "--add", "--remove", "-z", "--stdin"], {
    index,
    stdin: listed(paths),
  });
}

/** A stash of the same round that holds just this: what a supervisor saved that died before it was done. */
async function sameStash(
  host: Host,
  repository: Repository,
  saved: Saved,
  { round, recentS }: StashOrder,
): Promise<string | null> {
  const format = "--format=%(objectname) %(committerdate:unix) %(subject)";
  const refs = await repository.git(["for-each-ref", format, "refs/stash", "refs/agent-runner/"]);
  for (const line of refs.split("\n")) {
    const [, id = "", at = "", num] = /^(\S+) (\d+) .*?: ORPHAN R(\d+)(?: |$)/.exec(line) ?? [];
    if (Number(num) !== round || host.clock.now() / 1000 - Number(at) > recentS) continue;
    if (await holds(repository, id, saved)) return id;
  }
  return null;
}

async function holds(repository: Repository, id: string, saved: Saved): Promise<boolean> {
  const show = ["show", "-s", "--format=%T %P"];
  const [work, ...parents] = (await repository.git([...show, id])).trim().split(" ");
  const trees = await Promise.all(parents.slice(1).map((parent) => repository.ask([...show, parent])));
  const [index, untracked = null] = trees.map((answer) => answer?.split(" ")[0]);
  return parents[0] === saved.head && work === saved.work && index === saved.index &&
    untracked === saved.untracked;
}

async function commitStash(
  repository: Repository,
  { head, index, work, untracked }: Saved,
  branch: string,
  message: string,
): Promise<string> {
  const on = branchName({ branch });
  const commit = async (tree: string, words: string, parents: readonly string[]) => {
    const args = parents.flatMap((parent) => ["-p", parent]);
    return (await repository.git(["commit-tree", tree, ...args, "-m", words], { env: IDENTITY })).trim();
  };
  const parents = [head, await commit(index, `index on ${on}: ${head}`, [head])];
  if (untracked !== null) parents.push(await commit(untracked, `untracked files on ${on}: ${head}`, []));
  return await commit(work, `On ${on}: ${message}`, parents);
}

/** Takes the saved changes out of the tree. Untracked files go by way of the index, which takes names of any bytes. */
async function clear(
  repository: Repository,
  saved: Saved,
  { tracked, untracked }: { readonly tracked: readonly string[]; readonly untracked: readonly string[] },
  ref: string,
): Promise<void> {
  const restore = [
    "restore",
    "--source=HEAD",
    "--staged",
    "--worktree",
    "--pathspec-from-file=-",
    "--pathspec-file-nul",
  ];
  try {
    if (untracked.length > 0) {
      await repository.git(["update-index", "-z", "--index-info"], { stdin: saved.untrackedInfo });
      // By themselves: what is new may be where a file or a folder of HEAD belongs.
      await repository.git(restore, { stdin: listed(untracked) });
    }
    if (tracked.length > 0) await repository.git(restore, { stdin: listed(tracked) });
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    throw new GitFailure(`saved as ${ref}, but the tree could not be cleared: ${error.message}`);
  }
}

function branchName({ branch }: { readonly branch: string }): string {
  return branch === "(detached)" ? "(no branch)" : readable(branch);
}
