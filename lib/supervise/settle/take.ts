import type { TrackedChange } from "../../core/git_changes.ts";
import { listed, type Repository } from "./repository.ts";

/** What of the changes is dealt with. */
export interface Chosen {
  readonly tracked: readonly TrackedChange[];
  readonly untracked: readonly string[];
}

/** A line of `git update-index --index-info`: mode and id, and the path. */
export interface IndexEntry {
  readonly info: string;
  readonly path: string;
}

/** Takes the changes into an index as they are in the work tree; the repository's own index unless told. */
export async function take(
  repository: Repository,
  head: string | null,
  { tracked, untracked }: Chosen,
  index?: string,
): Promise<void> {
  const changed = tracked.filter(({ isChanged }) => isChanged);
  // First and by themselves: git does not look for a path below what is a link or a file now.
  const gone = changed.filter(({ isGone }) => isGone).map(({ path }) => ({ info: nowhere(head), path }));
  await setEntries(repository, gone, index);
  const there = changed.filter(({ isGone }) => !isGone).map(({ path }) => path);
  const paths = [...there, ...untracked];
  if (paths.length === 0) return;
  await repository.git(["update-index", "--add", "--remove", "--replace", "-z", "--stdin"], {
    ...(index === undefined ? {} : { index }),
    stdin: listed(paths),
  });
}

/** Writes entries into an index without a look at the work tree. */
export async function setEntries(
  repository: Repository,
  entries: readonly IndexEntry[],
  index?: string,
): Promise<void> {
  if (entries.length === 0) return;
  await repository.git(["update-index", "-z", "--index-info"], {
    ...(index === undefined ? {} : { index }),
    stdin: listed(entries.map(({ info, path }) => `${info}\t${path}`)),
  });
}

/** Mode and id of what is not there; ids are as long as `head`, by which SHA-1 and SHA-256 differ. */
export function nowhere(head: string | null): string {
  return `0 ${"0".repeat(head?.length ?? 40)}`;
}
