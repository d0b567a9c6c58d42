/** One part of a glob between slashes. */
export type GlobPart =
  | { readonly kind: "name"; readonly name: string }
  /** `*`, `?` and `[…]` within one name. */
  | { readonly kind: "pattern"; readonly matches: RegExp }
  /** `**`: any number of folders, none included; at the end everything below. */
  | { readonly kind: "depth" };

/**
 * The parts of a glob below some folder. Names that begin with a dot are no exception to `*`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(globParts("docs/**").map(({ kind }) => kind), ["name", "depth"]);
 * ```
 */
export function globParts(glob: string): readonly GlobPart[] {
  const words = glob.split("/").filter((word) => word !== "" && word !== ".");
  return words.filter((word, index) => word !== "**" || words[index - 1] !== "**").map(partOf);
}

/** Orders paths by their components, each by its code points, as the Python version sorts them. */
export function byComponents(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [one, other] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (one !== other) return rank(one) - rank(other);
  }
  return a.length - b.length;
}

const SLASH = 47;

/** A slash ends a component, so it comes before everything; halves of a pair stand for what lies beyond U+FFFF. */
function rank(unit: number): number {
  if (unit === SLASH) return -1;
  return unit >= 0xE000 ? unit - 0x800 : unit >= 0xD800 ? unit + 0x2000 : unit;
}

function partOf(word: string): GlobPart {
  if (word === "**") return { kind: "depth" };
  if (!/[*?[]/.test(word)) return { kind: "name", name: word };
  return { kind: "pattern", matches: new RegExp(`^${regexOf(word)}$`, "su") };
}

/**
 * The first place where what stands between two `*` fits is as good as any later one, so none is tried twice: whatever the
 * pattern is, it takes time in proportion to its length and that of the name.
 */
function regexOf(word: string): string {
  const [first = "", ...others] = [...tokensOf(word)].join("").split(ANY);
  const last = others.pop();
  if (last === undefined) return first;
  const between = others.filter((part) => part !== "").map((part, index) => `(?=(.*?${part}))\\${index + 1}`);
  return `${first}${between.join("")}.*${last}`;
}

/** Stands for `*`; no name holds it. */
const ANY = "\0";

/** The regular expression of each token; a `[` that nothing closes stands for itself. */
function* tokensOf(word: string): Generator<string> {
  for (const [token] of word.matchAll(/\*+|\?|\[!?\]?[^\]]*\]|[^]/gu)) {
    if (token.startsWith("*")) yield ANY;
    else if (token === "?") yield ".";
    else if (token.length > 1 && token.startsWith("[")) yield classOf(token);
    else yield escaped(token);
  }
}

/** A range that runs backwards holds nothing, as in Python. */
function classOf(token: string): string {
  const not = token.startsWith("[!");
  const inner = token.slice(not ? 2 : 1, -1);
  const members = [...inner.matchAll(/([^])-([^])|[^]/gu)].flatMap(([whole, from, to]) => {
    if (from === undefined || to === undefined) return [escaped(whole)];
    return from.codePointAt(0)! <= to.codePointAt(0)! ? [`${escaped(from)}-${escaped(to)}`] : [];
  });
  if (members.length === 0) return not ? "." : "(?!)";
  return `[${not ? "^" : ""}${members.join("")}]`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/gu, (sign) => sign === "-" ? "\\x2d" : `\\${sign}`);
}
