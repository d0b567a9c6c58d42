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

/**
 * An absolute path without `.`, `..` and empty parts, by its text alone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(normalPath("/srv/site/../app//./x.toml"), "/srv/app/x.toml");
 * ```
 */
export function normalPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
