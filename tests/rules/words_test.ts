import assert from "node:assert/strict";
import {
  type Check,
  checkAmbient,
  checkImports,
  checkName,
  checkPure,
  checkShape,
  checkShared,
  checkSize,
  checkText,
} from "./rules.ts";
import { listFiles, ROOT } from "./tree.ts";

/** Which files each rule is for. */
const RULES: readonly (readonly [name: string, rule: Check, files: RegExp])[] = [
  ["checkAmbient()", checkAmbient, /^(lib\/(?!sys\/)|plugins\/|presets\/).*\.ts$/],
  ["checkPure()", checkPure, /^lib\/core\/.*\.ts$/],
  ["checkImports()", checkImports, /^(lib|plugins)\/.*\.ts$|^main\.ts$/],
  ["checkShape()", checkShape, /^(?!tests\/fixtures\/).*\.ts$/],
  ["checkShared()", checkShared, /^tests\/.*_test\.ts$/],
  ["checkSize()", checkSize, /^(?!tests\/).*\.ts$/],
  ["checkName()", checkName, /^(?!tests\/fixtures\/).*\.ts$/],
  ["checkText()", checkText, /^(?!deno\.lock$)/],
];

for (const [name, rule, files] of RULES) {
  Deno.test(`${name} finds nothing in this repository`, () => {
    const paths = listFiles(ROOT).filter((path) => files.test(path));
    assert.deepEqual(paths.flatMap((path) => rule(path, Deno.readTextFileSync(ROOT + path))), []);
  });
}

Deno.test("checkAmbient() reports each way around Host", () => {
  const ways = [
    "Deno.args",
    "type A = typeof Deno.args",
    "globalThis.name",
    "process.pid",
    "f({ Buffer })",
    "console.log(1)",
    "setTimeout(f)",
    "Date.now()",
    "Date\n  .now()",
    "new Date()",
    "Math.random()",
    "Temporal.Now.instant()",
    `import { join } from "node:path"`,
    `await import("node:fs")`,
  ];
  for (const way of ways) assert.equal(checkAmbient("lib/cli/run.ts", way).length, 1, way);
});

Deno.test("checkAmbient() leaves comments, texts, members and dates that are given alone", () => {
  const text = [
    "// Deno.args, “console”",
    `const text = "process.pid";`,
    "const at = new Date(0), clock = host.process.setTimeout;",
    "interface Ports { readonly process: string; console(): void }",
  ].join("\n");
  assert.deepEqual(checkAmbient("lib/cli/run.ts", text), []);
});

Deno.test("checkPure() reports everything that waits, with its line", () => {
  assert.deepEqual(checkPure("lib/core/a.ts", `const s = "…";\nasync function f() {}`), [
    "lib/core/a.ts:2: core has no async function",
  ]);
  for (
    const way of ["const f = async () => 1", "class A { async m() {} }", "await f()", "let p: Promise<void>"]
  ) {
    assert.equal(checkPure("lib/core/a.ts", way).length, 1, way);
  }
  assert.deepEqual(
    checkPure("lib/core/a.ts", "// async await Promise\nfunction f() { for (const x of []) g(x); }"),
    [],
  );
});

Deno.test("checkImports() reports packages as a whole, and later imports without their own type", () => {
  assert.equal(checkImports("lib/cli/run.ts", `import * as v from "valibot";`).length, 1);
  const later = `await import("./a.ts" as string)`;
  assert.equal(checkImports("lib/cli/run.ts", later).length, 1);
  assert.equal(checkImports("lib/cli/run.ts", `${later} as typeof import("./b.ts")`).length, 1);
  assert.deepEqual(checkImports("lib/cli/run.ts", `${later} as typeof import("./a.ts")`), []);
  assert.deepEqual(checkImports("lib/cli/run.ts", `await import("./a.ts")`), []);
});

Deno.test("checkShape() reports default exports, arrows at the top and swallowed failures", () => {
  assert.equal(checkShape("lib/cli/run.ts", "export default 1;").length, 1);
  assert.deepEqual(checkShape("plugins/claude.ts", "export default 1;"), []);
  assert.equal(checkShape("lib/cli/run.ts", "const f = () => 1;").length, 1);
  assert.equal(checkShape("lib/cli/run.ts", "export const f = () => 1;").length, 1);
  assert.deepEqual(checkShape("lib/cli/run.ts", "function f() { const g = () => 1; }"), []);
  assert.equal(checkShape("lib/cli/run.ts", "try { f(); } catch { }").length, 1);
  assert.deepEqual(checkShape("lib/cli/run.ts", "try { f(); } catch { return null; }"), []);
});

Deno.test("checkShared() reports what other tests would see, in texts not", () => {
  for (const way of [`Deno.env.set("A", "1")`, `Deno.env.delete("A")`, `Deno.chdir("/")`, `Deno.umask(0)`]) {
    assert.equal(checkShared("tests/core/a_test.ts", way).length, 1, way);
  }
  assert.deepEqual(checkShared("tests/core/a_test.ts", `Deno.env.get("A"); run("Deno.chdir()");`), []);
});

Deno.test("checkSize() reports long files, but tables, and long functions", () => {
  const lines = (count: number) => "f();\n".repeat(count);
  assert.deepEqual(checkSize("lib/cli/run.ts", lines(300)), []);
  assert.deepEqual(checkSize("lib/cli/run.ts", lines(301)), [
    "lib/cli/run.ts:301: split it: 301 lines, at most 300",
  ]);
  assert.deepEqual(checkSize("lib/core/events.ts", lines(301)), []);
  assert.deepEqual(checkSize("lib/cli/run.ts", `function f() {\n${lines(48)}}`), []);
  assert.equal(checkSize("lib/cli/run.ts", `class A { m() {\n${lines(49)}} }`).length, 1);
});

Deno.test("checkName() reports what is not snake_case", () => {
  assert.deepEqual(checkName("lib/core/exit_code.ts"), []);
  for (const path of ["lib/core/exitCode.ts", "lib/core/exit-code.ts", "lib/Core/exit.ts"]) {
    assert.equal(checkName(path).length, 1, path);
  }
});

Deno.test("checkText() reports notes to self, machine paths and registries", () => {
  const [work, root, host] = ["/work" + "/main", "/root" + "/.cache", "registry" + ".npmjs.org"];
  for (const text of [`// TO${"DO"}: x`, `"${work}"`, `cd ${root}`, `https://${host}/`]) {
    assert.equal(checkText("docs/guide.md", text).length, 1, text);
  }
  assert.deepEqual(checkText("docs/guide.md", "src" + work + " and /workspace/ and ~" + root), []);
});
