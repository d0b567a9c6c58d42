import type { Host, WorkTree } from "../host.ts";
import type { Supervision } from "./supervision.ts";

/** Whether the folder or one above it is the root of a git work tree; no git is run. */
export function isInWorkTree(host: Host, dir: string): boolean {
  for (
    let place = host.files.realPath(dir) ?? dir;
    place !== "";
    place = place.slice(0, place.lastIndexOf("/"))
  ) {
    if (host.files.stat(`${place}/.git`) !== null) return true;
  }
  return host.files.stat("/.git") !== null;
}

/** The work tree at this moment; none where the configuration does not ask for git and there is none. */
export async function workTree({ host, config }: Supervision): Promise<WorkTree> {
  const { work_dir } = config.runtime;
  if (config.vcs.dirty_action === "ignore" && !isInWorkTree(host, work_dir)) return { kind: "none" };
  return await host.git.status(work_dir);
}

/** Whether a round changed HEAD or the tree; null where it cannot be seen. */
export function hasChanged(before: WorkTree, after: WorkTree): boolean | null {
  if (before.kind !== "tree" || after.kind !== "tree") return null;
  return before.head !== after.head || before.fingerprint !== after.fingerprint;
}
