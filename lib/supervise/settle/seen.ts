import type { GitChanges } from "../../core/git_changes.ts";
import type { Supervision } from "../supervision.ts";
import { lookAtWorkTree } from "../work_tree.ts";
import { findChanges, shownPaths } from "./dirty.ts";
import { GitFailure, Repository } from "./repository.ts";

/** What of a dirty work tree handlers are told of. */
export interface Seen {
  readonly kind: "seen";
  readonly repository: Repository;
  readonly changes: GitChanges;
  /** For people. */
  readonly files: readonly string[];
}

/** @param whole the entries of a plain `git status` */
export async function look(
  { host, config, hooks }: Supervision,
  whole: readonly string[],
): Promise<Seen | { readonly kind: "unknown"; readonly why: string }> {
  try {
    const repository = await Repository.around(host, config.runtime.work_dir);
    const changes = await findChanges(host, config, repository, hooks.ownedPaths);
    return { kind: "seen", repository, changes, files: shownPaths(changes, whole, repository.prefix) };
  } catch (error) {
    if (error instanceof GitFailure) return { kind: "unknown", why: error.message };
    throw error;
  }
}

/**
 * What is dirty now, null where nothing is.
 * @throws GitFailure
 */
export async function lookAgain(supervision: Supervision): Promise<Seen | null> {
  const now = await lookAtWorkTree(supervision);
  if (now.kind !== "tree") throw new GitFailure(now.kind === "unknown" ? now.why : "the work tree has gone");
  const seen = await look(supervision, now.dirty);
  if (seen.kind === "unknown") throw new GitFailure(seen.why);
  return seen.files.length === 0 ? null : seen;
}
