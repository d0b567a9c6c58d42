import type { Git, WorkTree } from "../../lib/host.ts";
import type { Prng } from "./prng.ts";
import type { SimLife } from "./sim_life.ts";

/** The project's work tree as git would tell it; agents, the program and the test change it. */
export class SimTree {
  kind: "tree" | "none" | "unknown" = "tree";
  head: string | null;
  readonly dirty = new Set<string>();
  #changes = 0;

  constructor(private readonly prng: Prng) {
    this.head = this.#commitId();
  }

  /** Changes a file, or makes a new one. */
  edit(path: string): void {
    this.dirty.add(path);
    this.#changes++;
  }

  /** Commits these paths; all of them unless told. */
  commit(paths: readonly string[] = [...this.dirty]): void {
    for (const path of paths) this.dirty.delete(path);
    this.head = this.#commitId();
    this.#changes++;
  }

  workTree(): WorkTree {
    if (this.kind === "none") return { kind: "none" };
    if (this.kind === "unknown") return { kind: "unknown", why: "git: simulated failure" };
    const dirty = [...this.dirty].sort();
    return { kind: "tree", head: this.head, fingerprint: `${this.head}:${this.#changes}`, dirty };
  }

  #commitId(): string {
    return Array.from({ length: 40 }, () => this.prng.int(16).toString(16)).join("");
  }
}

/** One program's git, over the machine's work tree. */
export function simGit(life: SimLife, tree: SimTree): Git {
  return {
    async run() {
      await life.pause(GIT_MS);
      return { code: 128, stdout: new Uint8Array(), stderr: "fatal: this git is simulated" };
    },
    async status() {
      await life.pause(GIT_MS);
      return tree.workTree();
    },
    async isWorkTree() {
      await life.pause(GIT_MS);
      return tree.kind === "unknown" ? null : tree.kind === "tree";
    },
    async commit(_dir, paths) {
      await life.pause(GIT_MS);
      return life.effect(() => commit(tree, paths));
    },
  };
}

/** What one `git status` takes in a repository of 10,000 files. */
const GIT_MS = 15;

function commit(tree: SimTree, paths: readonly string[]): string | null {
  if (tree.kind !== "tree") return "fatal: not a git repository";
  if (!paths.some((path) => tree.dirty.has(path))) return "nothing to commit";
  tree.commit(paths);
  return null;
}
