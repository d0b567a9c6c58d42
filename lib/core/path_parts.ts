/**
 * The last component of a path: a program's name, whatever the folder.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(["/usr/bin/claude", "claude"].map(baseName), ["claude", "claude"]);
 * ```
 */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The folder of an absolute path; that of something in the root is `/`. */
export function dirOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 1));
}
