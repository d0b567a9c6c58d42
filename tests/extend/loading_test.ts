import assert from "node:assert/strict";
import { Folder, Given, load, refusal, source } from "./given.ts";
import { systemHost } from "../../lib/sys/mod.ts";

const GOOD = source("good");

interface BadText {
  readonly what: string;
  readonly text: string | Uint8Array;
  /** What is said of it. */
  readonly why: RegExp;
  /** Where only the time ends it. */
  readonly timeout_s?: number;
}

/** What can be wrong with the text of `plugin.ts`. */
const TEXTS: readonly BadText[] = [
  { what: "an empty file", text: "  \n", why: /plugin\.ts is empty/ },
  { what: "no UTF-8", text: new Uint8Array([0x2f, 0x2f, 0xff, 0x0a]), why: /plugin\.ts is not UTF-8/ },
  {
    what: "a page",
    text: "\n<!DOCTYPE html><html></html>",
    why: /is a page for people \(HTML\), not a module/,
  },
  { what: "8 MiB and more", text: `//${" ".repeat(8 * 1024 * 1024)}`, why: /is larger than 8388608 bytes/ },
  { what: "a syntax error", text: "const a = 1;\n  export default {{;\n", why: /\.\/plugin\.ts:2:19/ },
  { what: "a reserved word", text: "\n\nlet let = 1;", why: /\.\/plugin\.ts:3:5/ },
  {
    what: "a throw",
    text: `\nthrow new RangeError("own words");`,
    why: /^\.\/plugin\.ts: RangeError: own words/,
  },
  { what: "a thrown nothing", text: `throw Object.create(null);`, why: /cannot be looked at/ },
  { what: "no default export", text: "export const a = 1;", why: /no default export that is an object/ },
  { what: "a function", text: "export default () => {};", why: /no default export that is an object/ },
  { what: "null", text: "export default null;", why: /no default export that is an object/ },
  {
    what: "no version",
    text: `export default { name: "a" };`,
    why: /names no apiVersion; write: apiVersion: 1/,
  },
  {
    what: "an old version",
    text: `export default { apiVersion: 0, name: "a" };`,
    why: /version 0 of .* speaks version 1/,
  },
  {
    what: "a newer version",
    text: `export default { apiVersion: "2", name: "a" };`,
    why: /version "2" of .* version 1/,
  },
  { what: "no name", text: `export default { apiVersion: 1 };`, why: /name .*undefined|name/ },
  {
    what: "a bad name",
    text: source("Bad name"),
    why: /name "Bad name": must be 1 to 64 lower-case letters/,
  },
  { what: "a name that moves the cursor", text: source("\\x1b]0;x"), why: /name "\\u001b\]0;x": must be/ },
  {
    what: "a reserved enricher",
    text: source("a", `contextEnrichers: { previous: () => 1 }`),
    why: /"previous": is a name of the round's own context/,
  },
  {
    what: "an enricher that is no name",
    text: source("a", `contextEnrichers: { ["__proto__"]: () => 1, ["a b"]: () => 1 }`),
    why: /"__proto__": is no name; .*"a b": must be/,
  },
  {
    what: "a kind of the program",
    text: source("a", `eventKinds: ["round_end"]`),
    why: /"round_end": is a kind of this program's own/,
  },
  {
    what: "a bad kind",
    text: source("a", `eventKinds: ["Own"]`),
    why: /"Own": must be lower-case snake case/,
  },
  { what: "an odd path", text: source("a", `ownedPaths: ["a\\nb"]`), why: /holds control characters/ },
  {
    what: "a bad severity",
    text: source("a", `detectors: { d: { severity: "loud", detect() {} } }`),
    why: /detectors\.0\.severity "loud"/,
  },
  {
    what: "a bad priority",
    text: source("a", `dirtyHandlers: { d: { priority: 0.5, handle() {} } }`),
    why: /dirtyHandlers\.0\.priority 0\.5/,
  },
  {
    what: "a getter that throws",
    text: source("a", `get agents() { throw new Error("no look") }`),
    why: /no look/,
  },
  {
    what: "a proxy that throws",
    text: "export default new Proxy({}, { get() { throw new Error('no proxy') } });",
    why: /no proxy/,
  },
  {
    what: "a proxy without end",
    text: source(
      "a",
      `agents: new Proxy([], { get: (_, key) => key === "length" ? 1e9 : key === "toJSON" ? undefined : "a" })`,
    ),
    why: /TimeoutError|MemoryError|ExitError|more than 50|is no|Invalid/,
  },
  {
    what: "a relative import",
    text: `import { a } from "./other.ts";\n${source("a")}`,
    why: /one self-contained module/,
  },
  {
    what: "a name of node's that there is not",
    text: `import "node:nothing";\n${GOOD}`,
    why: /node:nothing/,
  },
  {
    what: "a load without end",
    text: `await new Promise(() => {});`,
    why: /no answer within 1 s|never resolved|ended/,
    timeout_s: 1,
  },
  {
    what: "a load that works without end",
    text: `for (;;);`,
    why: /TimeoutError: no answer within 1 s/,
    timeout_s: 1,
  },
  { what: "an end of its process", text: `Deno.exit(0);`, why: /ExitError: its process ended/ },
];

Deno.test("loadPlugins() says what is wrong with a plugin's text", async (t) => {
  for (const { what, text, why, ...limit } of TEXTS) {
    await t.step(what, async () => {
      using folder = new Folder({ "plugin.ts": text });
      assert.match(await refusal(folder, [{ source: "./plugin.ts", ...limit }]), why);
      const left = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
      assert.deepEqual(left, ["plugin.ts"]);
    });
  }
});

Deno.test("loadPlugins() says what is wrong with a declaration", async (t) => {
  using folder = new Folder({ "good.ts": GOOD, "dir/a.ts": GOOD });
  const cases: readonly { readonly declaration: Readonly<Record<string, unknown>>; readonly why: RegExp }[] =
    [
      { declaration: { source: "./dir" }, why: /\/dir is a folder; name the file in it/ },
      { declaration: { source: "./nothing.ts" }, why: /\/nothing\.ts does not exist/ },
      { declaration: { source: "/dev/zero" }, why: /\/dev\/zero is no regular file/ },
      { declaration: { source: "jsr:@std/assert" }, why: /cannot load from jsr: use a path, https/ },
      { declaration: { source: "data:text/javascript,1" }, why: /cannot load from data/ },
      { declaration: { source: "file:///good.ts" }, why: /cannot load from file/ },
      { declaration: { source: "npm:smol-toml" }, why: /exact version: npm:NAME@1\.2\.3/ },
      { declaration: { source: "npm:smol-toml@^1.2.3" }, why: /exact version/ },
      { declaration: { source: "npm:smol-toml@1.9.1" }, why: /an npm package runs with trust = "full" only/ },
      {
        declaration: { source: "npm:smol-toml@1.9.1", trust: "full", sha256: "0".repeat(64) },
        why: /leave sha256 out/,
      },
      { declaration: { source: "http://example.org/x.ts" }, why: /plain http is for this machine only/ },
      {
        declaration: { source: "http://localhost.example.org/x.ts" },
        why: /plain http is for this machine only/,
      },
      {
        declaration: { source: "http://127.0.0.1@example.org/x.ts" },
        why: /plain http is for this machine only/,
      },
      { declaration: { source: "https://a:b@localhost:1/x.ts" }, why: /must not hold a password/ },
      { declaration: { source: "https://[/x.ts" }, why: /is no address/ },
      {
        declaration: { source: "good.ts", permissions: { read: ["a,b"] } },
        why: /cannot name "a,b": no commas/,
      },
      {
        declaration: { source: "good.ts", permissions: { run: [" "] } },
        why: /cannot name " ": no commas, not empty/,
      },
      {
        declaration: { source: "good.ts", sha256: "0".repeat(64) },
        why: /is not what was reviewed: sha256 is [0-9a-f]{64}, .* 0{64}/,
      },
    ];
  for (const { declaration, why } of cases) {
    await t.step(JSON.stringify(declaration), async () => {
      assert.match(await refusal(folder, [declaration]), why);
    });
  }
});

Deno.test("loadPlugins() says what two plugins have both, and whose it is", async () => {
  using folder = new Folder({
    "a.ts": source("one", `eventKinds: ["own"], contextEnrichers: { look: () => 1 }`),
    "b.ts": source("two", `eventKinds: ["own"], contextEnrichers: { look: () => 1 }`),
    "c.ts": source("one"),
  });
  assert.equal(
    await refusal(folder, [{ source: "a.ts" }, { source: "b.ts" }, { source: "c.ts" }]),
    "two plugins write the event kind own: a.ts and b.ts\n" +
      "two plugins have a context enricher look: a.ts and b.ts\n" +
      "two plugins are called one: a.ts and c.ts",
  );
});

Deno.test("loadPlugins() lets only a local plugin with full trust import its neighbours, in a circle too", async () => {
  using folder = new Folder({
    "plugin.ts": `import { name } from "./parts/name.ts";\nimport type { Plugin } from "./types.ts";
export default { apiVersion: 1, name } satisfies Plugin;\n`,
    "parts/name.ts": `import { ending } from "./ending.ts";\nexport const start = "neigh" as string;
export const name = start + ending();\n`,
    "parts/ending.ts":
      `import { start } from "./name.ts";\nexport const ending = () => "bour".slice(start.length * 0);\n`,
    "circle.ts":
      `import { name } from "./round.ts";\nexport const a = 1;\nexport default { apiVersion: 1, name };\n`,
    "round.ts": `import { a } from "./circle.ts";\nexport const name = "round" + a;\n`,
    "types.ts": `export interface Plugin { apiVersion: 1; name: string }\n`,
    "typed.ts": `import type { Plugin } from "./types.ts";\n${GOOD}`,
  });
  const [plugin] = await load(folder, [{ source: "./plugin.ts", trust: "full" }]);
  assert.equal(typeof plugin === "object" ? plugin.name : plugin, "neighbour");
  const circle = await refusal(folder, [{ source: "./circle.ts", trust: "full" }]);
  assert.match(circle, /before initialization\n.*in a circle, the plugin's own file cannot be one of them/);
  const [typed] = await load(folder, [{ source: "./typed.ts" }]);
  assert.equal(typeof typed === "object" ? typed.name : typed, "good");
});

Deno.test("loadPlugins() hands each plugin its configuration, checked by its own schema", async (t) => {
  const byFunction = `configSchema(raw) {
    if (typeof raw.level !== "number") throw new TypeError("level must be a number");
    return { level: raw.level * 2, words: raw.words ?? [] };
  }`;
  const bySchema = `configSchema: { "~standard": { version: 1, vendor: "x", validate: (value) =>
    typeof value.level === "number" ? { value } : { issues: [{ message: "must be a number", path: ["level"] }] } } }`;
  const shows = `contextEnrichers: { shown: (ctx) => ctx.config }`;
  using folder = new Folder({
    "function.ts": source("configured", `${byFunction}, ${shows}`),
    "schema.ts": source("configured", `${bySchema}, ${shows}`),
  });
  const bad = { config: { level: "high" } };
  const cases = [
    { source: "function.ts", why: /^function\.ts: TypeError: its configuration: level must be a number/ },
    { source: "schema.ts", why: /^schema\.ts: its configuration: level: must be a number/ },
  ];
  for (const { source, why } of cases) {
    await t.step(source, async () => assert.match(await refusal(folder, [{ source, ...bad }]), why));
  }
  const plugins = { configured: { level: 1, words: ["table"] } };
  const [plugin] = await load(folder, [{ source: "function.ts", config: { level: 21 } }], plugins);
  assert.ok(typeof plugin === "object");
  const called = await plugin.call({ kind: "context_enricher", name: "shown" }, {
    op: "enrich",
    context: { work_dir: "/" },
  });
  await plugin.rest();
  assert.deepEqual(called?.value, { values: { shown: { level: 42, words: ["table"] } }, faults: [] });
});

Deno.test("loadPlugins() leaves out what is disabled: a source, a plugin, a part", async () => {
  const members =
    `eventKinds: ["own"], ownedPaths: ["out/"], preRound() {}, contextEnrichers: { a: () => 1, b: () => 2 }`;
  using folder = new Folder({ "plugin.ts": source("whole", members) });
  const [declaration] = [{ source: "./plugin.ts" }];
  assert.deepEqual(await load(folder, [declaration!], { disable: ["./plugin.ts"] }), []);
  const [off] = await load(folder, [declaration!], { disable: ["whole"] });
  assert.ok(typeof off === "object");
  assert.deepEqual([off.description.ownedPaths, off.description.functions, off.name], [[], [], "whole"]);
  const [some] = await load(folder, [declaration!], { disable: ["a"] });
  assert.ok(typeof some === "object");
  assert.deepEqual(some.description.contextEnrichers, ["b"]);
  assert.deepEqual(some.names, ["whole", "own", "a", "b"]);
});

Deno.test("a plugin that was loaded leaves no process and no folder", async () => {
  using folder = new Folder({ "good.ts": GOOD });
  await using given = await Given.of(folder, { source: "good.ts" });
  const [started] = given.witness.started_;
  assert.ok(started !== undefined);
  assert.equal(systemHost().processes.inspect(started.pid), null);
  assert.throws(() => Deno.statSync(started.folder), Deno.errors.NotFound);
});
