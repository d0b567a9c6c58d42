import assert from "node:assert/strict";
import { COMMIT, settleTest, STASH } from "./settle_repository.ts";

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
