/**
 * What `make` makes, made when it is asked for the first time.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * let made = 0;
 * const count = once(() => ++made);
 * assert.deepEqual([made, count(), count()], [0, 1, 1]);
 * ```
 */
export function once<T extends NonNullable<unknown>>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}
