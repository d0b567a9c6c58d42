import type { Config } from "../core/config.ts";
import type { Host, WorkTree } from "../host.ts";

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

/**
 * The work tree as git tells it, without the program's own logs; none where the configuration does without git and
 * there is no repository.
 */
export async function lookAtWorkTree(host: Host, { runtime, vcs }: Config): Promise<WorkTree> {
  const { work_dir, log_dir } = runtime;
  if (vcs.dirty_action === "ignore" && !isInWorkTree(host, work_dir)) return { kind: "none" };
  return await host.git.status(work_dir, log_dir);
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
