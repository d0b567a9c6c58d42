export type Selected =
  | { readonly kind: "found"; readonly value: unknown }
  /** `known`: the keys that there are instead. */
  | { readonly kind: "missing"; readonly segment: string; readonly known: readonly string[] };

/**
 * The part of a document at a path such as `defenses.0.name`: digits index lists, everything else is a key.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(select({ a: [{ b: 1 }] }, "a.0.b"), { kind: "found", value: 1 });
 * ```
 */
export function select(document: unknown, path: string): Selected {
  let value = document;
  for (const segment of path.split(".")) {
    const known = keysOf(value);
    if (!known.includes(segment)) {
      return { kind: "missing", segment, known: Array.isArray(value) ? [] : known };
    }
    value = (value as Readonly<Record<string, unknown>>)[segment];
  }
  return { kind: "found", value };
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}
