import assert from "node:assert/strict";
import fc from "fast-check";
import { globParts } from "../../lib/core/glob.ts";
import { ownedMatcher } from "../../lib/core/owned_paths.ts";

/** The rule as it is written down, for whole paths: slow, and plainly right. */
function plainlyMatches(parts: readonly string[], names: readonly string[]): boolean {
  const [part, ...others] = parts;
  if (part === undefined) return names.length === 0;
  if (part === "**" && others.length === 0) return true;
  if (part === "**") return names.some((_, at) => plainlyMatches(others, names.slice(at)));
  const [name, ...rest] = names;
  return name !== undefined && nameMatches(part, name) && plainlyMatches(others, rest);
}

function nameMatches(part: string, name: string): boolean {
  if (part === "") return name === "";
  if (part.startsWith("*")) {
    return nameMatches(part.slice(1), name) || (name !== "" && nameMatches(part, name.slice(1)));
  }
  return name !== "" && (part[0] === "?" || part[0] === name[0]) && nameMatches(part.slice(1), name.slice(1));
}

Deno.test("ownedMatcher() matches what its rule says, for any glob with ** in it", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), minLength: 1, maxLength: 6 });
  const part = fc.oneof(fc.constant("**"), word.filter((text) => !text.includes("**")));
  const name = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 5 });
  const lists = [
    fc.array(part, { minLength: 1, maxLength: 6 }),
    fc.array(name, { minLength: 1, maxLength: 6 }),
  ] as const;
  fc.assert(
    fc.property(...lists, (parts, names) => {
      const glob = `**/${parts.join("/")}`;
      const once = glob.split("/").filter((one, index, all) => one !== "**" || all[index - 1] !== "**");
      assert.equal(ownedMatcher([glob])(names.join("/")), plainlyMatches(once, names));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("ownedMatcher() takes no time for a glob that is made to take some", () => {
  const path = `${"a/".repeat(100)}${"a".repeat(200)}.txt`;
  const globs = [
    "**/a/".repeat(40) + "b",
    "*a".repeat(100) + "b",
    "*?".repeat(100) + "!",
    "**/*?".repeat(30) + "/b",
  ];
  for (const glob of globs) assert.equal(ownedMatcher([glob])(path), false, glob);
});

Deno.test("globParts() takes each * as any characters", () => {
  for (
    const [word, name, isMatch] of [["*a*b*", "xaxbx", true], ["*a*b", "ab", true], [
      "a*a",
      "a",
      false,
    ]] as const
  ) {
    const [part] = globParts(word);
    assert.equal(part?.kind === "pattern" && part.matches.test(name), isMatch, word);
  }
});
