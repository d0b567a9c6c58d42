/**
 * How many lines came and went between two texts, wherever they stand.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(lineChanges("a\nb\nc\n", "a\nc\nc\nd\n"), "+2 -1");
 * ```
 */
export function lineChanges(before: string, after: string): string {
  const counts = new Map<string, number>();
  for (const line of before.split("\n")) counts.set(line, (counts.get(line) ?? 0) + 1);
  let added = 0;
  for (const line of after.split("\n")) {
    const left = counts.get(line) ?? 0;
    if (left === 0) added++;
    else counts.set(line, left - 1);
  }
  const removed = [...counts.values()].reduce((sum, left) => sum + left, 0);
  return `+${added} -${removed}`;
}
