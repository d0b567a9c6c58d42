import type { Host } from "../host.ts";

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
