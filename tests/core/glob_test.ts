import assert from "node:assert/strict";
import { byComponents, globParts } from "../../lib/core/glob.ts";

const MATCHES: readonly (readonly [word: string, yes: readonly string[], no: readonly string[]])[] = [
  ["*.md", ["a.md", ".md", ".hidden.md", "ü.md"], ["a.mdx", "amd"]],
  ["?.ts", ["a.ts", "😀.ts"], ["ab.ts", ".ts"]],
  ["[abc]", ["a", "c"], ["d", "ab", "[abc]"]],
  ["[!abc]*", ["d", "dog"], ["a", "cat"]],
  ["[a-c]1", ["a1", "c1"], ["d1", "-1"]],
  ["[]x]", ["]", "x"], ["y"]],
  ["[c-a]", [], ["a", "b", "c", "-"]],
  ["[a-]*", ["a1", "-1"], ["b"]],
  ["[*", ["[", "[x"], ["x"]],
  ["a+b(*)", ["a+b()", "a+b(x)"], ["aab()"]],
  ["*\\d", ["x\\d"], ["x1"]],
];

for (const [word, yes, no] of MATCHES) {
  Deno.test(`globParts() reads ${word} as a shell does`, () => {
    const [part] = globParts(word);
    assert.ok(part?.kind === "pattern");
    assert.deepEqual([...yes, ...no].filter((name) => part.matches.test(name)), yes);
  });
}

Deno.test("globParts() splits at slashes and joins what ** says twice", () => {
  const kinds = globParts("/docs/./**/**/*.md").map(({ kind }) => kind);
  assert.deepEqual(kinds, ["name", "depth", "pattern"]);
});

Deno.test("byComponents() puts a folder's files before names that its own name begins", () => {
  const sorted = ["a/b", "a", "a/c/d", "a/b-1", "a-b", "a.b/c", "b", "A", "\u{1F600}", "\uFF21"].sort(
    byComponents,
  );
  assert.deepEqual(sorted, ["A", "a", "a/b", "a/b-1", "a/c/d", "a-b", "a.b/c", "b", "\uFF21", "\u{1F600}"]);
});
