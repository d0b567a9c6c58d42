/**
 * What one `git status --porcelain=v2 -z --branch --no-renames` says in full, as a text of bytes (byte_text.ts).
 *
 * @module
 */

/** Everything that is not as committed. */
export interface GitChanges {
  /** Commit id, null before the first commit. */
  readonly head: string | null;
  /** `(detached)` where HEAD is on no branch. */
  readonly branch: string;
  readonly tracked: readonly TrackedChange[];
  /** Files, and foreign repositories with a `/` at the end. */
  readonly untracked: readonly string[];
  readonly unmerged: readonly string[];
}

/** A path that is in HEAD or in the index. */
export interface TrackedChange {
  readonly path: string;
  readonly isStaged: boolean;
  /** The work tree differs from the index. */
  readonly isChanged: boolean;
  /** No longer in the work tree, though in the index; something else may be in its place. */
  readonly isGone: boolean;
  /** Null for what is no submodule. */
  readonly submodule: { readonly isMoved: boolean; readonly hasOwnChanges: boolean } | null;
  /** Mode and id in HEAD and in the index, as `git update-index --index-info` takes them; mode 0: it is not there. */
  readonly inHead: string;
  readonly inIndex: string;
}

/**
 * Reads the records. Those that it does not know are skipped.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { untracked } = parseGitChanges("# branch.oid (initial)\0# branch.head main\0? a b\0");
 * assert.deepEqual(untracked, ["a b"]);
 * ```
 */
export function parseGitChanges(text: string): GitChanges {
  let head: string | null = null;
  let branch = "";
  const tracked: TrackedChange[] = [];
  const untracked: string[] = [];
  const unmerged: string[] = [];
  for (const record of text.split("\0")) {
    if (record.startsWith("# branch.oid ")) {
      const id = record.slice("# branch.oid ".length);
      head = id === "(initial)" ? null : id;
    } else if (record.startsWith("# branch.head ")) branch = record.slice("# branch.head ".length);
    else if (record.startsWith("? ")) untracked.push(record.slice(2));
    else if (record.startsWith("1 ")) tracked.push(trackedChange(record));
    else if (record.startsWith("u ")) unmerged.push(fieldsOf(record, 10).rest);
  }
  return { head, branch, tracked, untracked, unmerged };
}

/** `1 <XY> <sub> <mH> <mI> <mW> <hH> <hI> <path>` (git-status(1), "Porcelain Format Version 2"). */
function trackedChange(record: string): TrackedChange {
  const { fields, rest } = fieldsOf(record, 8);
  const [, xy = "", sub = "", headMode = "", indexMode = "", , headId = "", indexId = ""] = fields;
  return {
    path: rest,
    isStaged: xy[0] !== ".",
    isChanged: xy[1] !== ".",
    isGone: xy[1] === "D",
    submodule: sub.startsWith("S")
      ? { isMoved: sub[1] === "C", hasOwnChanges: sub[2] === "M" || sub[3] === "U" }
      : null,
    inHead: `${headMode === "000000" ? "0" : headMode} ${headId}`,
    inIndex: `${indexMode === "000000" ? "0" : indexMode} ${indexId}`,
  };
}

function fieldsOf(
  record: string,
  count: number,
): { readonly fields: readonly string[]; readonly rest: string } {
  const fields: string[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = record.indexOf(" ", at);
    fields.push(record.slice(at, end));
    at = end + 1;
  }
  return { fields, rest: record.slice(at) };
}
