import assert from "node:assert/strict";
import { hash53, parseGitStatus } from "../../lib/core/git_status.ts";

const OID = "6f1ab5d1d8f8d4e9a4c0c5f0a1b2c3d4e5f60718";
const CHANGED = `.M N... 100644 100644 100644 ${OID} ${OID}`;

function status(...records: readonly string[]): string {
  return records.map((record) => record + "\0").join("");
}

Deno.test("parseGitStatus() finds the commit and nothing dirty in a clean tree", () => {
  const text = status(
    `# branch.oid ${OID}`,
    "# branch.head main",
    "# branch.upstream origin/main",
    "# branch.ab +0 -0",
  );
  assert.deepEqual(parseGitStatus(text), { head: OID, dirty: [], text });
});

Deno.test("parseGitStatus() has no head before the first commit", () => {
  const { head, dirty } = parseGitStatus(status("# branch.oid (initial)", "# branch.head main"));
  assert.deepEqual([head, dirty], [null, []]);
});

Deno.test("parseGitStatus() keeps blanks, newlines and leading dashes of names", () => {
  const names = ["a b  c.txt", "line\nbreak", "-n", "? x", "ünï", "bad\ufffdbyte"];
  const text = status(...names.map((name) => `1 ${CHANGED} ${name}`), ...names.map((name) => `? ${name}/`));
  assert.deepEqual(parseGitStatus(text).dirty, [...names, ...names.map((name) => `${name}/`)]);
});

Deno.test("parseGitStatus() takes the new name of a rename and skips the old one", () => {
  const text = status(`2 R. N... 100644 100644 100644 ${OID} ${OID} R100 new name`, "? old name", "? other");
  assert.deepEqual(parseGitStatus(text).dirty, ["new name", "other"]);
});

Deno.test("parseGitStatus() counts a conflict, not what is ignored or unknown", () => {
  const conflict = `u UU N... 100644 100644 100644 100644 ${OID} ${OID} ${OID} both.txt`;
  assert.deepEqual(parseGitStatus(status(conflict, "! ignored", "9 future", "")).dirty, ["both.txt"]);
});

Deno.test("parseGitStatus() takes no file name for a header", () => {
  const { head, dirty } = parseGitStatus(status("? # branch.oid x", "# stash 3"));
  assert.deepEqual([head, dirty], [null, ["# branch.oid x"]]);
});

Deno.test("parseGitStatus() leaves out what lies in the folder apart, and nothing that is only called alike", () => {
  const moved = `2 R. N... 100644 100644 100644 ${OID} ${OID} R100`;
  const kept = [`# branch.oid ${OID}`, "? logs", "? logs2/", "? var/logs/", `${moved} new`, "logs/old"];
  const left = ["? logs/", `1 ${CHANGED} logs/a`, `${moved} logs/new`, "old"];
  assert.deepEqual(parseGitStatus(status(...left, ...kept), "logs/"), {
    head: OID,
    dirty: ["logs", "logs2/", "var/logs/", "new"],
    text: status(...kept),
  });
});

Deno.test("hash53() differs for 20,000 similar texts and is 14 hexadecimal digits", () => {
  const seen = new Set<string>();
  for (let i = 0; i < 20_000; i++) seen.add(hash53(`? file${i}\0 ${i * 7} 1700000000${i % 10}`));
  assert.equal(seen.size, 20_000);
  for (const hash of seen) assert.match(hash, /^[0-9a-f]{14}$/);
});

Deno.test("hash53() notices a change in the upper byte of a character and the order", () => {
  assert.notEqual(hash53("\u0141"), hash53("\u0041"));
  assert.notEqual(hash53("ab"), hash53("ba"));
  assert.equal(hash53(""), hash53(""));
});
