import { type GenericSchema, is } from "valibot";

/** Whether a value is what a schema describes. */
export type Check = (value: unknown) => boolean;

/**
 * The same answer as `is(schema, …)`, for the plain types of most fields ten times as fast.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { description, integer, nullable, number, pipe } from "valibot";
 * const check = checkOf(nullable(pipe(number(), integer(), description("a count"))));
 * assert.deepEqual([3, null, 3.5, "3", undefined].map(check), [true, true, false, false, false]);
 * ```
 */
export function checkOf(schema: GenericSchema): Check {
  const { type, pipe = [], wrapped, options } = schema as Parts;
  const demands = pipe.slice(1).filter(({ kind }) => kind !== "metadata").map((demand) => demand.type);
  if (wrapped !== undefined && demands.length === 0 && (type === "nullable" || type === "optional")) {
    const inner = checkOf(wrapped);
    const none = type === "nullable" ? null : undefined;
    return (value) => value === none || inner(value);
  }
  if (options !== undefined && demands.length === 0 && type === "picklist") {
    return (value) => options.includes(value);
  }
  return PLAIN[[type, ...demands].join(" ")] ?? ((value) => is(schema, value));
}

/** What of valibot's schemas is looked at: a pipe holds its schema and then what else it demands or says. */
interface Parts {
  readonly type: string;
  readonly pipe?: readonly { readonly kind: string; readonly type: string }[];
  readonly wrapped?: GenericSchema;
  readonly options?: readonly unknown[];
}

/** By the schema's type and its further demands. */
const PLAIN: Readonly<Record<string, Check>> = {
  "boolean": (value) => typeof value === "boolean",
  "number": (value) => typeof value === "number" && !Number.isNaN(value),
  "number integer": (value) => Number.isInteger(value),
  "string": (value) => typeof value === "string",
};
