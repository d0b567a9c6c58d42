/**
 * The changes of a clean round as a stash: saved completely and kept by a ref, before anything is taken from the tree.
 *
 * @module
 */
import { readable } from "../../core/byte_text.ts";
import type { GitChanges, TrackedChange } from "../../core/git_changes.ts";
import type { Host } from "../../host.ts";
import { keepRef } from "./keep_ref.ts";
import { GitFailure, pathsIn, type Repository } from "./repository.ts";
import { type Chosen, type IndexEntry, nowhere, setEntries, take } from "./take.ts";

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
  /** HEAD with all of the changes. */
  readonly whole: string;
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
  const chosen: Chosen = { tracked, untracked };
  const saved = await save(repository, changes.head, chosen);
  const known = await sameStash(host, repository, saved, order);
  const id = known ?? await commitStash(repository, saved, changes.branch, order.message);
  const ref = await keepRef(repository, order.round, "stash", id);
  await clear(repository, saved, chosen, ref);
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
  const folders = tracked.filter(({ path, isGone, inIndex }) =>
    (isGone || inIndex.startsWith("0 ")) &&
    host.files.stat(`${repository.top}/${readable(path)}`)?.isDir === true
  );
  if (folders.length === 0) return;
  const ignored = await repository.git(["ls-files", "-z", "--others", "--ignored", "--exclude-standard"]);
  const unsaved = [...pathsIn(ignored), ...untracked.filter((path) => path.endsWith("/"))];
  const hidden = unsaved.find((path) => folders.some((folder) => path.startsWith(`${folder.path}/`)));
  if (hidden !== undefined) {
    throw new GitFailure(`${readable(hidden)} cannot be stashed, and is where a file was`);
  }
}

async function save(repository: Repository, head: string, { tracked, untracked }: Chosen): Promise<Saved> {
  return await repository.withIndex(async (index) => {
    const own = { index };
    const tree = async () => (await repository.git(["write-tree"], own)).trim();
    await repository.git(["read-tree", head], own);
    await setEntries(repository, stagedEntries(tracked.filter(({ isStaged }) => isStaged)), index);
    const staged = await tree();
    await take(repository, head, { tracked, untracked: [] }, index);
    const work = await tree();
    if (untracked.length === 0) return { head, index: staged, work, untracked: null, whole: work };
    await repository.git(["read-tree", "--empty"], own);
    await take(repository, head, { tracked: [], untracked }, index);
    const added = await tree();
    const info = await repository.git(["ls-files", "--stage", "-z"], own);
    await repository.git(["read-tree", work], own);
    await repository.git(["update-index", "-z", "--index-info"], { ...own, stdin: info });
    return { head, index: staged, work, untracked: added, whole: await tree() };
  });
}

function stagedEntries(tracked: readonly TrackedChange[]): readonly IndexEntry[] {
  return tracked.map(({ inIndex, path }) => ({ info: inIndex, path }));
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

/**
 * Takes the saved changes out of the tree, as a switch from a commit that holds them to HEAD would. git refuses that as
 * a whole where a file has changed once more since it was saved; then the index becomes again what it was.
 */
async function clear(
  repository: Repository,
  { head, whole }: Saved,
  chosen: Chosen,
  ref: string,
): Promise<void> {
  try {
    await take(repository, head, chosen);
    await repository.git(["read-tree", "-m", "-u", whole, head]);
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    const gone = chosen.untracked.map((path) => ({ info: nowhere(head), path }));
    await setEntries(repository, [...gone, ...stagedEntries(chosen.tracked)]);
    throw new GitFailure(`saved as ${ref}, but the tree could not be cleared: ${error.message}`);
  }
}

function branchName({ branch }: { readonly branch: string }): string {
  return branch === "(detached)" ? "(no branch)" : readable(branch);
}
