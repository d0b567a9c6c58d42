import assert from "node:assert/strict";
import { bytesOf, byteText, readable } from "../../lib/core/byte_text.ts";
import { parseGitChanges } from "../../lib/core/git_changes.ts";

const [A, B, ZERO] = ["a".repeat(40), "b".repeat(40), "0".repeat(40)];

Deno.test("parseGitChanges() reads commit, branch and each kind of change, and passes over what it does not know", () => {
  const changes = parseGitChanges([
    `# branch.oid ${A}`,
    "# branch.head (detached)",
    "# branch.upstream origin/main",
    `1 MM N... 100644 100644 100755 ${A} ${B} both of them`,
    `1 D. N... 100644 000000 000000 ${A} ${ZERO} staged as gone`,
    `1 .D N... 100644 100644 000000 ${A} ${A} gone`,
    `1 .M SCMU 160000 160000 160000 ${A} ${A} lib`,
    `u UU N... 100644 100644 100644 100644 ${A} ${A} ${B} conflict`,
    "? new file",
    "? repo/",
    "! ignored",
    "",
  ].join("\0"));
  assert.deepEqual([changes.head, changes.branch], [A, "(detached)"]);
  assert.deepEqual(changes.unmerged, ["conflict"]);
  assert.deepEqual(changes.untracked, ["new file", "repo/"]);
  const facts = changes.tracked.map((
    one,
  ) => [one.path, one.isStaged, one.isChanged, one.isGone, one.inIndex]);
  assert.deepEqual(facts, [
    ["both of them", true, true, false, `100644 ${B}`],
    ["staged as gone", true, false, false, `0 ${ZERO}`],
    ["gone", false, true, true, `100644 ${A}`],
    ["lib", false, true, false, `160000 ${A}`],
  ]);
  assert.deepEqual(changes.tracked.map(({ submodule }) => submodule), [null, null, null, {
    isMoved: true,
    hasOwnChanges: true,
  }]);
});

Deno.test("byteText() keeps all bytes, and readable() shows what is UTF-8", () => {
  const bytes = Uint8Array.from({ length: 30_000 }, (_, at) => at % 256);
  assert.deepEqual(bytesOf(byteText(bytes)), bytes);
  assert.equal(readable(byteText(new TextEncoder().encode("日本語 ü"))), "日本語 ü");
  assert.equal(readable("a\u00ff"), "a\ufffd");
});
