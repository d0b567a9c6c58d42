/**
 * Compiles a pattern of the configuration, or says why it cannot be compiled.
 *
 * The engine is JavaScript's. A leading `(?i)` is accepted, and so is what the Python version's files may hold:
 * `(?P<name>…)`, `(?P=name)`, `\A` and `\Z` are translated.
 *
 * @example
 * ```ts
 * import { compilePattern } from "./pattern.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(compilePattern("(?i)denied"), /denied/i);
 * assert.equal(compilePattern("(open"), "invalid regex \"(open\": Unterminated group");
 * ```
 */
export function compilePattern(text: string, options: PatternOptions = {}): RegExp | string {
  const inline = text.startsWith(IGNORE_CASE);
  const source = translatePattern(inline ? text.slice(IGNORE_CASE.length) : text);
  try {
    return new RegExp(source, inline || options.ignoreCase === true ? "i" : "");
  } catch (error) {
    // V8 says `Invalid regular expression: /source/flags: reason`; only the reason is news to the reader.
    const words = error instanceof Error ? error.message : String(error);
    return `invalid regex ${JSON.stringify(text)}: ${words.slice(words.lastIndexOf(": ") + 2)}`;
  }
}

export interface PatternOptions {
  /** Default false. */
  readonly ignoreCase?: boolean;
}

/** The pattern with Python's own notations written as JavaScript's; the same text where it has none. */
export function translatePattern(text: string): string {
  return text.replace(TOKEN, translateToken);
}

const IGNORE_CASE = "(?i)";

/** A character class, an escaped character or a Python group: whatever comes first, so that none hides in another. */
const TOKEN = /\[\^?\]?(?:\\[^]|[^\]\\])*\]|\\[^]|\(\?P<|\(\?P=(\w+)\)/g;

function translateToken(token: string, name: string | undefined): string {
  if (token === "(?P<") return "(?<";
  if (name !== undefined) return `\\k<${name}>`;
  if (token === "\\A") return "^";
  if (token === "\\Z") return "$";
  // A bracket right after the opening one is a member in Python, the end of an empty class in JavaScript.
  if (token.startsWith("[]")) return `[\\]${token.slice(2)}`;
  if (token.startsWith("[^]")) return `[^\\]${token.slice(3)}`;
  return token;
}
