/**
 * What is said of a plugin's failures: a stranger's words too.
 *
 * @module
 */
import type { Fault } from "./guest.ts";

/** Characters that are taken of each part. */
const TYPE_MAX = 100;
const MESSAGE_MAX = 4000;
const STACK_MAX = 16 * 1024;

/** A fault that was told from outside, whatever it is. */
export function readFault(raw: unknown): Fault {
  const { type, message, stack } = (raw ?? {}) as Readonly<Record<keyof Fault, unknown>>;
  return {
    type: wordOf(type ?? "Error").slice(0, TYPE_MAX),
    message: wordOf(message ?? "").slice(0, MESSAGE_MAX),
    stack: wordOf(stack ?? "").slice(0, STACK_MAX),
  };
}

/** The text itself; of anything else its JSON. */
export function wordOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}

/** What the runtime says of an import, and what it means here. */
const IMPORTS: readonly (readonly [says: RegExp, means: string])[] = [
  [
    /cannot-be-a-base|remote specifier was requested|npm specifiers were requested/,
    'a plugin is one self-contained module and imports types only; a local one with trust = "full" may import the files beside it',
  ],
  [
    /before initialization/,
    "where files import one another in a circle, the plugin's own file cannot be one of them",
  ],
];

/** A fault while a plugin was loaded, with what it means where the runtime's words do not say it. */
export function loadFault(fault: Fault): Fault {
  const means = IMPORTS.find(([says]) => says.test(fault.message))?.[1];
  return means === undefined ? fault : { ...fault, message: `${fault.message}\n(${means})` };
}

/** For people: places in a text that was imported as `data:` are places in its source, and nothing moves the cursor. */
export function readableFault({ type, message, stack }: Fault, source: string): Fault {
  return { type: readable(type, source), message: readable(message, source), stack: readable(stack, source) };
}

function readable(text: string, source: string): string {
  return text
    // deno-lint-ignore no-control-regex
    .replaceAll(/\x1b\[[\d;?]*[A-Za-z]/g, "")
    // deno-lint-ignore no-control-regex
    .replaceAll(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "\uFFFD")
    .replaceAll(/data:application\/[^\s:()]*|file:[^\s:()]*\?sha256=[0-9a-f]*/g, source);
}
