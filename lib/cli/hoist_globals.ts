/**
 * `--config PATH` and `--json` work before and after the verb; the later one wins. They are moved right behind the
 * verb, or behind its action where it has some, where the parser of its flags finds them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(hoistGlobals(["--config", "a", "peek", "--config=b"]), ["peek", "--config", "b"]);
 * ```
 */
export function hoistGlobals(args: readonly string[]): readonly string[] {
  const rest: string[] = [];
  let config: string | null = null;
  let json = false;
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--") {
      rest.push(...args.slice(i));
      break;
    }
    const next = args[i + 1];
    if (word === "--json") json = true;
    else if (word.startsWith("--config=")) config = word.slice("--config=".length);
    else if (word === "--config" && next !== undefined) {
      config = next;
      i += 1;
    } else rest.push(word);
  }
  const [verb, ...others] = rest;
  const globals = [...(config === null ? [] : ["--config", config]), ...(json ? ["--json"] : [])];
  if (verb === undefined) return globals;
  const [action] = others;
  return NESTED.includes(verb) && action !== undefined && !action.startsWith("-")
    ? [verb, action, ...globals, ...others.slice(1)]
    : [verb, ...globals, ...others];
}

/** Verbs that have actions, each with flags of its own. */
export const NESTED: readonly string[] = ["plugin"];
