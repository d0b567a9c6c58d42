import assert from "node:assert/strict";
import { checkStart, type Import, importsOf } from "./rules.ts";
import { ROOT } from "./tree.ts";

/** What `agent-runner --version` may load, packages included. */
const MODULES_MAX = 50;

/** What the runtime may look for, packages included, until `peek --json` has what it needs. */
const FORESEEN_MAX = 80;

/** Of a package that it foresees the runtime looks up the versions, on the network where it has not seen them yet. */
const PACKAGES = ["smol-toml"];

Deno.test("main.ts loads few modules before a verb is known, and none that wakes the Node layer", () => {
  const modules = staticModules(`file://${ROOT}main.ts`, readUrl);
  assert.deepEqual(
    [...modules].flatMap(([url, text]) => checkStart(url.replace(`file://${ROOT}`, ""), text)),
    [],
  );
  assert.ok(modules.size <= MODULES_MAX, `${modules.size} modules:\n${[...modules.keys()].join("\n")}`);
});

Deno.test("peek --json makes the runtime look for little that it does not need", () => {
  const entries = ["main.ts", "lib/cli/peek.ts"].map((path) => `file://${ROOT}${path}`);
  const all = new Map(entries.flatMap((entry) => [...modulesOf(entry, readUrl, ({ foreseen }) => foreseen)]));
  const own = [...all].filter(([url]) => url.startsWith(`file://${ROOT}`));
  const packages = own.flatMap(([url, text]) => importsOf(url, text))
    .filter(({ specifier, foreseen }) => foreseen && !/^(\.|node:)/.test(specifier))
    .map(({ specifier }) => specifier);
  assert.deepEqual([...new Set(packages)].sort(), PACKAGES);
  assert.ok(all.size <= FORESEEN_MAX, `${all.size} modules:\n${[...all.keys()].join("\n")}`);
});

/** What of `lib/extend` a supervisor without plugins needs: none of it speaks with one. */
const WITHOUT_PLUGINS = ["choose_reader.ts", "output_reader.ts", "plugin_set.ts"];

Deno.test("serve loads nothing of the plugin host before a configuration names a plugin", () => {
  const modules = staticModules(`file://${ROOT}lib/cli/serve.ts`, readUrl);
  const loaded = [...modules.keys()].map((url) => url.slice(`file://${ROOT}`.length));
  const extend = loaded.filter((path) => path.startsWith("lib/extend/")).map((path) => path.slice(11));
  assert.deepEqual(extend.sort(), WITHOUT_PLUGINS);
  const sys = staticModules(`file://${ROOT}lib/sys/mod.ts`, readUrl);
  assert.deepEqual([...sys.keys()].filter((url) => /sandbox|web/.test(url)), []);
});

Deno.test("staticModules() follows static imports of values and counts a cycle once", () => {
  const files: Record<string, string> = {
    "file:///main.ts": `import "./a.ts"; import type { T } from "./types.ts"; await import("./lazy.ts");`,
    "file:///a.ts": `export * from "./main.ts"; import text from "./b.toml" with { type: "text" };`,
  };
  const modules = staticModules("file:///main.ts", (url) => files[url] ?? assert.fail(url));
  assert.deepEqual([...modules.keys()], ["file:///main.ts", "file:///a.ts"]);
});

Deno.test("checkStart() reports Node modules, CommonJS and Node's globals", () => {
  for (
    const text of [
      `import { join } from "node:path";`,
      `const x = require("x");`,
      "module.exports = 1;",
      "exports.x = 1;",
      "const size = typeof process;",
      "Buffer.from([]);",
    ]
  ) assert.equal(checkStart("a.js", text).length, 1, text);
  assert.deepEqual(checkStart("a.js", `context.process.exitCode = 1; await import("node:path");`), []);
  assert.deepEqual(checkStart("file:///package/a.js", "function f(process) {}"), []);
});

/** Texts of the modules that load with `entry`, by URL. */
function staticModules(entry: string, read: (url: string) => string): ReadonlyMap<string, string> {
  return modulesOf(entry, read, ({ typeOnly, dynamic }) => !typeOnly && !dynamic);
}

/** Texts of `entry` and of the modules to which imports that are followed lead, by URL. */
function modulesOf(
  entry: string,
  read: (url: string) => string,
  isFollowed: (one: Import) => boolean,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const open = [entry];
  for (let url = open.pop(); url !== undefined; url = open.pop()) {
    if (found.has(url) || !/\.m?[jt]s$/.test(url)) continue;
    const text = read(url);
    found.set(url, text);
    for (const { specifier } of importsOf(url, text).filter(isFollowed)) {
      if (specifier.startsWith("node:")) continue;
      open.push(specifier.startsWith(".") ? new URL(specifier, url).href : import.meta.resolve(specifier));
    }
  }
  return found;
}

function readUrl(url: string): string {
  return Deno.readTextFileSync(new URL(url));
}
