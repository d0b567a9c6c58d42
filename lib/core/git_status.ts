/** What one `git status --porcelain=v2 -z --branch` says. */
export interface GitStatus {
  /** Commit id, null before the first commit. */
  readonly head: string | null;
  /** Paths that are not as committed, relative to the repository's root; untracked folders as `dir/`. */
  readonly dirty: readonly string[];
  /** What was read, without the records of what is left out. */
  readonly text: string;
}

/**
 * Reads the output of `git status --porcelain=v2 -z --branch`. Records that it does not know are skipped.
 *
 * @param apart a folder, as the paths are and with `/` at the end, of which nothing is to be seen; null for none
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { head, dirty } = parseGitStatus("# branch.oid (initial)\0? notes.md\0? logs/\0", "logs/");
 * assert.deepEqual([head, dirty], [null, ["notes.md"]]);
 * ```
 */
export function parseGitStatus(text: string, apart: string | null = null): GitStatus {
  const records = text.split("\0");
  const kept: string[] = [];
  const dirty: string[] = [];
  let head: string | null = null;
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    // The old name of a renamed or copied path is a record of its own.
    const whole = record.startsWith("2 ") ? [record, records[++i] ?? ""] : [record];
    const fields = FIELDS_BEFORE_PATH[record.slice(0, 2)];
    if (fields !== undefined) {
      const path = afterBlanks(record, fields);
      if (apart !== null && path.startsWith(apart)) continue;
      dirty.push(path);
    } else if (record.startsWith(OID)) {
      head = record === OID + "(initial)" ? null : record.slice(OID.length);
    }
    kept.push(...whole);
  }
  return { head, dirty, text: kept.join("\0") };
}

/**
 * A hash of 53 bits in hexadecimal, equal for equal texts; for noticing changes, not against malice.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.notEqual(hash53("a b"), hash53("a c"));
 * ```
 */
export function hash53(text: string): string {
  let low = FNV_OFFSET;
  let high = FNV_OFFSET ^ GOLDEN;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, FNV_PRIME);
    high = Math.imul(high ^ unit, GOLDEN);
    // A multiplication carries only upwards: without this the upper bits of a unit would never reach the lower ones.
    high ^= high >>> 15;
  }
  const upper = (mix(high) & 0x1fffff) * 2 ** 32;
  return (upper + (mix(low ^ high) >>> 0)).toString(16).padStart(14, "0");
}

const OID = "# branch.oid ";

/** Blanks before the path by kind of record (git-status(1), "Porcelain Format Version 2"). */
const FIELDS_BEFORE_PATH: Readonly<Record<string, number>> = { "1 ": 8, "2 ": 9, "u ": 10, "? ": 1 };

/** FNV-1a with 32 bits. */
const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
/** 2^32 divided by the golden ratio, made odd: a multiplier with well-spread bits. */
const GOLDEN = 0x9e3779b1 | 0;

function afterBlanks(record: string, count: number): string {
  let at = -1;
  for (let i = 0; i < count; i++) at = record.indexOf(" ", at + 1);
  return record.slice(at + 1);
}

function mix(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), GOLDEN);
  return once ^ (once >>> 13);
}
