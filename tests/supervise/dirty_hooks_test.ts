import assert from "node:assert/strict";
import type { LoggedEvent } from "../../lib/core/events.ts";
import { type SetUp, TestRepository } from "./settle_repository.ts";

function dirtyTest(name: string, setUp: SetUp, act: (repository: TestRepository) => Promise<void>): void {
  Deno.test(`settleWorkTree() ${name}`, async () => {
    await using repository = await TestRepository.make(setUp);
    await act(repository);
  });
}

/** A program that runs these lines, in the work folder. */
function sh(line: string): object {
  return { on: "dirty", run: ["sh", "-euc", line] };
}

function owner(...ownedPaths: readonly string[]): string {
  return `export default ${JSON.stringify({ apiVersion: 1, name: "owner", ownedPaths })};`;
}

/** A plugin with one dirty handler, whose body this is. */
function handler(body: string, priority = 0): string {
  return `export default { apiVersion: 1, name: "p", dirtyHandlers: {
    h: { priority: ${priority}, async handle(context, files) { ${body} } } } };`;
}

dirtyTest(
  "takes a program's commit for what became of the work, when the tree is clean afterwards",
  { hooks: [sh("git add -A && git commit -qm mine")] },
  async (r) => {
    r.write("new", "1");
    const settled = await r.settle();
    assert.deepEqual(settled, { kind: "committed", ref: await r.git("rev-parse", "HEAD"), files: ["new"] });
    assert.deepEqual(r.told(), ["dirty_detected", "hook_ran"]);
  },
);

dirtyTest(
  "leaves nothing to the built-in handler, when a program has thrown the work away",
  { hooks: [sh("rm new")] },
  async (r) => {
    r.write("new", "1");
    assert.deepEqual(await r.settle(), { kind: "untouched", files: ["new"] });
    assert.deepEqual(r.told(), ["dirty_detected", "hook_ran"]);
  },
);

dirtyTest(
  "stashes what a program has left dirty, as it is then",
  { hooks: [sh("rm one; echo more >> two")] },
  async (r) => {
    r.write("one", "1\n");
    r.write("two", "2\n");
    const settled = await r.settle();
    assert.ok(settled.kind === "stashed");
    assert.deepEqual([settled.files, await r.files(`${settled.ref}^3`)], [["two"], ["two"]]);
    assert.equal(await r.git("show", `${settled.ref}^3:two`), "2\nmore");
    assert.deepEqual(r.told(), ["dirty_detected", "hook_ran", "orphan_stashed"]);
  },
);

dirtyTest(
  "passes over a program that fails, whatever it has done",
  { hooks: [sh("git add -A && git commit -qm mine; exit 3"), sh("exit 4")] },
  async (r) => {
    r.write("new", "1");
    assert.deepEqual(await r.settle(), { kind: "untouched", files: ["new"] });
    const failed = r.events().filter(({ event }) => event === "hook_failed") as LoggedEvent<"hook_failed">[];
    assert.deepEqual(
      failed.map(({ hook_kind, error_message }) => `${hook_kind} ${error_message}`),
      ["dirty_handler it exited with 3", "dirty_handler it exited with 4"],
    );
  },
);

dirtyTest(
  "tells programs of a failed round too, with its ending, and leaves the rest as evidence",
  { hooks: [sh("cat > ../told")] },
  async (r) => {
    r.write("new", "1");
    const ending = { kind: "timed_out", afterS: 60 } as const;
    assert.deepEqual(await r.settle({ ending, cleanExit: false, phase: "plan" }), {
      kind: "untouched",
      files: ["new"],
    });
    const told = JSON.parse(await Deno.readTextFile(`${r.dir}/told`));
    assert.deepEqual(
      [told.on, told.ending, told.clean_exit, told.files, told.round_num, told.phase],
      ["dirty", ending, false, ["new"], 7, "plan"],
    );
    assert.deepEqual(r.told(), ["dirty_detected", "hook_ran"]);
  },
);

dirtyTest("runs no program in a dry run", { dryRun: true, hooks: [sh("touch ../ran")] }, async (r) => {
  r.write("new", "1");
  assert.equal((await r.settle()).kind, "untouched");
  assert.deepEqual(r.told(), ["dirty_detected"]);
});

for (const action of ["stash", "auto_commit"] as const) {
  dirtyTest(
    `leaves the work alone, when default_dirty_handler is disabled, with ${action}`,
    { action, disable: ["default_dirty_handler"] },
    async (r) => {
      r.write("new", "1");
      assert.deepEqual(await r.settle(), { kind: "untouched", files: ["new"] });
      assert.deepEqual([r.told(), await r.status()], [["dirty_detected"], ["?? new"]]);
    },
  );
}

dirtyTest(
  "does not say what a disabled default_dirty_handler would do, in a dry run",
  { dryRun: true, disable: ["default_dirty_handler"] },
  async (r) => {
    r.write("new", "1");
    await r.settle();
    assert.deepEqual([r.events().map((event) => Reflect.get(event, "would")), r.notes], [[undefined], []]);
  },
);

dirtyTest(
  "names and stashes no path that a plugin owns",
  { plugin: owner("proposals/", "reports/*.md") },
  async (r) => {
    for (const path of ["proposals/a.md", "src/x", "reports/a.md", "sub/reports/b.md", "reports/deep/c.md"]) {
      r.write(path, "1");
    }
    const settled = await r.settle();
    assert.ok(settled.kind === "stashed");
    assert.deepEqual(await r.files(`${settled.ref}^3`), ["reports/deep/c.md", "src/x"]);
    assert.deepEqual(await r.status(), [
      "?? plugin.ts",
      "?? proposals/a.md",
      "?? reports/a.md",
      "?? sub/reports/b.md",
    ]);
  },
);

dirtyTest("finds a tree clean in which only owned paths are dirty", {
  plugin: owner("reports/*.md", "kept"),
}, async (r) => {
  r.write("reports/a.md", "1");
  r.write("kept", "changed by the plugin");
  assert.deepEqual(await r.settle(), { kind: "clean" });
  assert.deepEqual(r.told(), []);
});

dirtyTest(
  "takes a program's commit for the whole, when only owned paths are left",
  { plugin: owner("reports/"), hooks: [sh("git add src && git commit -qm mine")] },
  async (r) => {
    r.write("reports/a.md", "1");
    r.write("src/x", "1");
    const settled = await r.settle();
    assert.deepEqual([settled.kind, "files" in settled && settled.files], ["committed", ["src/"]]);
  },
);

dirtyTest(
  "owns nothing for a plugin that is disabled",
  { plugin: owner("reports/"), disable: ["owner"] },
  async (r) => {
    r.write("reports/a.md", "1");
    assert.equal((await r.settle()).kind, "stashed");
  },
);

dirtyTest(
  "never stashes the plugins and programs that the configuration names",
  {
    plugin: owner(),
    hooks: [{ on: "post_round", run: ["./bin/notify.sh"] }, { on: "post_round", run: ["bin/other.sh"] }],
  },
  async (r) => {
    for (const path of ["bin/notify.sh", "bin/other.sh", "agent-runner.toml", "work"]) r.write(path, "1");
    const settled = await r.settle();
    assert.ok(settled.kind === "stashed");
    assert.deepEqual(await r.files(`${settled.ref}^3`), ["work"]);
    assert.deepEqual(await r.status(), [
      "?? agent-runner.toml",
      "?? bin/notify.sh",
      "?? bin/other.sh",
      "?? plugin.ts",
    ]);
  },
);

dirtyTest("never stashes a prompt, edited or new", {}, async (r) => {
  r.write("work", "1");
  r.write("prompt.md", "new");
  assert.equal((await r.settle()).kind, "stashed");
  assert.deepEqual(await r.status(), ["?? prompt.md"]);
  await r.commitAll("prompt");
  r.write("prompt.md", "edited");
  assert.equal((await r.settle()).kind, "clean");
  assert.equal(r.read("prompt.md"), "edited");
});

dirtyTest("commits the agent's edit of its prompt", { action: "auto_commit" }, async (r) => {
  r.write("prompt.md", "task");
  await r.commitAll("prompt");
  r.write("prompt.md", "edited");
  assert.equal((await r.settle()).kind, "committed");
  assert.deepEqual(await r.status(), []);
});

dirtyTest(
  "keeps what a plugin had stashed, when the plugin then passes",
  { plugin: handler("await context.stash(); return null;") },
  async (r) => {
    r.write("new", "1");
    assert.equal((await r.settle()).kind, "stashed");
    assert.deepEqual(r.told(), ["dirty_detected", "orphan_stashed"]);
  },
);

dirtyTest(
  "does nothing for a plugin in a dry run",
  { dryRun: true, plugin: handler("return await context.autoCommit();") },
  async (r) => {
    r.write("new", "1");
    assert.equal((await r.settle()).kind, "untouched");
    assert.deepEqual([r.told(), await r.status()], [["dirty_detected"], ["?? new", "?? plugin.ts"]]);
  },
);

dirtyTest(
  "asks a plugin of a priority above 1000 after the built-in handler",
  { action: "ignore", plugin: handler("return await context.stash();", 1001) },
  async (r) => {
    r.write("new", "1");
    assert.equal((await r.settle()).kind, "untouched");
  },
);

dirtyTest(
  "commits for a plugin only what has become dirty in the round, also within a folder that was new before",
  { plugin: handler("return await context.autoCommit();") },
  async (r) => {
    r.write("folder/mine", "1");
    const before = await r.look();
    r.write("folder/its", "2");
    await r.settle({ before });
    assert.equal(await r.git("show", "--name-only", "--format=", "HEAD"), "folder/its");
  },
);
