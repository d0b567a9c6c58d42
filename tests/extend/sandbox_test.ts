import assert from "node:assert/strict";
import { ATTEMPTS, tryingPlugin } from "./refusals.ts";
import { CONTEXT, Folder, Given, source } from "./given.ts";

/** The runtime's words for what is not granted, and for what is not there at all. */
const NO_LEAVE =
  /^refused: .*(Requires \w+ access|[Rr]equires unscoped|Requires --allow|no-npm|remote specifier|denied|EPERM|entity not found|valid module type|none$)/;

/** What each attempt came to. */
async function outcomes(
  folder: Folder,
  attempts: Readonly<Record<string, string>>,
  values: object,
  permissions: object = {},
): Promise<Readonly<Record<string, string>>> {
  folder.put("tries.js", tryingPlugin(attempts, values));
  await using given = await Given.of(folder, { source: "tries.js", timeout_s: 20, permissions });
  const answer = await given.call("context_enricher", { op: "enrich", context: CONTEXT }) as {
    readonly values: { readonly tried: Readonly<Record<string, string>> };
  };
  assert.deepEqual(given.witness.faults.map(({ fault }) => fault), []);
  return answer.values.tried;
}

Deno.test("a plugin without permissions is refused whatever reaches out of its process", async () => {
  using folder = new Folder({ "secret.txt": "secret" });
  const asked: string[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, ({ url }) => {
    asked.push(url);
    return new Response("export default 1", { headers: { "content-type": "text/javascript" } });
  });
  const OUT = `${folder.path}/secret.txt`;
  const said = await outcomes(folder, ATTEMPTS, { OUT, PARENT: Deno.pid, PORT: server.addr.port });
  assert.deepEqual(Object.keys(said), Object.keys(ATTEMPTS));
  assert.deepEqual(Object.entries(said).filter(([, outcome]) => !NO_LEAVE.test(outcome)), []);
  assert.deepEqual(asked, []);
  assert.equal(Deno.readTextFileSync(OUT), "secret");
});

Deno.test("a plugin may do what is granted, and no more", async (t) => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response("hello"),
  );
  await using other = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response("no"),
  );
  using folder = new Folder({
    "data/a.txt": "in it",
    "data2/a.txt": "beside it",
    "tool.sh": "#!/bin/sh\necho from the tool",
    "tool2.sh": "#!/bin/sh\necho no",
  });
  for (const name of ["tool.sh", "tool2.sh"]) Deno.chmodSync(`${folder.path}/${name}`, 0o755);
  Deno.mkdirSync(`${folder.path}/out`);
  const { path } = folder;
  const GRANTS: readonly Grant[] = [
    {
      what: "a folder to read, relative to the configuration's",
      permissions: { read: ["./data"] },
      may: { "in it": `Deno.readTextFile(F + "/data/a.txt")` },
      mayNot: {
        beside: `Deno.readTextFile(F + "/data2/a.txt")`,
        above: `Deno.readTextFile(F + "/data/../tool.sh")`,
        write: `Deno.writeTextFile(F + "/data/a.txt", "")`,
      },
    },
    {
      what: "a folder to write",
      permissions: { write: ["out"] },
      may: { "[object Undefined]": `Deno.writeTextFile(F + "/out/a.txt", "written")` },
      mayNot: {
        read: `Deno.readTextFile(F + "/out/a.txt")`,
        beside: `Deno.writeTextFile(F + "/data/a.txt", "")`,
      },
    },
    {
      what: "a host and port",
      permissions: { net: [`127.0.0.1:${server.addr.port}`] },
      may: { hello: `fetch("http://127.0.0.1:" + PORT).then((answer) => answer.text())` },
      mayNot: {
        "another port": `fetch("http://127.0.0.1:" + OTHER)`,
        "another name": `fetch("http://localhost:" + PORT)`,
        "import": `import("http://127.0.0.1:" + PORT + "/x.js")`,
        listen: `Deno.listen({ port: 0 })`,
      },
    },
    {
      what: "one variable",
      permissions: { env: ["PATH", "PLUGIN_TEST_ABSENT"] },
      may: {
        [`${Deno.env.get("PATH")!.length} long`]: `Deno.env.get("PATH").length + " long"`,
        "[object Undefined]": `Deno.env.get("PLUGIN_TEST_ABSENT")`,
      },
      mayNot: { another: `Deno.env.get("HOME")`, all: `Deno.env.toObject()` },
    },
    {
      what: "one program, relative to the configuration's folder",
      permissions: { run: ["./tool.sh"] },
      may: {
        "from the tool\n":
          `new Deno.Command(F + "/tool.sh").output().then(({ stdout }) => new TextDecoder().decode(stdout))`,
      },
      mayNot: {
        another: `new Deno.Command(F + "/tool2.sh").output()`,
        "through the shell": `new Deno.Command("/bin/sh", { args: ["-c", "true"] }).output()`,
        "a signal": `Deno.kill(PARENT, "SIGTERM")`,
        "a preloaded library":
          `new Deno.Command(F + "/tool.sh", { env: { LD_PRELOAD: "/tmp/x.so" } }).output()`,
      },
    },
    {
      what: "one program by its name",
      permissions: { run: ["uname"] },
      may: {
        "Linux\n":
          `new Deno.Command("uname").output().then(({ stdout }) => new TextDecoder().decode(stdout))`,
      },
      mayNot: { another: `new Deno.Command("true").output()`, path: `Deno.env.get("PATH")` },
    },
  ];
  for (const { what, permissions, may, mayNot } of GRANTS) {
    await t.step(what, async () => {
      const attempts = { ...may, ...mayNot };
      const values = { F: path, PORT: server.addr.port, OTHER: other.addr.port, PARENT: Deno.pid };
      const said = await outcomes(folder, attempts, values, permissions);
      for (const name of Object.keys(may)) assert.equal(said[name], `DONE ${name}`);
      for (const name of Object.keys(mayNot)) assert.match(said[name] ?? "", NO_LEAVE, name);
    });
  }
});

interface Grant {
  readonly what: string;
  readonly permissions: object;
  readonly may: Readonly<Record<string, string>>;
  readonly mayNot: Readonly<Record<string, string>>;
}

Deno.test("a plugin may write events where emit is granted, of its own kinds and of a bounded size", async (t) => {
  const attempt = (text: string) =>
    `export default { apiVersion: 1, name: "emits", eventKinds: ["own_kind"], preRound: (ctx) => { ${text} } }`;
  using folder = new Folder();
  const cases = [
    { text: `ctx.emit("own_kind", { a: [1] }); ctx.emit("own_kind")`, emit: true, fault: null, events: 2 },
    { text: `ctx.emit("own_kind")`, emit: false, fault: /emit = true \} would allow it/, events: 0 },
    { text: `ctx.emit("round_end")`, emit: true, fault: /unknown event kind "round_end"/, events: 0 },
    { text: `ctx.emit("own_kind", { a: "x".repeat(17000) })`, emit: true, fault: /at most 16384/, events: 0 },
    { text: `ctx.emit("own_kind", { a: 1n })`, emit: true, fault: /BigInt/, events: 0 },
    {
      text: `for (;;) ctx.emit("own_kind")`,
      emit: true,
      fault: /more than 100 events in one call/,
      events: 100,
    },
  ];
  for (const trust of ["sandbox", "full"]) {
    for (const { text, emit, fault, events } of cases) {
      await t.step(`${trust}: ${text}, ${emit}`, async () => {
        folder.put("emits.js", attempt(text));
        await using given = await Given.of(folder, { source: "emits.js", trust, permissions: { emit } });
        await given.preRound();
        assert.equal(given.witness.emitted.length, events);
        const [first] = given.witness.faults;
        if (fault === null) assert.equal(first, undefined);
        else assert.match(first?.fault.message ?? "", fault);
      });
    }
  }
});

Deno.test("a plugin's process keeps what it stores in a folder that goes with it", async () => {
  using folder = new Folder({
    "stores.js": source(
      "stores",
      `contextEnrichers: { stored: async () => {
        try { localStorage.setItem("a", "b"); } catch {}
        try { await (await caches.open("c")).put("http://a/", new Response("x")); } catch {}
        return Deno.cwd();
      } }`,
    ),
  });
  await using given = await Given.of(folder, { source: "stores.js", timeout_s: 5 });
  const answer = await given.call("context_enricher", { op: "enrich", context: CONTEXT });
  const { values: { stored: cwd } } = answer as { readonly values: { readonly stored: string } };
  const process = given.witness.started_.at(-1);
  assert.equal(cwd, `${process?.folder}/work`);
  assert.ok(Deno.statSync(cwd).isDirectory);
  await given.plugin.rest();
  assert.throws(() => Deno.statSync(process?.folder ?? ""), Deno.errors.NotFound);
  assert.equal(given.witness.ended_.length, given.witness.started_.length);
});
