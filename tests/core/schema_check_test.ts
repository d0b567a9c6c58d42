import assert from "node:assert/strict";
import * as v from "valibot";
import { EVENTS, KINDS } from "../../lib/core/events.ts";
import { checkOf } from "../../lib/core/schema_check.ts";

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
  "server",
  "auth",
  [],
  ["a"],
  [1],
  {},
  { name: "sh", pid: 1 },
  [{ name: "sh", pid: 1 }],
];

Deno.test("checkOf() says of every field of every event the same as valibot", () => {
  for (const kind of KINDS) {
    for (const [field, schema] of Object.entries(EVENTS[kind].schema.entries)) {
      const check = checkOf(schema);
      const differing = VALUES.filter((value) => check(value) !== v.is(schema, value));
      assert.deepEqual(differing, [], `${kind}.${field}`);
    }
  }
});

Deno.test("checkOf() leaves schemas with demands of their own to valibot", () => {
  const even = v.pipe(v.number(), v.check((n) => n % 2 === 0));
  assert.deepEqual([2, 3].map(checkOf(even)), [true, false]);
  const full = v.pipe(v.nullable(v.string()), v.check((text) => text !== null));
  assert.deepEqual(["a", null].map(checkOf(full)), [true, false]);
});
