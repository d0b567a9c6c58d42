import assert from "node:assert/strict";
import { exists } from "./exists.ts";
import { PROGRAM, type Project } from "./project.ts";
import {
  assertNothingLeft,
  eventsOf,
  pluginPids,
  pluginProject,
  singleFile,
  start,
} from "./plugin_project.ts";

/** Round 1 meets a limit of its own and leaves a draft, round 2 leaves another, round 3 works. */
const AGENT = `
case $AGENT_RUNNER_ROUND_NUM in
1) echo "QUOTA $(($(date +%s) + 2))"; echo draft > draft.txt ;;
2) echo notes > notes.txt; echo "FINE" ;;
*) echo more >> work.txt; git add -A; git commit -qm work; echo "FINE" ;;
esac`;

/** Reads that agent, and deals with what it leaves. */
const READER = `import type { Plugin } from "./no-such-file.ts";
export default {
  apiVersion: 1,
  name: "own_reader",
  agents: ["agent.sh"],
  interest: ["QUOTA ", "FINE"],
  reader: () => ({
    line(text: string) {
      if (text === "FINE") return [{ kind: "result", ok: true, raw: "" }];
      const resetAt = Number(text.slice("QUOTA ".length)) * 1000;
      return [{ kind: "other_limit", classification: "own_quota", resetAt, raw: text }];
    },
  }),
  dirtyHandlers: {
    own_handler: {
      priority: 1,
      async handle(ctx, files: string[]) {
        if (files.includes("draft.txt")) return await ctx.stash();
        if (files.includes("notes.txt")) return await ctx.autoCommit();
        return null;
      },
    },
  },
} satisfies Plugin;
`;

/** Served from an address: tells of rounds, adds to their context, and changes a prompt. */
const TELLER = `export default {
  apiVersion: 1,
  name: "teller",
  eventKinds: ["told"],
  configSchema: (raw) => ({ word: raw.word ?? "none" }),
  contextEnrichers: { weather: (ctx) => ({ word: ctx.config.word, round: ctx.round_num }) },
  preRound(ctx) {
    if (ctx.round_num === 2) Deno.writeTextFileSync(ctx.work_dir + "/prompts/main.md", "Do it now.\\n".repeat(50));
  },
  postRound: (ctx, result) => ctx.emit("told", { verdict: result.verdict, outcome: result.dirty_outcome?.kind ?? null }),
};
`;

const dir = await Deno.makeTempDir({ prefix: "plugins-test-" });

Deno.test.afterAll(() => Deno.remove(dir, { recursive: true }));

for (const from of ["its sources", "the single file"]) {
  Deno.test(`serve from ${from} runs a plugin from a path and one from an address`, async () => {
    const program = from === "its sources" ? PROGRAM : [await singleFile(dir)];
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => new Response(TELLER),
    );
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(TELLER));
    const plugins = [{ source: "../reader.ts" }, {
      source: `http://127.0.0.1:${server.addr.port}/teller.js`,
      sha256: new Uint8Array(digest).toHex(),
      permissions: { write: ["prompts/main.md"], emit: true },
      config: { word: "sunny" },
    }];
    await using project = await pluginProject({ plugins, agent: AGENT, maxRounds: 3 }, {
      "reader.ts": READER,
    });
    const { code, err } = await start(project, ["serve"], { program }).ended;
    assert.equal(code, 0, err);
    assert.deepEqual(project.only("serve_started").plugins, ["own_reader", "teller"]);
    assert.deepEqual(project.all("hook_failed"), []);
    assert.deepEqual(project.all("round_end").map(({ verdict }) => verdict), [
      "limited",
      "productive",
      "productive",
    ]);
    const limit = project.only("transient_error_detected");
    assert.deepEqual([limit.classification, limit.agent, limit.reset_source], [
      "own_quota",
      "agent.sh",
      "server",
    ]);
    assert.equal(
      project.all("wait_started").find(({ rule }) => rule === "throttled")?.classification,
      "own_quota",
    );
    assert.deepEqual(eventsOf(project, "told").map(({ verdict, outcome }) => [verdict, outcome]), [
      ["limited", "stashed"],
      ["productive", "committed"],
      ["productive", null],
    ]);
    assert.equal(project.only("prompt_overwritten").hook, "teller");
    const context = JSON.parse(Deno.readTextFileSync(`${project.layout.dir}/round-context.json`));
    assert.deepEqual(context.weather, { word: "sunny", round: 3 });
    assertNothingLeft(project);
  });
}

Deno.test("serve starts from what it keeps when an address is down, and with 78 where it keeps nothing", async () => {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(TELLER));
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(TELLER),
  );
  const source = `http://127.0.0.1:${server.addr.port}/teller.js`;
  const plugins = [{ source, sha256: new Uint8Array(digest).toHex(), permissions: { emit: true } }];
  await using project = await pluginProject({ plugins });
  assert.equal((await start(project, ["serve", "--max-rounds=1"]).ended).code, 0);
  await server.shutdown();
  assert.equal((await start(project, ["serve", "--max-rounds=1"]).ended).code, 0);
  assert.equal(eventsOf(project, "told").length, 2);
  await Deno.remove(`${project.layout.dir}/plugins`, { recursive: true });
  const { code, err } = await start(project, ["serve"]).ended;
  assert.equal(code, 78);
  assert.match(err, /Cannot load the plugins: 1 problem\n.*teller\.js cannot be fetched: .*refused/i);
  assertNothingLeft(project);
});

Deno.test("serve leaves out what [plugins] disable names: a source, a plugin with its paths, a part", async () => {
  const owner = `export default { apiVersion: 1, name: "owner", ownedPaths: ["out/"], eventKinds: ["owned"],
    postRound: (ctx) => ctx.emit("owned") };\n`;
  const parts = `export default { apiVersion: 1, name: "parts",
    contextEnrichers: { kept: () => 1, dropped: () => 2 } };\n`;
  const files = { "owner.js": owner, "parts.js": parts, "broken.js": "throw 1;" };
  const plugins = [
    { source: "../broken.js" },
    { source: "../owner.js", permissions: { emit: true } },
    { source: "../parts.js" },
  ];
  const disable = ["../broken.js", "owner", "dropped"];
  const agent = `mkdir -p out; echo made > out/made.txt`;
  await using project = await pluginProject({ plugins, disable, agent, maxRounds: 1 }, files);
  const { code, err } = await start(project, ["serve"]).ended;
  assert.equal(code, 0, err);
  assert.equal(project.all("dirty_detected").length, 1);
  assert.equal(eventsOf(project, "owned").length, 0);
  const context = JSON.parse(Deno.readTextFileSync(`${project.layout.dir}/round-context.json`));
  assert.deepEqual([context.kept, context.dropped], [1, undefined]);
  assert.ok(!/nothing is called/.test(err), err);
});

/** Meets a limit at once, and works on until it may end. */
const LASTING = `
echo "QUOTA $(($(date +%s) + 60))"
until [ -e "$AGENT_RUNNER_LOG_DIR/may-end" ]; do sleep 0.05; done`;

Deno.test("a round that is taken over is read by its plugin from the beginning", async () => {
  const plugins = [{ source: "../reader.ts" }];
  await using project = await pluginProject({ plugins, agent: LASTING }, { "reader.ts": READER });
  const killed = start(project, ["serve"]);
  await killed.until("the limit in the output", () => /QUOTA/.test(outputOf(project)) || null);
  killed.signal("SIGKILL");
  await killed.ended;
  const run = start(project, ["serve"]);
  await run.event("round_adopted");
  await Deno.writeTextFile(`${project.layout.dir}/may-end`, "");
  assert.equal((await run.event("round_end")).limit?.classification, "own_quota");
  run.signal("SIGTERM");
  assert.equal((await run.ended).code, 0);
  assertNothingLeft(project);
});

Deno.test("kill closes the round with the limit that its plugin finds, and leaves nothing of the plugin", async () => {
  const plugins = [{ source: "../reader.ts" }];
  await using project = await pluginProject({ plugins, agent: LASTING }, { "reader.ts": READER });
  const run = start(project, ["serve"]);
  await run.until("the limit in the output", () => /QUOTA/.test(outputOf(project)) || null);
  const { code, err } = await start(project, ["kill"]).ended;
  assert.equal(code, 0, err);
  await run.ended;
  assert.equal(project.only("round_end").limit?.classification, "own_quota");
  // What the killed supervisor had running is ended by the next one.
  assert.deepEqual(pluginPids(project), []);
});

function outputOf({ layout }: Project): string {
  return exists(layout.currentLog) ? Deno.readTextFileSync(layout.currentLog) : "";
}
