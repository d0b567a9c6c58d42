import assert from "node:assert/strict";
import { checkLayers, importsOf } from "./rules.ts";
import { listFiles, ROOT } from "./tree.ts";

Deno.test("checkLayers() finds nothing in this repository", () => {
  const sources = listFiles(ROOT).filter((path) => /^(lib|plugins|presets)\/.*\.ts$|^main\.ts$/.test(path));
  assert.deepEqual(sources.flatMap((path) => checkLayers(path, Deno.readTextFileSync(ROOT + path))), []);
});

Deno.test("checkLayers() reports an import into a forbidden folder, types included", () => {
  const text = `import type { Tree } from "../observe/tree.ts";\nexport * from "../core/verdict.ts";\n`;
  assert.deepEqual(checkLayers("lib/supervise/serve.ts", text), [
    "lib/supervise/serve.ts:1: lib/supervise/ may not import lib/observe/tree.ts",
  ]);
});

Deno.test("checkLayers() keeps sys away from the command line, and plugins to their one door", () => {
  assert.equal(checkLayers("lib/cli/run.ts", `const host = await import("../sys/host.ts");`).length, 1);
  assert.equal(
    checkLayers("plugins/claude.ts", `type T = import("../lib/core/verdict.ts").Ending;`).length,
    1,
  );
  assert.deepEqual(checkLayers("plugins/claude.ts", `import { x } from "../lib/core/plugin.ts";`), []);
  assert.deepEqual(checkLayers("main.ts", `import { x } from "./lib/sys/host.ts";`), []);
});

Deno.test("checkLayers() lets core have its one package and nobody a URL", () => {
  assert.deepEqual(
    checkLayers("lib/core/cells.ts", `import { eastAsianWidth } from "get-east-asian-width";`),
    [],
  );
  assert.equal(checkLayers("lib/core/config.ts", `import { parse } from "smol-toml";`).length, 1);
  assert.equal(checkLayers("lib/cli/run.ts", `import x from "npm:left-pad";`).length, 1);
});

Deno.test("checkLayers() lets host.ts import types only", () => {
  assert.deepEqual(checkLayers("lib/host.ts", `import { type A } from "./core/a.ts";`), []);
  assert.equal(checkLayers("lib/host.ts", `import { A } from "./core/a.ts";`).length, 1);
});

Deno.test("checkLayers() reports a file outside all layers", () => {
  assert.deepEqual(checkLayers("lib/util/misc.ts", ""), ["lib/util/misc.ts:1: belongs to no layer"]);
});

Deno.test("importsOf() finds every form and leaves comments and strings alone", () => {
  const text = [
    `import a from "./a.ts"; // “quoted” import "./x.ts"`,
    `import type { B } from "./b.ts";`,
    `export { c } from "./c.ts";`,
    `export const d = () => import("./d.ts");`,
    `export type E = import("./e.ts").E;`,
    'export const text = `import "./y.ts"`;',
    `const f = await import("./f.ts" as string);`,
  ].join("\n");
  assert.deepEqual(importsOf("a.ts", text).map((one) => Object.values(one)), [
    ["./a.ts", 1, false, false, true],
    ["./b.ts", 2, true, false, false],
    ["./c.ts", 3, false, false, true],
    ["./d.ts", 4, false, true, true],
    ["./e.ts", 5, true, false, false],
    ["./f.ts", 7, false, true, false],
  ]);
});
