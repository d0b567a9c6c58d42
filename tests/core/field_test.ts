import assert from "node:assert/strict";
import {
  bool,
  type Field,
  fields,
  free,
  int,
  intFrom,
  list,
  nullable,
  num,
  oneOf,
  optional,
  table,
  type ValuesOf,
  word,
} from "../../lib/core/field.ts";

const VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  NaN,
  Infinity,
  "",
  "exited",
  [],
  ["a"],
  [1],
  {},
  { name: "sh", pid: 1 },
  { name: "sh", pid: 1, more: 2 },
  { name: "sh" },
];

/** Which of the values each field takes. */
const TAKEN: readonly (readonly [string, Field<unknown>, readonly unknown[]])[] = [
  ["bool()", bool(), [true]],
  ["int()", int(), [0, -1]],
  ["intFrom()", intFrom(0), [0]],
  ["num()", num(), [0, -1, 1.5, Infinity]],
  ["word()", word(), ["", "exited"]],
  ["free()", free(10, "words"), ["", "exited"]],
  ["oneOf()", oneOf(["exited", "lost"]), ["exited"]],
  ["nullable()", nullable(word()), [null, "", "exited"]],
  ["optional()", optional(nullable(bool())), [undefined, null, true]],
  ["list()", list(word()), [[], ["a"]]],
  ["table()", table(), [[], ["a"], [1], {}, ...VALUES.slice(-3)]],
  ["fields()", fields({ name: word(), pid: int() }), VALUES.slice(-3, -1)],
  [
    "fields() with one that may be left out",
    fields({ name: word(), pid: optional(int()) }),
    VALUES.slice(-3),
  ],
];

for (const [what, field, taken] of TAKEN) {
  Deno.test(`${what} takes what it should and nothing else`, () => {
    assert.deepEqual(VALUES.filter((value) => field.is(value)), taken);
  });
}

Deno.test("nullable() and optional() have the text of their field, and its cut", () => {
  const field = optional(nullable(free(10, "words")));
  assert.deepEqual([field.text, field.free], ["words", 10]);
});

Deno.test("ValuesOf lets a key be absent only where its field is optional", () => {
  type Values = ValuesOf<{ readonly a: Field<number>; readonly b: ReturnType<typeof optional<string>> }>;
  const least: Values = { a: 1 };
  // @ts-expect-error: `a` is missing
  const less: Values = { b: "x" };
  assert.deepEqual([least, less], [{ a: 1 }, { b: "x" }]);
});
