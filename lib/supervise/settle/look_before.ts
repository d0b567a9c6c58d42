import { readable } from "../../core/byte_text.ts";
import type { WorkTree } from "../../host.ts";
import type { Bare } from "../bare.ts";
import { lookAtWorkTree } from "../work_tree.ts";
import { findChanges, pathsOf } from "./dirty.ts";
import { GitFailure, Repository } from "./repository.ts";

/**
 * The work tree before a round. Where the round's changes may be committed, each file that is dirty already is listed
 * by itself, also within new folders.
 */
export async function lookBeforeAgent(
  bare: Pick<Bare, "host" | "config" | "treeRoot">,
  mayCommit = bare.config.vcs.dirty_action === "auto_commit",
): Promise<WorkTree> {
  const { host, config } = bare;
  const tree = await lookAtWorkTree(bare);
  if (tree.kind !== "tree" || tree.dirty.length === 0 || !mayCommit) return tree;
  try {
    const repository = await Repository.around(host, config.runtime.work_dir);
    const changes = await findChanges(host, config, repository);
    return { ...tree, dirty: pathsOf(changes).map(readable) };
  } catch (error) {
    if (error instanceof GitFailure) return tree;
    throw error;
  }
}
