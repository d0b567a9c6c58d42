import assert from "node:assert/strict";
import type { WorkTree } from "../../lib/host.ts";
import { systemHost } from "../../lib/sys/mod.ts";

const { files, git, processes } = systemHost();

interface Repository {
  readonly dir: string;
  git(...args: readonly string[]): Promise<string>;
  tree(): Promise<Extract<WorkTree, { kind: "tree" }>>;
}

function withRepository(act: (repository: Repository) => Promise<void>): () => Promise<void> {
  return async () => {
    const dir = await Deno.realPath(await Deno.makeTempDir());
    const repository: Repository = {
      dir,
      async git(...args) {
        const { code, stdout, stderr } = await processes.run(["git", ...args], {
          cwd: dir,
          timeoutMs: 20_000,
        });
        assert.equal(code, 0, stderr);
        return new TextDecoder().decode(stdout).trim();
      },
      async tree() {
        const tree = await git.status(dir);
        assert.equal(tree.kind, "tree");
        return tree as Extract<WorkTree, { kind: "tree" }>;
      },
    };
    try {
      await repository.git("init", "-q");
      const settings = { "user.name": "T", "user.email": "t@example.org", "status.showUntrackedFiles": "no" };
      for (const [key, value] of Object.entries(settings)) await repository.git("config", key, value);
      await act(repository);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  };
}

Deno.test(
  "status() knows a tree before and after its first commit",
  withRepository(async ({ dir, git: run, tree }) => {
    files.write(`${dir}/a`, "1");
    const before = await tree();
    assert.deepEqual([before.head, before.dirty], [null, ["a"]]);
    assert.equal(await git.commit(dir, ["a"], "first"), null);
    const after = await tree();
    assert.deepEqual([after.head, after.dirty], [await run("rev-parse", "HEAD"), []]);
    assert.notEqual(after.fingerprint, before.fingerprint);
  }),
);

Deno.test(
  "status() lists changes relative to the root, also from a folder below, whatever the user's settings",
  withRepository(async ({ dir, git: run, tree }) => {
    for (const name of ["kept", "changed", "old name", "gone"]) {
      files.write(`${dir}/${name}`, `content of ${name}\n`);
    }
    files.makeDir(`${dir}/sub`);
    files.write(`${dir}/sub/tracked`, "1");
    await run("add", ".");
    await run("commit", "-q", "-m", "first");
    files.write(`${dir}/changed`, "other");
    files.remove(`${dir}/gone`);
    await run("mv", "old name", "new name");
    files.makeDir(`${dir}/untracked/deep`);
    files.write(`${dir}/untracked/deep/file`, "1");
    files.write(`${dir}/sub/ünï "x"\n`, "1");
    const dirty = ["changed", "gone", "new name", 'sub/ünï "x"\n', "untracked/"];
    assert.deepEqual([...(await tree()).dirty].sort(), dirty);
    const below = await git.status(`${dir}/sub`);
    assert.deepEqual(below, await tree());
  }),
);

Deno.test({
  name: "status() survives names that are no UTF-8",
  ignore: Deno.build.os !== "linux",
  fn: withRepository(async ({ dir, tree }) => {
    const { code } = await processes.run(["sh", "-c", "printf 1 >\"$(printf 'a\\377b')\""], {
      cwd: dir,
      timeoutMs: 20_000,
    });
    assert.equal(code, 0);
    const first = await tree();
    assert.deepEqual(first.dirty, ["a\ufffdb"]);
    assert.equal((await tree()).fingerprint, first.fingerprint);
  }),
});

Deno.test(
  "status() changes its fingerprint with each further change of what is dirty already, and only then",
  withRepository(async ({ dir, tree }) => {
    files.write(`${dir}/a`, "1");
    assert.equal(await git.commit(dir, ["a"], "first"), null);
    const seen = [(await tree()).fingerprint];
    function change(path: string, text: string): void {
      files.write(path, text);
      // Each change gets an age of its own, however fast the test runs.
      Deno.utimeSync(path, seen.length, seen.length);
    }
    const changes = [
      () => change(`${dir}/a`, "2"),
      () => change(`${dir}/a`, "3"),
      () => change(`${dir}/a`, "longer"),
      () => files.makeDir(`${dir}/new/deep`),
      () => change(`${dir}/new/deep/file`, "1"),
      () => change(`${dir}/new/deep/file`, "2"),
      () => change(`${dir}/new/other`, "1"),
    ];
    for (const act of changes) {
      act();
      seen.push((await tree()).fingerprint);
      assert.equal((await tree()).fingerprint, seen.at(-1));
    }
    // The empty folder is nothing to git.
    assert.equal(new Set(seen).size, changes.length);
    assert.equal(seen[4], seen[3]);
  }),
);

for (const apart of ["logs", "new/logs", "sub/logs"]) {
  Deno.test(
    `status() sees nothing of the folder ${apart} that is to be left out, and all that is beside it`,
    withRepository(async ({ dir, git: run }) => {
      // Another way to the same folder.
      const link = `${dir}/.git/root`;
      await Deno.symlink(dir, link);
      files.makeDir(`${dir}/${apart}`);
      files.makeDir(`${dir}/sub`);
      for (const path of ["sub/tracked", `${apart}/tracked`]) files.write(`${dir}/${path}`, "1");
      await run("add", "sub");
      await run("commit", "-q", "-m", "first");
      const look = () => git.status(`${link}/sub`, `${dir}/${apart}`);
      const before = await look();
      assert.ok(before.kind === "tree");
      files.write(`${dir}/${apart}/tracked`, "longer");
      files.makeDir(`${dir}/${apart}/more`);
      files.write(`${dir}/${apart}/more/file`, "1");
      assert.deepEqual(await look(), before);
      assert.deepEqual(before.dirty, apart === "new/logs" ? ["new/"] : []);
      files.write(`${dir}/${apart}-2`, "1");
      const after = await look();
      assert.ok(after.kind === "tree" && after.fingerprint !== before.fingerprint);
    }),
  );
}

Deno.test(
  "status() neither waits for the index lock nor takes it",
  withRepository(async ({ dir, tree }) => {
    files.write(`${dir}/.git/index.lock`, "");
    files.write(`${dir}/a`, "1");
    assert.deepEqual((await tree()).dirty, ["a"]);
    assert.match((await git.commit(dir, ["a"], "refused"))!, /index\.lock/);
  }),
);

Deno.test("status() says none outside of a work tree and unknown where it cannot tell", async () => {
  const dir = await Deno.makeTempDir();
  assert.deepEqual(await git.status(dir), { kind: "none" });
  assert.equal(await git.isWorkTree(dir), false);
  Deno.mkdirSync(`${dir}/.git`);
  for (const name of ["objects", "refs"]) Deno.mkdirSync(`${dir}/.git/${name}`);
  files.write(`${dir}/.git/HEAD`, "ref: refs/heads/main\n");
  files.write(`${dir}/.git/config`, "[broken\n");
  const broken = await git.status(dir);
  assert.equal(broken.kind, "unknown");
  assert.match(broken.kind === "unknown" ? broken.why : "", /^fatal: bad config .*[^\n]$/);
  await Deno.remove(dir, { recursive: true });
  assert.equal((await git.status(dir)).kind, "unknown");
  assert.equal(await git.isWorkTree(dir), null);
});

Deno.test(
  "commit() takes just these paths, literally, and leaves what else is staged",
  withRepository(async ({ dir, git: run, tree }) => {
    for (const name of ["-n", "*", "other", "staged"]) files.write(`${dir}/${name}`, "1");
    await run("add", "staged");
    assert.equal(await git.isWorkTree(dir), true);
    assert.equal(await git.commit(dir, ["-n", "*"], "two files\n\nand a body"), null);
    assert.equal(
      await run("show", "--name-only", "--format=%B", "HEAD"),
      "two files\n\nand a body\n\n\n*\n-n",
    );
    assert.deepEqual([...(await tree()).dirty].sort(), ["other", "staged"]);
    assert.match((await git.commit(dir, ["none"], "m"))!, /none/);
    assert.notEqual(await git.commit(dir, ["*"], "nothing changed"), null);
    assert.notEqual(await git.commit(dir, [], "no paths"), null);
    assert.deepEqual([...(await tree()).dirty].sort(), ["other", "staged"]);
  }),
);

Deno.test(
  "run() takes bytes on standard input, an environment and paths as they are, and never rejects",
  withRepository(async ({ dir }) => {
    const stdin = new Uint8Array([97, 255, 0]);
    const hashed = await git.run(dir, ["hash-object", "-w", "--stdin"], { stdin });
    const id = new TextDecoder().decode(hashed.stdout).trim();
    assert.deepEqual((await git.run(dir, ["cat-file", "blob", id])).stdout, stdin);
    const index = { env: { GIT_INDEX_FILE: `${dir}/other` } };
    assert.equal((await git.run(dir, ["read-tree", "--empty"], index)).code, 0);
    assert.notEqual(files.stat(`${dir}/other`), null);
    files.write(`${dir}/a`, "1");
    assert.equal((await git.run(dir, ["add", "*"])).code, 128);
    assert.match((await git.run(dir, ["nonsense"])).stderr, /not a git command/);
    const slow = await git.run(dir, ["-c", "alias.wait=!sleep 60", "wait"], { timeoutMs: 300 });
    assert.deepEqual([slow.code, slow.stderr], [null, "git took longer than 0.3 s"]);
    assert.equal((await git.run(`${dir}/none`, ["status"])).code, null);
  }),
);

Deno.test(
  "run() does not wait for a program that leaves its standard input unread",
  withRepository(async ({ dir }) => {
    const stdin = new Uint8Array(10_000_000);
    assert.equal((await git.run(dir, ["--version"], { stdin })).code, 0);
  }),
);
