import { bestEffort } from "../core/file_error.ts";
import type { Host, WorkTree } from "../host.ts";
import type { Bare } from "./bare.ts";

/** The folder, or the next one above it, that is the root of a git work tree, null without one; no git is run. */
export function workTreeAround(host: Host, dir: string): string | null {
  for (
    let place = host.files.realPath(dir) ?? dir;
    place !== "";
    place = place.slice(0, place.lastIndexOf("/"))
  ) {
    if (host.files.stat(`${place}/.git`) !== null) return place;
  }
  return host.files.stat("/.git") === null ? null : "/";
}

export function isInWorkTree(host: Host, dir: string): boolean {
  return workTreeAround(host, dir) !== null;
}

/** As `workTreeAround`, null too where that cannot be seen. */
export function treeRootOf(host: Host, dir: string): string | null {
  let root: string | null = null;
  bestEffort(() => {
    root = workTreeAround(host, dir);
  });
  return root;
}

/**
 * Why the work tree is none of ours any more, null where it is. Where the repository has gone, git takes the next one
 * further out for it, in which everything of the project is a new file.
 * @param root that the work tree has now
 * @param treeRoot as in `Bare`
 */
export function goneRepository(root: string | null, treeRoot: string | null): string | null {
  if (root === null || treeRoot === null || root === treeRoot) return null;
  const isFurtherOut = treeRoot.startsWith(root === "/" ? root : `${root}/`);
  return isFurtherOut ? `${treeRoot} is no repository any more, and ${root} around it is another one` : null;
}

/**
 * The work tree as git tells it, without the program's own logs; none where the configuration does without git and
 * there is no repository.
 */
export async function lookAtWorkTree(
  { host, config: { runtime, vcs }, treeRoot }: Pick<Bare, "host" | "config" | "treeRoot">,
): Promise<WorkTree> {
  const { work_dir, log_dir } = runtime;
  if (vcs.dirty_action === "ignore" && !isInWorkTree(host, work_dir)) return { kind: "none" };
  const why = goneRepository(treeRootOf(host, work_dir), treeRoot);
  return why === null ? await host.git.status(work_dir, log_dir) : { kind: "unknown", why };
}

/** Commit id of HEAD, null where there is none or it cannot be seen. */
export function headOf(tree: WorkTree): string | null {
  return tree.kind === "tree" ? tree.head : null;
}

/** Whether a round changed HEAD or the tree; null where it cannot be seen. */
export function hasChanged(before: WorkTree, after: WorkTree): boolean | null {
  if (before.kind !== "tree" || after.kind !== "tree") return null;
  return before.head !== after.head || before.fingerprint !== after.fingerprint;
}
