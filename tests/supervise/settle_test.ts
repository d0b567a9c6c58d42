import assert from "node:assert/strict";
import { host, type SetUp, TestRepository } from "./settle_repository.ts";

const STASH = "refs/agent-runner/R7-stash";
const COMMIT = "refs/agent-runner/R7-commit";

function settleTest(name: string, setUp: SetUp, act: (repository: TestRepository) => Promise<void>): void {
  Deno.test(`settleWorkTree() ${name}`, async () => {
    await using repository = await TestRepository.make(setUp);
    await act(repository);
  });
}

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

for (const action of ["stash", "auto_commit"] as const) {
  const kind = action === "stash" ? "stashed" : "committed";

  settleTest(`takes names of any bytes with ${action}`, { action }, async (r) => {
    await r.shell(
      `printf x >"$(printf 'a\\377b')"; printf x >"$(printf 'line\\nbreak')"; printf x >'"quoted" \\ *'`,
    );
    r.write("-n", "1");
    r.write(":(exclude)kept", "1");
    r.write("kept", "changed");
    assert.equal((await r.settle()).kind, kind);
    assert.deepEqual(await r.status(), []);
    const [{ files }] = r.events() as never as [{ files: readonly string[] }];
    assert.deepEqual([...files].sort(), [
      '"quoted" \\ *',
      "-n",
      ":(exclude)kept",
      "a\ufffdb",
      "kept",
      "line\nbreak",
    ]);
    if (action === "stash") await r.git("stash", "apply", "-q");
    assert.equal(await r.shell(`cat "$(printf 'a\\377b')" "$(printf 'line\\nbreak')" kept`), "xxchanged");
  });

  settleTest(`stays below the work folder with ${action}`, { action, below: "/sub" }, async (r) => {
    r.write("kept", "the user's");
    await r.git("add", "kept");
    r.write("new", "the user's");
    r.write("sub/kept", "the agent's");
    r.write("sub/new", "the agent's");
    assert.equal((await r.settle()).kind, kind);
    assert.deepEqual(await r.status(), ["M  kept", "?? new"]);
    const [{ files }] = r.events() as never as [{ files: readonly string[] }];
    assert.deepEqual([...files].sort(), ["kept", "new"]);
  });

  settleTest(`names a work folder that is all new with ${action}`, { action, below: "/new" }, async (r) => {
    r.write("new/deep/a", "1");
    r.write("new/b", "1");
    assert.equal((await r.settle()).kind, kind);
    const [{ files }] = r.events() as never as [{ files: readonly string[] }];
    assert.deepEqual(files, ["./"]);
  });

  settleTest(
    `leaves the log directory alone with ${action}`,
    { action, logDir: "site/var/logs" },
    async (r) => {
      r.write("var/logs/other", "1");
      assert.deepEqual(await r.settle(), { kind: "clean" });
      assert.deepEqual(r.told(), []);
      r.write("var/data", "1");
      assert.equal((await r.settle()).kind, kind);
      assert.equal(r.read("var/logs/other"), "1");
      const status = await r.status();
      assert.ok(status.length > 0 && status.every((line) => line.includes(" var/logs/")), status.join());
    },
  );

  const failed = action === "stash" ? "orphan_stash_failed" : "dirty_commit_failed";

  settleTest(`leaves a merge with conflicts alone with ${action}`, { action }, async (r) => {
    await r.git("checkout", "-q", "-b", "other");
    r.write("kept", "theirs\n");
    await r.commitAll("theirs");
    await r.git("checkout", "-q", "main");
    r.write("kept", "ours\n");
    await r.commitAll("ours");
    assert.notEqual((await r.tryGit("merge", "other")).code, 0);
    const [status, text] = [await r.status(), r.read("kept")];
    await r.settle();
    assert.deepEqual(r.told(), ["dirty_detected", `${failed}: a merge is under way; left as it is`]);
    await r.git("merge", "--abort");
    for (const [command, what] of [["rebase", "a rebase"], ["cherry-pick", "a cherry-pick"]] as const) {
      assert.notEqual((await r.tryGit(command, "other")).code, 0);
      await r.settle();
      assert.equal(r.told().at(-1), `${failed}: ${what} is under way; left as it is`);
      await r.git(command, "--abort");
    }
    assert.deepEqual([status, text?.startsWith("<<<<<<<")], [["UU kept"], true]);
  });

  settleTest(
    `waits for an index lock, says so and never removes it with ${action}`,
    { action },
    async (r) => {
      r.write("new", "1");
      r.write(".git/index.lock", "");
      await r.settle();
      assert.match(
        r.told().at(-1)!,
        new RegExp(`^${failed}: .*/index\\.lock is there: remove it if no git runs`),
      );
      assert.equal(r.read(".git/index.lock"), "");
      assert.deepEqual(await r.status(), ["?? new"]);
      const settling = r.settle({}, { lockMs: 20_000, commitMs: 20_000 });
      r.remove(".git/index.lock");
      assert.equal((await settling).kind, kind);
    },
  );

  settleTest(`works with a detached HEAD in a linked work tree with ${action}`, {
    action,
    below: "/../linked",
  }, async (r) => {
    await r.git("worktree", "add", "-q", "--detach", "../linked");
    r.write("../linked/kept", "changed");
    r.write("../linked/new", "1");
    r.write("kept", "in the main tree");
    assert.equal((await r.settle()).kind, kind);
    assert.deepEqual(await r.status(), ["M kept"]);
    assert.equal(await r.shell("git -C ../linked status --short"), "");
  });

  settleTest(`works in a sparse tree with ${action}`, { action }, async (r) => {
    for (const dir of ["in", "out"]) r.write(`${dir}/file`, "1");
    await r.commitAll("second");
    await r.git("sparse-checkout", "set", "in");
    r.write("in/file", "2");
    r.write("in/new", "2");
    r.write("out/new", "outside of the cone");
    assert.equal((await r.settle()).kind, kind);
    assert.deepEqual(await r.status(), []);
    assert.deepEqual([r.read("out/file"), await r.git("show", "HEAD:out/file")], [null, "1"]);
    const holds = action === "stash" ? `${STASH}^3` : COMMIT;
    assert.ok((await r.files(holds)).includes("out/new"));
  });

  settleTest(
    `leaves submodules and repositories within alone and says so with ${action}`,
    { action },
    async (r) => {
      await r.shell(
        "git init -q ../lib && cd ../lib && git -c user.name=L -c user.email=l@l commit -q --allow-empty -m x",
      );
      await r.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", `${r.dir}/lib`, "lib");
      await r.commitAll("with a submodule");
      r.write("lib/own", "1");
      await r.shell("git init -q fresh/repo && echo 1 >fresh/repo/file");
      assert.equal((await r.settle()).kind, "untouched");
      assert.deepEqual(r.notes.filter((note) => note.includes("a repository of its own")).length, 2);
      r.write("fresh/plain", "1");
      assert.equal((await r.settle()).kind, kind);
      assert.deepEqual([r.read("lib/own"), r.read("fresh/repo/file")], ["1", "1\n"]);
      assert.deepEqual([...await r.status()].sort(), ["? lib", "?? fresh/repo/"]);
    },
  );

  settleTest(`writes nothing to git in a dry run with ${action}`, { action, dryRun: true }, async (r) => {
    r.write("new", "1");
    const refs = await r.git("for-each-ref");
    assert.equal((await r.settle()).kind, "untouched");
    const [event] = r.events();
    assert.deepEqual([event?.event, Reflect.get(event!, "would")], ["dirty_detected", action]);
    assert.deepEqual([await r.git("for-each-ref"), await r.status(), r.events().length], [
      refs,
      ["?? new"],
      1,
    ]);
    assert.match(r.notes[0]!, /^dry run: 1 changed path/);
  });

  settleTest(`does not mind the user's settings with ${action}`, { action }, async (r) => {
    const settings = {
      "status.showUntrackedFiles": "no",
      "status.renames": "copies",
      "commit.gpgSign": "true",
      "gpg.program": "false",
      "stash.showIncludeUntracked": "true",
      "core.quotePath": "true",
      "status.relativePaths": "true",
      "color.ui": "always",
      "log.showSignature": "true",
      "diff.noprefix": "true",
    };
    for (const [key, value] of Object.entries(settings)) await r.git("config", key, value);
    await r.git("mv", "kept", "moved");
    r.write("ünï", "1");
    assert.equal((await r.settle()).kind, kind);
    assert.deepEqual(await r.status(), []);
    const holds = action === "stash" ? `${STASH}^3` : COMMIT;
    assert.match(await r.git("ls-tree", "-r", "-z", "--name-only", holds), /ünï/);
  });
}

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
  Deno.env.set("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
  try {
    const tree = await host.git.status(r.root);
    assert.equal(tree.kind, "unknown");
    assert.match(
      tree.kind === "unknown" ? tree.why : "",
      /^the repository belongs to another user: git config .*site/,
    );
  } finally {
    Deno.env.delete("GIT_TEST_ASSUME_DIFFERENT_OWNER");
  }
});
