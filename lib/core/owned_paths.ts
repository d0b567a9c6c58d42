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

function matches(parts: readonly GlobPart[], names: readonly string[]): boolean {
  const [part, ...others] = parts;
  if (part === undefined) return names.length === 0;
  if (part.kind === "depth") {
    return others.length === 0 || names.some((_, at) => matches(others, names.slice(at)));
  }
  const [name, ...rest] = names;
  if (name === undefined) return false;
  return (part.kind === "name" ? part.name === name : part.matches.test(name)) && matches(others, rest);
}
