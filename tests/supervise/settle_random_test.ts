import assert from "node:assert/strict";
import { mulberry32, type Prng } from "../sim/prng.ts";
import { TestRepository } from "./settle_repository.ts";

/** Each takes half a second; many more have been tried. */
const SEEDS = 6;

const PATHS = ["a", "b", "a/x", "a/y", "b/z/q", "c d", "link", "e.sh", "f.tmp", "g/h.tmp"];

for (const action of ["stash", "auto_commit"] as const) {
  for (let seed = 1; seed <= SEEDS; seed++) {
    Deno.test(`settleWorkTree() loses nothing of a random tree with ${action}, seed ${seed}`, async () => {
      await using r = await TestRepository.make({ action });
      const prng = mulberry32(seed);
      r.write(".gitignore", "*.tmp\n");
      for (let i = 0; i < 12; i++) await change(r, prng, CHANGES);
      await r.commitAll("second");
      for (let i = 0; i < 12; i++) await change(r, prng, [...CHANGES, ...STAGINGS]);
      const [before, status] = [snapshot(r.root), await r.status()];
      const settled = await r.settle();
      if (settled.kind === "failed") {
        assert.match(settled.why, /cannot be stashed/);
        assert.deepEqual([snapshot(r.root), await r.status()], [before, status]);
        return;
      }
      assert.deepEqual(await r.status(), [], JSON.stringify([settled, status]));
      if (settled.kind === "stashed") await r.git("stash", "apply", "-q", "--index", settled.ref);
      assert.deepEqual(snapshot(r.root), before, status.join("\n"));
    });
  }
}

type Change = (r: TestRepository, path: string, prng: Prng) => void | Promise<void>;

/** More of what agents do most. */
const CHANGES: readonly Change[] = [write, write, write, remove, makeExecutable, makeLink];

const STAGINGS: readonly Change[] = [
  async (r, path) => void await r.tryGit("add", "--all", "--", path),
  async (r, path) => void await r.tryGit("rm", "-rq", "--cached", "--", path),
];

async function change(r: TestRepository, prng: Prng, changes: readonly Change[]): Promise<void> {
  await changes[prng.int(changes.length)]!(r, PATHS[prng.int(PATHS.length)]!, prng);
}

function write(r: TestRepository, path: string, prng: Prng): void {
  makeRoom(r, path);
  r.write(path, String(prng.int(5)));
}

function makeLink(r: TestRepository, path: string): void {
  makeRoom(r, path);
  r.write(path, "");
  remove(r, path);
  Deno.symlinkSync("target", `${r.root}/${path}`);
}

/** What is in the way goes, be it a folder in the file's place or a file in the folder's. */
function makeRoom(r: TestRepository, path: string): void {
  remove(r, path);
  for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
    const folder = path.slice(0, at);
    if (statOf(`${r.root}/${folder}`)?.isDirectory !== true) remove(r, folder);
  }
}

function remove(r: TestRepository, path: string): void {
  if (statOf(`${r.root}/${path}`) !== null) r.remove(path);
}

function makeExecutable(r: TestRepository, path: string): void {
  if (statOf(`${r.root}/${path}`)?.isFile === true) Deno.chmodSync(`${r.root}/${path}`, 0o755);
}

/** Every file and link with its content, ignored ones too. */
function snapshot(root: string, folder = ""): readonly string[] {
  const names = [...Deno.readDirSync(root + folder)].map(({ name }) => name).filter((name) =>
    name !== ".git"
  );
  return names.sort().flatMap((name) => {
    const path = `${folder}/${name}`;
    const stat = Deno.lstatSync(root + path);
    if (stat.isDirectory) return snapshot(root, path);
    const text = stat.isSymlink ? Deno.readLinkSync(root + path) : Deno.readTextFileSync(root + path);
    return [`${path} ${stat.isSymlink} ${(stat.mode ?? 0) & 0o111} ${text}`];
  });
}

function statOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch {
    return null;
  }
}
