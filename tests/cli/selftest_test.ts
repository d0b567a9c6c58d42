import assert from "node:assert/strict";
import type { Check } from "../../lib/cli/selftest/check.ts";
import { CHECKS } from "../../lib/cli/selftest/checks.ts";
import { selftest, selftestDocument, selftestText } from "../../lib/cli/selftest.ts";
import type { CliContext } from "../../lib/cli/context.ts";
import { FileError } from "../../lib/core/file_error.ts";
import type { Host } from "../../lib/host.ts";
import { systemHost } from "../../lib/sys/mod.ts";

function checkOf(name: string): Check {
  return CHECKS.find((check) => check.name === name)!;
}

Deno.test("selftestText() says below each ✗ what was seen and what it costs, and counts what weakens a promise", () => {
  const outcomes = [
    { check: checkOf("session"), ok: true, found: "" },
    { check: checkOf("flock"), ok: false, found: "flock(1) is not on PATH" },
    { check: checkOf("free_space"), ok: true, found: "5 MiB free" },
    { check: checkOf("git"), ok: false, found: "git cannot be run" },
  ];
  const indent = " ".repeat(16);
  assert.equal(
    selftestText(outcomes),
    [
      "Nothing runs that should not",
      `  ✓ session     ${checkOf("session").text}`,
      `  ✗ flock       ${checkOf("flock").text}`,
      `${indent}flock(1) is not on PATH`,
      `${indent}${checkOf("flock").cost}`,
      "",
      "No work is lost",
      `  ✓ free_space  ${checkOf("free_space").text} (5 MiB free)`,
      "",
      "What it reports is true",
      `  ✗ git         ${checkOf("git").text}`,
      `${indent}git cannot be run`,
      `${indent}No promise, but: ${checkOf("git").cost}`,
      "",
      "1 of 4 checks weakens a promise on this machine.\n",
    ].join("\n"),
  );
});

Deno.test("selftestDocument() is ok when all that fails is not required, and has a cost for each failure", () => {
  const bad = (name: string) => ({ check: checkOf(name), ok: false, found: "x" });
  assert.equal(selftestDocument([bad("git"), bad("holes")]).ok, true);
  const document = selftestDocument([bad("git"), bad("cgroup")]);
  assert.equal(document.ok, false);
  assert.deepEqual(document.checks.map(({ name, required, cost }) => [name, required, cost]), [
    ["git", false, checkOf("git").cost],
    ["cgroup", true, checkOf("cgroup").cost],
  ]);
});

Deno.test("selftest says what to do where there can be no temporary folder", async () => {
  const real = systemHost();
  function makeTempDir(): never {
    throw new FileError("read_only", "temporary folder", "Read-only file system");
  }
  const host: Host = { ...real, files: { ...real.files, makeTempDir } };
  const result = await selftest({ host } as CliContext, { json: true });
  assert.ok(typeof result === "object" && result.kind === "failure");
  assert.deepEqual([result.exitCode, result.hint?.includes("TMPDIR")], [1, true]);
});
