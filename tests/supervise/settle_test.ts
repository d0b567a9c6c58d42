import assert from "node:assert/strict";
import { COMMIT, settleTest, STASH, TestRepository } from "./settle_repository.ts";

settleTest(
  "stashes changed, staged, deleted, renamed and new files, and brings all back as it was",
  {},
  async (r) => {
    for (const name of ["changed", "gone", "old", "unstaged"]) r.write(name, `${name}\n`.repeat(9));
    r.write(".gitignore", "*.tmp\n");
    await r.commitAll("second");
    r.write("changed", "other\n");
    await r.git("add", "changed");
    r.write("changed", "and other again\n");
    await r.git("rm", "-q", "gone");
    r.remove("unstaged");
    await r.git("mv", "old", "new");
    r.write("fresh/deep/file", "1");
    r.write("fresh/note.tmp", "ignored");
    const before = await r.status();
    const settled = await r.settle();
    assert.equal(settled.kind, "stashed");
    assert.deepEqual(r.told(), ["dirty_detected", "orphan_stashed"]);
    assert.deepEqual(await r.status(), []);
    assert.equal(r.read("changed"), "changed\n".repeat(9));
    assert.equal(r.read("fresh/note.tmp"), "ignored");
    const [, { ref, reason }] = r.events() as never as [unknown, { ref: string; reason: string }];
    assert.equal(reason, "clean_exit_with_dirty_tree");
    assert.deepEqual([await r.git("rev-parse", STASH), await r.git("rev-parse", "stash@{0}")], [ref, ref]);
    assert.match(
      await r.git("stash", "list"),
      /^stash@\{0\}: On main: ORPHAN R7 ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    );
    await r.git("stash", "apply", "-q", "--index", ref);
    assert.deepEqual(await r.status(), before);
    assert.equal(await r.git("show", ":changed"), "other");
    assert.equal(r.read("changed"), "and other again\n");
  },
);

settleTest("leaves an outer repository alone, when the one of the project has gone", {}, async (r) => {
  await r.shell(
    "git init -q -b main ..; git -C .. -c user.name=x -c user.email=x@example.org commit -q --allow-empty -m outer",
  );
  r.write("new", "1");
  const before = await r.shell("find . -name .git -prune -o -type f -print | sort");
  r.remove(".git");
  const why = `${r.root} is no repository any more, and ${r.dir} around it is another one`;
  assert.deepEqual(await r.settle(), { kind: "unknown", why });
  assert.deepEqual(r.told(), [`orphan_stash_failed: ${why}`]);
  assert.equal(await r.shell("find . -name .git -prune -o -type f -print | sort"), before);
  assert.equal(await r.shell("git for-each-ref refs/stash refs/agent-runner"), "");
});

settleTest("tells the next round about the stash, until a round ends with a clean tree", {}, async (r) => {
  r.write("dir/new", "1");
  r.write("kept", "3");
  await r.settle({ phase: "plan" });
  const { timestamp, ...orphan } = r.orphan()!;
  assert.match(String(timestamp), /^\d{4}-.*Z$/);
  assert.deepEqual(orphan, {
    round_num: 7,
    files: ["kept", "dir/"],
    stashed_ref: await r.git("rev-parse", STASH),
    stash_message: `ORPHAN R7 phase=plan ts=${String(timestamp).slice(0, 19)}Z`,
    phase: "plan",
  });
  await r.settle({ after: { kind: "unknown", why: "no git" }, round: 8 });
  assert.notEqual(r.orphan(), null);
  assert.deepEqual(await r.settle({ round: 9 }), { kind: "clean" });
  assert.equal(r.orphan(), null);
  assert.deepEqual(r.told().slice(2), ["orphan_stash_failed: no git"]);
});

for (const facts of [{ cleanExit: false }, { action: "ignore" as const }]) {
  settleTest(`only tells what is dirty with ${JSON.stringify(facts)}`, facts, async (r) => {
    for (let i = 10; i < 40; i++) r.write(`f${i}`, "1");
    const settled = await r.settle("cleanExit" in facts ? facts : {});
    assert.equal(settled.kind === "untouched" && settled.files.length, 30);
    const [{ event, files }] = r.events() as never as [{ event: string; files: readonly string[] }];
    assert.deepEqual([event, files.length, r.events().length], ["dirty_detected", 20, 1]);
    assert.equal((await r.status()).length, 30);
  });
}

settleTest("uses a stash of the same round and content again, and only such a one", {}, async (r) => {
  r.write("new", "1");
  await r.settle();
  const first = await r.git("rev-parse", STASH);
  await r.git("stash", "apply", "-q", first);
  await r.settle();
  assert.deepEqual(r.told().slice(2), ["dirty_detected", "orphan_idempotent_skip"]);
  assert.equal(await r.git("rev-parse", "stash@{0}"), first);
  assert.deepEqual(await r.status(), []);
  r.write("new", "2");
  await r.settle();
  assert.equal(r.told().at(-1), "orphan_stashed");
  assert.equal(await r.git("show", `${STASH}-2^3:new`), "2");
  r.write("new", "2");
  await r.settle({ round: 1 });
  assert.equal(r.told().at(-1), "orphan_stashed");
  assert.equal((await r.git("stash", "list")).split("\n").length, 3);
});

settleTest(
  "makes a new stash where the one of the same round and content is older than the window",
  {},
  async (r) => {
    r.write("new", "1");
    await r.settle();
    const first = await r.git("rev-parse", STASH);
    await r.git("stash", "apply", "-q", first);
    const aged = await r.shell(
      `git cat-file commit ${first} | sed -E 's/> [0-9]+ /> 1000000000 /' | git hash-object -t commit -w --stdin`,
    );
    await r.git("update-ref", "refs/stash", aged);
    await r.git("update-ref", STASH, aged);
    await r.settle();
    assert.equal(r.told().at(-1), "orphan_stashed");
  },
);

settleTest("never overwrites a ref that is there", {}, async (r) => {
  await r.git("update-ref", STASH, "HEAD");
  r.write("new", "1");
  await r.settle();
  assert.equal(await r.git("rev-parse", STASH), await r.git("rev-parse", "HEAD"));
  assert.deepEqual(await r.files(`${STASH}-2^3`), ["new"]);
});

settleTest("stashes where files and folders have taken each other's place", {}, async (r) => {
  for (const name of ["file", "dir/a", "dir/b"]) r.write(name, `${name}\n`);
  await r.commitAll("second");
  r.remove("file");
  r.write("file/inside", "1");
  r.remove("dir");
  r.write("dir", "now a file");
  await r.git("rm", "-q", "--cached", "kept");
  const before = await r.status();
  assert.equal((await r.settle()).kind, "stashed", r.told().join());
  assert.deepEqual(await r.status(), []);
  assert.deepEqual([r.read("file"), r.read("dir/b"), r.read("kept")], ["file\n", "dir/b\n", "one\ntwo\n"]);
  assert.deepEqual([...await r.files(`${STASH}^3`)].sort(), ["dir", "file/inside", "kept"]);
  assert.deepEqual(before.length, 7);
});

settleTest("takes a folder that has become a link, and what was staged and has gone, with auto_commit", {
  action: "auto_commit",
}, async (r) => {
  await r.shell(
    "rm -r sub; ln -s elsewhere sub; echo 1 >staged; git add staged; rm staged; git rm -q --cached kept",
  );
  assert.equal((await r.settle()).kind, "committed", r.told().join());
  assert.deepEqual(await r.status(), []);
  assert.deepEqual(await r.files(COMMIT), ["kept", "sub"]);
});

settleTest("leaves index and tree as they were where the tree cannot be cleared", {}, async (r) => {
  r.write("a", "1");
  await r.git("add", "--intent-to-add", "a");
  r.write("kept", "staged");
  await r.git("add", "kept");
  r.write("kept", "changed");
  r.write("sub/new", "1");
  // Whoever reads this file makes it grow, as a program would that still writes.
  await r.shell("git config filter.grow.clean 'cat; echo more >>sub/new'");
  r.write(".git/info/attributes", "sub/new filter=grow\n");
  const [index, status] = [await r.git("ls-files", "--stage", "kept", "sub"), await r.status()];
  assert.equal((await r.settle()).kind, "failed");
  const told = r.told().at(-1)!;
  assert.match(
    told,
    /^orphan_stash_failed: saved as refs\/agent-runner\/R7-stash, but the tree could not be cleared: /,
  );
  assert.deepEqual([await r.git("ls-files", "--stage", "kept", "sub"), r.read("kept")], [index, "changed"]);
  assert.deepEqual([(await r.status()).length, r.read("sub/new")?.slice(0, 5)], [status.length, "1more"]);
  assert.equal(await r.git("stash", "list"), "");
});

settleTest("refuses to stash where putting a file back would remove what no stash holds", {}, async (r) => {
  r.write(".gitignore", "*.tmp\n");
  await r.commitAll("second");
  r.remove("kept");
  r.write("kept/ignored.tmp", "1");
  await r.settle();
  assert.match(r.told().at(-1)!, /^orphan_stash_failed: kept\/ignored\.tmp cannot be stashed/);
  assert.equal(r.read("kept/ignored.tmp"), "1");
});

settleTest(
  "cannot stash before the first commit and says so, but can commit",
  { unborn: true },
  async (r) => {
    assert.equal((await r.settle()).kind, "failed");
    assert.match(r.told().at(-1)!, /there is no commit yet/);
    assert.deepEqual(await r.status(), ["?? kept", "?? sub/kept"]);
  },
);

settleTest("makes the first commit with auto_commit", { action: "auto_commit", unborn: true }, async (r) => {
  await r.git("add", "kept");
  assert.equal((await r.settle()).kind, "committed", r.told().join());
  assert.deepEqual(await r.status(), []);
  assert.equal(await r.git("log", "--format=%s"), "agent-runner auto-commit: R7");
});

settleTest("commits only what has become dirty in the round", { action: "auto_commit" }, async (r) => {
  r.write("dir/users", "1");
  r.write("sub/kept", "the user's");
  await r.git("add", "sub/kept");
  const before = await r.look();
  r.write("dir/agents", "1");
  r.write("kept", "the agent's");
  r.write("sub/kept", "both have changed it");
  await r.settle({ before, phase: "plan" });
  assert.deepEqual(r.told(), ["dirty_detected", "dirty_auto_committed"]);
  const { files, ref } = r.events().at(-1) as never as { files: string[]; ref: string };
  assert.deepEqual(files, ["dir/agents", "kept"]);
  assert.deepEqual([await r.git("rev-parse", "HEAD"), await r.git("rev-parse", COMMIT)], [ref, ref]);
  assert.equal(await r.git("log", "-1", "--format=%s"), "agent-runner auto-commit: R7 plan");
  assert.deepEqual(await r.status(), ["MM sub/kept", "?? dir/users"]);
  assert.equal(await r.git("show", ":sub/kept"), "the user's");
  assert.equal((await r.settle({ before: await r.look() })).kind, "untouched");
  await r.settle({ before: { kind: "unknown", why: "" } });
  assert.match(r.told().at(-1)!, /^dirty_commit_failed: what was dirty before the round is not known/);
});

for (
  const [hook, commitMs, reason] of [
    ["echo 'no tests' ; echo 'no docs' >&2; exit 1", 60_000, /^dirty_commit_failed: no tests\nno docs$/],
    ["sleep 60 & wait", 2000, /^dirty_commit_failed: git took longer than 2 s$/],
  ] as const
) {
  settleTest(
    `leaves index and tree as they were where a hook does: ${hook}`,
    { action: "auto_commit" },
    async (r) => {
      r.write(".git/hooks/pre-commit", `#!/bin/sh\n${hook}\n`);
      Deno.chmodSync(`${r.root}/.git/hooks/pre-commit`, 0o755);
      r.write("kept", "staged");
      await r.git("add", "kept");
      r.write("kept", "changed");
      r.write("new", "1");
      const [index, head] = [await r.git("ls-files", "--stage"), await r.git("rev-parse", "HEAD")];
      await r.settle({}, { lockMs: 100, commitMs });
      assert.match(r.told().at(-1)!, reason);
      assert.deepEqual([await r.git("ls-files", "--stage"), await r.git("rev-parse", "HEAD")], [index, head]);
      assert.deepEqual(await r.status(), ["MM kept", "?? new"]);
      const left = [...Deno.readDirSync(`${r.root}/.git`)].map(({ name }) => name);
      assert.deepEqual(left.filter((name) => /lock|agent-runner/.test(name)), []);
    },
  );
}

settleTest("lets hooks see what is committed, with paths as git usually takes them", {
  action: "auto_commit",
}, async (r) => {
  const hook =
    "#!/bin/sh\ngit diff --cached --name-only -- '*.ts' >seen\nprintf x >formatted.ts\ngit add formatted.ts\n";
  r.write(".git/hooks/pre-commit", hook);
  Deno.chmodSync(`${r.root}/.git/hooks/pre-commit`, 0o755);
  r.write(".gitignore", "seen\n");
  r.write("a.ts", "1");
  assert.equal((await r.settle()).kind, "committed", r.told().join());
  assert.deepEqual([r.read("seen"), await r.status()], ["a.ts\n", []]);
  const { files } = r.events().at(-1) as never as { files: string[] };
  assert.deepEqual(files, [".gitignore", "a.ts", "formatted.ts"]);
});

Deno.test("settleWorkTree() has nothing to do without a repository", async () => {
  await using r = await TestRepository.make();
  assert.deepEqual(await r.settle({ after: { kind: "none" } }), { kind: "none" });
  assert.deepEqual(r.told(), []);
});

Deno.test("status() says what to do, when the repository belongs to somebody else", async () => {
  await using r = await TestRepository.make();
  // In a process of its own: the tests of all files have one environment.
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--ext=ts", STATUS, r.root],
    env: { GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" },
  }).output();
  const { kind, why } = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(kind, "unknown");
  assert.match(why, /^the repository belongs to another user: git config .*site/);
});

const STATUS = `
import { systemHost } from ${JSON.stringify(import.meta.resolve("../../lib/sys/mod.ts"))};
console.log(JSON.stringify(await systemHost().git.status(Deno.args[0])));
`;
