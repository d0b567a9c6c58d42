/**
 * `--config PATH` and `--json` work before and after the verb; the later one wins. They are moved right behind the
 * verb, where the verb's own parser finds them.
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
  return verb === undefined ? globals : [verb, ...globals, ...others];
}
