import assert from "node:assert/strict";
import { outsideReader } from "../../lib/extend/outside_reader.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { CONTEXT, Folder, Given } from "../extend/given.ts";
import { eventually } from "./small_project.ts";

const PLUGINS = new URL("../agents/plugins/", import.meta.url).pathname;

const { processes } = systemHost();

/** How long a plugin that never answers is let run, from when it is loaded (ms). */
const SHORT_MS = 1000;

/** Plugins whose `preRound` does something bad, with the type of the fault that is told. */
const HOSTILE: readonly { readonly file: string; readonly type: RegExp; readonly permissions?: object }[] = [
  { file: "throws", type: /RangeError/ },
  { file: "hangs", type: /TimeoutError/ },
  { file: "spins", type: /TimeoutError/ },
  { file: "floods_lines", type: /ProtocolError/ },
  { file: "floods_one_line", type: /ExitError/ },
  { file: "floods_events", type: /FloodError/, permissions: { emit: true } },
  { file: "eats_heap", type: /ExitError|MemoryError|TimeoutError/ },
  { file: "eats_memory", type: /MemoryError|TimeoutError/ },
  { file: "exits", type: /ExitError/ },
  { file: "kills_itself", type: /ExitError/ },
  { file: "closes_stdout", type: /ExitError|TimeoutError/ },
  { file: "breaks_globals", type: /ProtocolError|TimeoutError|ExitError/ },
  { file: "leaves_child", type: /TimeoutError/, permissions: { run: ["setsid"] } },
];

Deno.test("LoadedPlugin.call() ends with one fault, whatever the plugin does, and nothing of it is left", async (t) => {
  using folder = new Folder();
  for (const { file, type, permissions = {} } of HOSTILE) {
    await t.step(file, async () => {
      await using given = await Given.of(folder, { source: `${PLUGINS}${file}.ts`, permissions });
      if (type.test("TimeoutError")) given.plugin.hurry(SHORT_MS);
      assert.equal(await given.preRound(), null);
      assert.match(given.witness.types.join(" "), type);
      assert.equal(given.witness.faults.length, 1);
      await given.plugin.rest();
      for (const { pid, id, folder } of given.witness.started_) {
        assert.equal(processes.inspect(pid), null);
        assert.deepEqual(processes.marked(id, "all"), []);
        assert.throws(() => Deno.statSync(folder), Deno.errors.NotFound);
      }
      assert.equal(given.witness.ended_.length, given.witness.started_.length);
    });
  }
});

Deno.test("LoadedPlugin.call() says nothing more of a plugin that is out, until it has rested", async () => {
  using folder = new Folder();
  await using given = await Given.of(folder, { source: `${PLUGINS}exits.ts` });
  await given.preRound();
  await given.preRound();
  assert.equal(given.witness.faults.length, 1);
  assert.equal(given.witness.started_.length, 2);
  await given.plugin.rest();
  await given.preRound();
  assert.equal(given.witness.faults.length, 2);
});

Deno.test("a reader that fails finds nothing more, and what is no outcome passes", async (t) => {
  using folder = new Folder();
  const cases = [
    { file: "rubbish", types: ["TypeError"] },
    { file: "throws", types: ["RangeError"] },
    { file: "spins_in_line", types: ["TimeoutError"] },
  ];
  for (const { file, types } of cases) {
    await t.step(file, async () => {
      await using given = await Given.of(folder, { source: `${PLUGINS}${file}.ts` });
      if (types.includes("TimeoutError")) given.plugin.hurry(SHORT_MS);
      const open = outsideReader(given.plugin)?.open({ round_num: 1, repetition: null });
      assert.deepEqual(await open?.lines(["one", "two"]), []);
      assert.deepEqual(await open?.lines(["three"]), []);
      assert.deepEqual(await open?.end({ kind: "exited", code: 0 }), []);
      assert.deepEqual(given.witness.types, types);
    });
  }
  await using given = await Given.of(folder, { source: `${PLUGINS}rubbish.ts` });
  assert.equal(await given.plugin.handleDirty("rubbish_handler", CONTEXT, ["a"]), null);
  assert.match(
    given.witness.faults[0]?.fault.message ?? "",
    /must return \{kind, ref\} or null, got \{"kind":"sold"\}/,
  );
});

Deno.test("LoadedPlugin.callParts() gives nothing to a plugin that forges its answer", async () => {
  using folder = new Folder();
  const answers = [null, 1, { values: { forged_value: "x".repeat(70_000), round_num: 7 } }, { faults: 1 }];
  for (const value of answers) {
    const config = { lines: [JSON.stringify({ id: 3, value })] };
    await using given = await Given.of(folder, { source: `${PLUGINS}forges.ts`, config });
    assert.deepEqual(
      await given.plugin.callParts("context_enricher", { op: "enrich", context: CONTEXT }),
      {},
    );
    assert.equal(given.witness.types.length, 1);
  }
});

/** What a plugin may write instead of its answer to the third call, with what is told of it. */
const FORGED: readonly { readonly what: string; readonly lines: readonly string[]; readonly type: string }[] =
  [
    { what: "no object", lines: ["1"], type: "ProtocolError" },
    { what: "a list", lines: ["[]"], type: "ProtocolError" },
    { what: "an empty line", lines: [""], type: "ProtocolError" },
    { what: "no JSON, with an escape", lines: ["\x1b]0;x\x07"], type: "ProtocolError" },
    { what: "the answer to another call", lines: [`{"id":7,"value":1}`], type: "ProtocolError" },
    { what: "an answer twice", lines: [`{"id":3,"value":1}`, `{"id":3,"value":2}`], type: "" },
    { what: "a fault that is none", lines: [`{"id":3,"fault":null}`], type: "Error" },
    {
      what: "a fault of odd members",
      lines: [`{"id":3,"fault":{"type":{"toString":1},"message":[],"stack":{}}}`],
      type: `{"toString":1}`,
    },
    {
      what: "lists in lists",
      lines: [`{"id":3,"value":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
      type: "ProtocolError",
    },
    {
      what: "fields in fields",
      lines: [`{"emit":"forged","fields":${`{"a":`.repeat(50_000)}1${"}".repeat(50_000)}}`],
      type: "ProtocolError",
    },
    { what: "a kind that is none", lines: [`{"emit":{"toString":1},"fields":{}}`, `{"id":3}`], type: "" },
    { what: "an event of the program's", lines: [`{"emit":"round_end","fields":{}}`, `{"id":3}`], type: "" },
    {
      what: "fields that are none",
      lines: [`{"emit":"forged","fields":[1]}`, `{"emit":"forged"}`, `{"id":3}`],
      type: "",
    },
    {
      what: "large fields",
      lines: [`{"emit":"forged","fields":{"a":"${"x".repeat(20_000)}"}}`, `{"id":3}`],
      type: "",
    },
    {
      what: "a thing to ask for that is none",
      lines: [`{"ask":1,"what":{"toString":1}}`, `{"id":3}`],
      type: "",
    },
    {
      what: "many things to ask for",
      lines: Array.from({ length: 1000 }, () => `{"ask":1,"what":"stash"}`),
      type: "FloodError",
    },
    {
      what: "two things to ask for, then nothing",
      lines: [`{"ask":1,"what":"a"}`, `{"ask":2,"what":"b"}`],
      type: "TimeoutError",
    },
  ];

Deno.test("LoadedPlugin.call() takes a forged line for what it is", async (t) => {
  using folder = new Folder();
  for (const { what, lines, type } of FORGED) {
    await t.step(what, async () => {
      const declaration = { source: `${PLUGINS}forges.ts`, config: { lines }, permissions: { emit: true } };
      await using given = await Given.of(folder, declaration);
      if (type === "TimeoutError") given.plugin.hurry(SHORT_MS);
      await given.preRound();
      assert.equal(given.witness.types.join(" "), type);
      assert.deepEqual(given.witness.emitted, []);
      assert.ok(given.witness.asked.length <= 10);
    });
  }
});

Deno.test("LoadedPlugin.call() tells a fault in words that move no cursor and have an end", async () => {
  using folder = new Folder();
  const lines = [
    JSON.stringify({
      id: 3,
      fault: { type: "a\x1b[2J\x07\u202e", message: "x".repeat(1e6), stack: "y\r\nz" },
    }),
  ];
  await using given = await Given.of(folder, { source: `${PLUGINS}forges.ts`, config: { lines } });
  await given.preRound();
  const { fault } = given.witness.faults[0]!;
  assert.deepEqual([fault.type, fault.message.length, fault.stack], [
    "a\uFFFD\uFFFD",
    4000,
    "y\uFFFD\nz",
  ]);
});

Deno.test("a call to several parts costs only those whose value is none", async (t) => {
  using folder = new Folder();
  for (const trust of ["sandbox", "full"]) {
    await t.step(trust, async () => {
      const source = `${PLUGINS}answers_hugely.ts`;
      await using given = await Given.of(folder, { source, trust, timeout_s: 10 });
      const answer = await given.call("context_enricher", { op: "enrich", context: CONTEXT });
      const { values, faults } = answer as { values: object; faults: readonly { name: string }[] };
      assert.deepEqual(Object.keys(values).sort(), ["fine", "nothing"]);
      assert.deepEqual(faults.map(({ name }) => name), ["huge", "cycle", "bigint", "deep", "strange"]);
    });
  }
});

Deno.test("a plugin with full trust cannot hang the program as long as it yields, nor throw into it", async (t) => {
  const cases = [
    { body: `new Promise(() => {})`, type: "TimeoutError" },
    { body: `Promise.reject(Object.create(null))`, type: "Error" },
    {
      body: `Promise.reject(new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } }))`,
      type: "Error",
    },
    { body: `({ get a() { throw new TypeError("late") } })`, type: "TypeError" },
    { body: `({ toJSON: () => 1n })`, type: "TypeError" },
  ];
  for (const [index, { body, type }] of cases.entries()) {
    await t.step(body, async () => {
      using folder = new Folder();
      const text = `export default { apiVersion: 1, name: "full", preRound: () => ${body} }; // ${index}`;
      folder.put("full.js", text);
      await using given = await Given.of(folder, { source: "full.js", trust: "full", timeout_s: 1 });
      await given.preRound();
      assert.deepEqual(given.witness.types, [type]);
    });
  }
});

Deno.test("LoadedPlugin.call() is cut short when it has to hurry", async (t) => {
  using folder = new Folder();
  folder.put(
    "full.js",
    `export default { apiVersion: 1, name: "full", preRound: () => new Promise(() => {}) };`,
  );
  const cases = [{ source: `${PLUGINS}hangs.ts` }, { source: "full.js", trust: "full" }];
  for (const declaration of cases) {
    await t.step(declaration.source.slice(-8), async () => {
      await using given = await Given.of(folder, { ...declaration, timeout_s: 3600 });
      const call = given.preRound();
      given.plugin.hurry(100);
      assert.equal(await call, null);
      assert.deepEqual(given.witness.types, ["TimeoutError"]);
    });
  }
});

Deno.test("LoadedPlugin.hurry() ends nothing that waits for its next call", async () => {
  using folder = new Folder({ "good.js": `export default { apiVersion: 1, name: "good", preRound() {} };` });
  await using given = await Given.of(folder, { source: "good.js", timeout_s: 3600 });
  await given.preRound();
  given.plugin.hurry(0);
  const { pid } = given.witness.started_.at(-1)!;
  // What watches it has looked twice after the hurry was over.
  const before = given.witness.waits;
  await eventually("two more looks", () => given.witness.waits >= before + 2);
  assert.notEqual(processes.inspect(pid)?.zombie ?? true, true);
  await given.preRound();
  assert.deepEqual(given.witness.types, []);
});
