import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Config } from "../../lib/core/config.ts";
import { pathsHash } from "../../lib/supervise/substrate.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { SimProject } from "./given.ts";

function inFolder(files: Readonly<Record<string, string>>): { readonly dir: string } & Disposable {
  const dir = Deno.realPathSync(Deno.makeTempDirSync());
  for (const [path, text] of Object.entries(files)) {
    Deno.mkdirSync(`${dir}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(`${dir}/${path}`, text);
  }
  return { dir, [Symbol.dispose]: () => Deno.removeSync(dir, { recursive: true }) };
}

async function hashOf(
  work_dir: string,
  substrate_fingerprint_paths: readonly string[],
): Promise<string | null> {
  return await pathsHash(systemHost(), { runtime: { work_dir, substrate_fingerprint_paths } } as Config);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What the Python version makes of these files, in this order. */
function expected(...files: readonly (readonly [path: string, text: string])[]): string {
  return sha256(files.map(([path, text]) => `${path}\n${sha256(text)}\n`).join(""));
}

Deno.test("pathsHash() is null without globs, without a match and without the folder", async () => {
  using place = inFolder({ "a.md": "A" });
  assert.equal(await hashOf(place.dir, []), null);
  assert.equal(await hashOf(place.dir, ["*.txt", "a.md/b"]), null);
  assert.equal(await hashOf(`${place.dir}/gone`, ["*"]), null);
});

Deno.test("pathsHash() hashes paths and contents by component order, each file once", async () => {
  using place = inFolder({
    "docs/a.md": "A",
    "docs-old/b.md": "B",
    "docs/deep/er/c.md": "C",
    "docs/.hidden.md": "H",
    "docs/d.txt": "D",
    "README.md": "R",
  });
  assert.equal(
    await hashOf(place.dir, ["**/*.md", "docs/*.md", "README.md"]),
    expected(
      ["README.md", "R"],
      ["docs/.hidden.md", "H"],
      ["docs/a.md", "A"],
      ["docs/deep/er/c.md", "C"],
      ["docs-old/b.md", "B"],
    ),
  );
  assert.equal(await hashOf(place.dir, ["docs/deep/**"]), expected(["docs/deep/er/c.md", "C"]));
  assert.equal(await hashOf(place.dir, ["docs/[a-c].*"]), expected(["docs/a.md", "A"]));
});

Deno.test("pathsHash() follows links to where they lead, but ** does not go through them", async () => {
  using outside = inFolder({ "far.md": "F", "sub/deep.md": "S" });
  using place = inFolder({ "src/a.md": "A" });
  Deno.symlinkSync(outside.dir, `${place.dir}/linked`);
  Deno.symlinkSync("src/a.md", `${place.dir}/again.md`);
  Deno.symlinkSync("nowhere", `${place.dir}/dangling.md`);
  assert.equal(await hashOf(place.dir, ["**/*.md"]), expected(["src/a.md", "A"]));
  assert.equal(
    await hashOf(place.dir, ["linked/*.md", "src/*"]),
    // By component order "src" of the work folder and the absolute path stand where their full paths do.
    outside.dir < place.dir
      ? expected([`${outside.dir}/far.md`, "F"], ["src/a.md", "A"])
      : expected(["src/a.md", "A"], [`${outside.dir}/far.md`, "F"]),
  );
});

Deno.test("pathsHash() reads names with line ends, large files and folders that may not be listed", async () => {
  const large = "x".repeat(3_000_000);
  using place = inFolder({ "a\nb.md": "A", "large.md": large, "shut/c.md": "C" });
  Deno.chmodSync(`${place.dir}/shut`, 0o000);
  try {
    const hash = await hashOf(place.dir, ["*.md"]);
    assert.equal(hash, expected(["a\nb.md", "A"], ["large.md", large]));
  } finally {
    Deno.chmodSync(`${place.dir}/shut`, 0o700);
  }
});

Deno.test("serve() writes the fingerprint before and after each round, with the commit that the round made", async () => {
  const project = new SimProject({ runtime: { substrate_fingerprint_paths: ["*.md"] } });
  const { sim } = project;
  const first = sim.tree.head;
  sim.agent = (_, nth) => {
    if (nth === 0) sim.disk.put("/project/notes.md", "new");
    return { commits: nth === 0 ? [{ afterMs: 1000 }] : [], exit: { afterMs: 90_000, code: 0 } };
  };
  assert.equal(await project.serve(2), 0);
  const kinds = project.events.map(({ event }) => event).filter((kind) => /^round_(s|end)/.test(kind));
  const turn = ["round_substrate_before", "round_start", "round_end", "round_substrate_after"];
  assert.deepEqual(kinds, [...turn, ...turn]);
  const [before, again] = project.of("round_substrate_before");
  const [after, last] = project.of("round_substrate_after");
  assert.deepEqual([before?.git_head, after?.git_head], [first, sim.tree.head]);
  assert.notEqual(before?.git_head, after?.git_head);
  assert.match(before?.paths_hash ?? "", /^[0-9a-f]{64}$/);
  assert.notEqual(before?.paths_hash, after?.paths_hash);
  assert.equal(after?.paths_hash, again?.paths_hash);
  assert.deepEqual([last?.round_num, last?.paths_hash], [2, again?.paths_hash]);
});

Deno.test("serve() leaves the fingerprint of an adopted round behind it too", async () => {
  const project = new SimProject();
  project.sim.at(20_000, () => project.sim.kill());
  await assert.rejects(project.serve(1));
  project.sim.reboot({ power: false, downMs: 1000 });
  assert.equal(await project.serve(1), 0);
  assert.deepEqual(project.of("round_substrate_before").map(({ round_num }) => round_num).slice(0, 1), [1]);
  assert.equal(project.of("round_adopted").length, 1);
  assert.equal(project.of("round_substrate_after")[0]?.round_num, 1);
});
