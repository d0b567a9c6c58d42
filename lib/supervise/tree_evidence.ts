import { byteText, readable } from "../core/byte_text.ts";
import type { Config } from "../core/config.ts";
import type { Host, WorkTree } from "../host.ts";

/** What a round did to the repository; null where it is not known. */
export interface TreeEvidence {
  readonly commits: number | null;
  /** In its commits and uncommitted. */
  readonly filesChanged: number | null;
  /** In its commits. */
  readonly linesAdded: number | null;
  readonly linesDeleted: number | null;
}

const UNKNOWN: TreeEvidence = { commits: null, filesChanged: null, linesAdded: null, linesDeleted: null };

/** Ids of the tree without files, by the length of the repository's ids (SHA-1, SHA-256). */
const EMPTY_TREE: Readonly<Record<number, string>> = {
  40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
};

/** Compares two looks at the work tree; git is asked only where HEAD has moved. */
export async function treeEvidence(
  host: Host,
  { runtime }: Config,
  before: WorkTree,
  after: WorkTree,
): Promise<TreeEvidence> {
  if (before.kind !== "tree" || after.kind !== "tree") return UNKNOWN;
  const known = new Set(before.dirty);
  const isKnown = (path: string) =>
    known.has(path) || (path.endsWith("/") && before.dirty.some((file) => file.startsWith(path)));
  const uncommitted = after.dirty.filter((path) => !isKnown(path));
  if (after.head === null || after.head === before.head) {
    return { commits: 0, filesChanged: uncommitted.length, linesAdded: 0, linesDeleted: 0 };
  }
  const from = before.head ?? EMPTY_TREE[after.head.length] ?? "";
  const range = before.head === null ? after.head : `${before.head}..${after.head}`;
  const [count, stat] = await Promise.all([
    host.git.run(runtime.work_dir, ["rev-list", "--count", range, "--"]),
    host.git.run(runtime.work_dir, ["diff", "--numstat", "--no-renames", "-z", from, after.head, "--"]),
  ]);
  const commits = count.code === 0 ? Number(byteText(count.stdout)) : null;
  if (stat.code !== 0) return { ...UNKNOWN, commits };
  return { commits, ...sum(byteText(stat.stdout), uncommitted) };
}

/** Records `<added> TAB <deleted> TAB <path>`, with `-` for both where the file is no text. */
function sum(numstat: string, uncommitted: readonly string[]): Omit<TreeEvidence, "commits"> {
  const changed = new Set(uncommitted);
  let linesAdded = 0;
  let linesDeleted = 0;
  for (const record of numstat.split("\0")) {
    const [added = "", deleted = "", ...path] = record.split("\t");
    if (path.length === 0) continue;
    changed.add(readable(path.join("\t")));
    linesAdded += Number(added) || 0;
    linesDeleted += Number(deleted) || 0;
  }
  return { filesChanged: changed.size, linesAdded, linesDeleted };
}
