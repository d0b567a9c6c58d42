import { type GlobPart, globParts } from "./glob.ts";

/**
 * Whether a path (relative, `/` between its parts) is one of those that plugins own.
 *
 * `dir/` is the folder with all that is in it, a glob without `**` matches the end of a path, one with `**` the whole.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const isOwned = ownedMatcher(["proposals/", "reports/*.md", "logs/**\/*.txt"]);
 * assert.deepEqual(
 *   ["proposals/a/b", "sub/reports/dev.md", "logs/x/y/z.txt", "src/x"].map(isOwned),
 *   [true, true, true, false],
 * );
 * ```
 */
export function ownedMatcher(patterns: readonly string[]): (path: string) => boolean {
  const matchers = patterns.map(matcherOf);
  return (path) => matchers.some((matches) => matches(path));
}

function matcherOf(pattern: string): (path: string) => boolean {
  const parts = globParts(pattern);
  if (pattern.endsWith("/")) {
    const whole = [...parts, { kind: "depth" } as const];
    return (path) => matches(whole, path.split("/").filter((name) => name !== ""));
  }
  if (parts.some(({ kind }) => kind === "depth")) return (path) => matches(parts, path.split("/"));
  return (path) => matches(parts, path.split("/").slice(-parts.length));
}

/** Goes back to the last `**` only: what an earlier one takes more makes no difference. */
function matches(parts: readonly GlobPart[], names: readonly string[]): boolean {
  let part = 0;
  let name = 0;
  let back: { readonly part: number; name: number } | null = null;
  while (name < names.length) {
    const at = parts[part];
    if (at?.kind === "depth") {
      if (part === parts.length - 1) return true;
      back = { part: ++part, name };
    } else if (at !== undefined && fits(at, names[name]!)) {
      part++;
      name++;
    } else if (back !== null) {
      part = back.part;
      name = ++back.name;
    } else return false;
  }
  // A `**` at the end stands for something below.
  return part === parts.length || (part === parts.length - 1 && parts[part]?.kind === "depth");
}

function fits(part: Exclude<GlobPart, { readonly kind: "depth" }>, name: string): boolean {
  return part.kind === "name" ? part.name === name : part.matches.test(name);
}
