import type { GlobalFlags } from "./context.ts";

/** Arguments without the flags that every verb has. */
export interface Taken {
  readonly words: readonly string[];
  readonly globals: Partial<GlobalFlags>;
}

/** The one verb that has none of them: they are its own words, as wrong as any other. */
const WITHOUT_GLOBALS = "fake-agent";

/**
 * `--config PATH` and `--json` work before and after the verb; the later one wins. They are taken out of the arguments:
 * the parser of flags has nothing to say about them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(takeGlobals(["--config", "a", "peek", "--config=b"]), {
 *   words: ["peek"],
 *   globals: { config: "b" },
 * });
 * ```
 */
export function takeGlobals(args: readonly string[]): Taken {
  const words: string[] = [];
  const globals: { config?: string; json?: true } = {};
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--") {
      words.push(...args.slice(i));
      break;
    }
    const next = args[i + 1];
    if (word === "--json") globals.json = true;
    else if (word.startsWith("--config=")) globals.config = word.slice("--config=".length);
    else if (word === "--config" && next !== undefined) {
      globals.config = next;
      i += 1;
    } else words.push(word);
  }
  const [verb] = words;
  return verb === undefined || verb === WITHOUT_GLOBALS ? { words: args, globals: {} } : { words, globals };
}
