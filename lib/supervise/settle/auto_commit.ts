/**
 * The agent's own changes as a commit. It is made on an index of its own, so that one that fails leaves no trace.
 *
 * @module
 */
import { readable } from "../../core/byte_text.ts";
import type { GitChanges, TrackedChange } from "../../core/git_changes.ts";
import type { WorkTree } from "../../host.ts";
import { folderOf } from "./dirty.ts";
import { keepRef } from "./keep_ref.ts";
import { GitFailure, pathsIn, type Repository } from "./repository.ts";
import { type Chosen, type IndexEntry, setEntries, take } from "./take.ts";

export interface CommitOrder {
  readonly round: number;
  readonly message: string;
  /** The work tree before the agent. */
  readonly before: WorkTree;
  /** How long the commit may take, its hooks included (ms). */
  readonly withinMs: number;
}

export interface AutoCommit {
  /** Commit id. */
  readonly id: string;
  /** What the commit holds. */
  readonly paths: readonly string[];
  /** What went wrong after it was made, null where nothing did. */
  readonly complaint: string | null;
}

/**
 * Commits what has become dirty since `before`; null when nothing has.
 * @throws GitFailure; then index and tree are as they were
 */
export async function autoCommit(
  repository: Repository,
  changes: GitChanges,
  order: CommitOrder,
): Promise<AutoCommit | null> {
  const own = ownChanges(changes, order.before);
  if (own.tracked.length + own.untracked.length === 0) return null;
  const id = await repository.withIndex((index) => commit(repository, index, changes.head, own, order));
  if (id === null) return null;
  const tree = ["diff-tree", "--root", "--no-commit-id", "--no-renames", "-r", "-z"];
  const entries = entriesIn(await repository.ask([...tree, id]) ?? "");
  const paths = new Set(entries.map(({ path }) => path));
  // What was staged and then changed back is in no commit, but still in the index.
  const rest = own.tracked.filter(({ path }) => !paths.has(path)).map(({ path, inHead }) => ({
    info: inHead,
    path,
  }));
  const complaint = await follow(repository, order.round, id, [...entries, ...rest]);
  return { id, paths: [...paths], complaint };
}

/** Pairs of `:<old mode> <mode> <old id> <id> <status>` and a path. */
function entriesIn(raw: string): readonly IndexEntry[] {
  const fields = pathsIn(raw);
  return fields.filter((_, at) => at % 2 === 1).map((path, at) => {
    const [, mode = "", , id = ""] = fields[at * 2]!.split(" ");
    return { info: `${mode === "000000" ? "0" : mode} ${id}`, path };
  });
}

/** Keeps the commit and takes it over into the repository's index; the words of what of it did not work, or null. */
async function follow(
  repository: Repository,
  round: number,
  id: string,
  entries: readonly IndexEntry[],
): Promise<string | null> {
  try {
    await setEntries(repository, entries);
    // It ends with 1 where something else is still changed.
    await repository.ask(["update-index", "-q", "--refresh"]);
    await keepRef(repository, round, "commit", id);
    return null;
  } catch (error) {
    if (error instanceof GitFailure) return error.message;
    throw error;
  }
}

/** What was dirty before is somebody else's; what a submodule or a repository within holds is its own matter. */
function ownChanges({ tracked, untracked }: GitChanges, before: WorkTree): Chosen {
  if (before.kind !== "tree") throw new GitFailure("what was dirty before the round is not known");
  const known = new Set(before.dirty);
  const isOwn = (path: string) => !known.has(readable(path)) && folderOf(readable(path), known) === null;
  return {
    tracked: tracked.filter(({ path, submodule }) => isOwn(path) && (submodule?.isMoved ?? true)),
    untracked: untracked.filter((path) => isOwn(path) && !path.endsWith("/")),
  };
}

async function commit(
  repository: Repository,
  index: string,
  head: string | null,
  own: Chosen,
  { message, withinMs }: CommitOrder,
): Promise<string | null> {
  // With what the repository's own index knows of ages, files that did not change are not read again.
  if (head === null) await repository.git(["read-tree", "--empty"], { index });
  else await repository.git(["read-tree", "--reset", `--index-output=${index}`, "HEAD"]);
  await take(repository, head, { ...own, tracked: own.tracked.map(asChanged) }, index);
  const tree = (await repository.git(["write-tree"], { index })).trim();
  if (head !== null && tree === await repository.ask(["rev-parse", "HEAD^{tree}"])) return null;
  const words = ["-c", "commit.gpgsign=false", "commit", "--quiet", "-m", message];
  await repository.gitWithHooks(words, { index, timeoutMs: withinMs });
  return (await repository.git(["rev-parse", "HEAD"])).trim();
}

/** Against HEAD: what is only staged is not in the commit's index yet, be it that it has gone. */
function asChanged(change: TrackedChange): TrackedChange {
  const isGone = change.isGone || (change.isStaged && change.inIndex.startsWith("0 "));
  return { ...change, isChanged: true, isGone };
}
