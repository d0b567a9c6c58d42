/**
 * What `make` makes, made when it is asked for the first time; a failure is not kept.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * let made = 0;
 * const count = once(() => ++made);
 * assert.deepEqual([made, count(), count()], [0, 1, 1]);
 * ```
 */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
