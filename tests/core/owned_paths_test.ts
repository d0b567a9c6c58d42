import assert from "node:assert/strict";
import { ownedMatcher } from "../../lib/core/owned_paths.ts";

const MATCHES: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
  ["proposals/", ["proposals/a.md", "proposals/x/y", "proposals/"], [
    "proposal",
    "x/proposals/a",
    "proposalsx",
  ]],
  ["a/b/", ["a/b/c", "a/b/"], ["a/c", "x/a/b/c"]],
  ["out*/", ["out/x", "output/x/y"], ["about/x"]],
  ["./reports/", ["reports/a"], ["report/a"]],
  ["reports/*.md", ["reports/a.md", "sub/reports/dev.md"], ["reports/sub/a.md", "reports/a.txt", "a.md"]],
  ["notes", ["notes", "a/notes"], ["notes.md", "notes/a"]],
  ["?.log", ["a.log", "x/b.log"], ["ab.log"]],
  ["logs/plugins/**/*", ["logs/plugins/a", "logs/plugins/x/y/z"], ["x/logs/plugins/a", "logs/plugins"]],
  ["reports/**/*.md", ["reports/a.md", "reports/x/y/a.md"], ["sub/reports/a.md", "reports/a.txt"]],
  ["**/*.md", ["a.md", "x/a.md"], ["a.txt"]],
  ["build/**", ["build/a", "build/x/y"], ["x/build/a"]],
];

for (const [pattern, yes, no] of MATCHES) {
  Deno.test(`ownedMatcher() reads ${pattern} as documented`, () => {
    assert.deepEqual([...yes, ...no].filter(ownedMatcher([pattern])), yes);
  });
}

Deno.test("ownedMatcher() matches a path that any of its patterns matches, and nothing without patterns", () => {
  assert.equal(ownedMatcher(["a/", "*.md"])("x/b.md"), true);
  assert.equal(ownedMatcher([])("a"), false);
});
