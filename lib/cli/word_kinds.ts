/**
 * What the words of a command line can be.
 *
 * @module
 */
import type { WordKind } from "./command_line.ts";

export const TEXT: WordKind<string> = { expected: "some text", read: (word) => word || undefined };

/** Up to nine digits: more is no number of anything here. */
export const COUNT: WordKind<number> = {
  expected: "a whole number from 0 on",
  read: (word) => /^\d{1,9}$/.test(word) ? Number(word) : undefined,
};

export const POSITIVE: WordKind<number> = {
  expected: "a whole number from 1 on",
  read: (word) => COUNT.read(word) || undefined,
};

export function oneOf<const Word extends string>(...words: readonly Word[]): WordKind<Word> {
  return {
    expected: `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
    read: (word) => words.find((one) => one === word),
    words,
  };
}
