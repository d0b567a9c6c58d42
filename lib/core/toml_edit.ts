/**
 * Changes in a TOML text that leave everything else of it byte for byte as it is.
 *
 * The parser is handed in, because it is only worth loading when something is changed. All of these throw what it
 * throws on a syntax error.
 *
 * @module
 */

/** What is read of the syntax tree of `toml-eslint-parser`; each node has some of the members. */
export interface TomlTree {
  readonly type: string;
  readonly range: readonly [number, number];
  readonly body?: readonly TomlTree[];
  readonly elements?: readonly TomlTree[];
  readonly resolvedKey?: readonly (string | number)[];
  readonly key?: { readonly keys: readonly { readonly name?: string; readonly value?: string }[] };
  readonly value?: unknown;
}

export type ParseToml = (text: string) => TomlTree;

/**
 * The text with a block of lines at its end, after one empty line.
 * @param block lines that end with `\n`
 */
export function withBlock(text: string, block: string): string {
  const newline = newlineOf(text);
  const ended = text === "" || text.endsWith("\n") ? text : text + newline;
  const gap = ended === "" || /\n\r?\n$/.test(ended) ? "" : newline;
  return ended + gap + block.replaceAll("\n", newline);
}

/**
 * The text without the n-th (from 0) table of a list of tables, and without the empty line before it; null where the
 * list is not written as `[[name]]`, or has no such table.
 * @param list dotted name such as `plugins.load`
 */
export function withoutBlock(parse: ParseToml, text: string, list: string, index: number): string | null {
  const parts = blockParts(parse, text, list, index);
  if (parts.length === 0) return null;
  return parts.map(({ range }) => wholeLines(text, range)).sort(([a], [b]) => b - a)
    .reduce((rest, [from, to]) => rest.slice(0, from) + rest.slice(to), text);
}

/**
 * The text in which a key of the n-th table of a list has that string for a value: in the place of the old value, else
 * right after the key `after`. Null where there is no such table, or neither key.
 */
export function withString(
  parse: ParseToml,
  text: string,
  at: { readonly list: string; readonly index: number; readonly key: string; readonly after: string },
  value: string,
): string | null {
  const found = keysOf(parse, text, at.list, at.index);
  const old = found.pairs.find((pair) => nameOf(pair) === at.key);
  const oldValue = old === undefined ? null : old.value as TomlTree;
  if (oldValue !== null) {
    return text.slice(0, oldValue.range[0]) + tomlString(value) + text.slice(oldValue.range[1]);
  }
  const after = found.pairs.find((pair) => nameOf(pair) === at.after);
  if (after === undefined) return null;
  const line = `${at.key} = ${tomlString(value)}`;
  if (found.isInline) {
    return `${text.slice(0, after.range[1])}, ${line}${text.slice(after.range[1])}`;
  }
  const end = lineEnd(text, after.range[1]);
  const newline = newlineOf(text);
  const isLast = !text.slice(0, end).endsWith("\n");
  return text.slice(0, end) + (isLast ? newline + line : line + newline) + text.slice(end);
}

/**
 * A string as TOML writes it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(tomlString('a "b"'), '"a \\"b\\""');
 * ```
 */
export function tomlString(value: string): string {
  return JSON.stringify(value).replaceAll("\x7f", "\\u007f");
}

/** Its own table and those within it. */
function blockParts(parse: ParseToml, text: string, list: string, index: number): readonly TomlTree[] {
  const path = [...list.split("."), index];
  return topLevel(parse, text).filter(({ type, resolvedKey = [] }) =>
    type === "TOMLTable" && path.every((part, at) => resolvedKey[at] === part)
  );
}

interface Keys {
  readonly isInline: boolean;
  readonly pairs: readonly TomlTree[];
}

function keysOf(parse: ParseToml, text: string, list: string, index: number): Keys {
  const depth = list.split(".").length + 1;
  const own = blockParts(parse, text, list, index).find(({ resolvedKey = [] }) =>
    resolvedKey.length === depth
  );
  if (own !== undefined) return { isInline: false, pairs: own.body ?? [] };
  const item = inlineList(topLevel(parse, text), list)?.elements?.[index];
  return { isInline: true, pairs: item?.body ?? [] };
}

/** The list that is written as a value, wherever its key stands. */
function inlineList(nodes: readonly TomlTree[], list: string, prefix = ""): TomlTree | undefined {
  for (const node of nodes) {
    if (node.type === "TOMLTable") {
      const found = inlineList(node.body ?? [], list, `${(node.resolvedKey ?? []).join(".")}.`);
      if (found !== undefined) return found;
    } else if (node.type === "TOMLKeyValue") {
      const value = node.value as TomlTree;
      const name = prefix + nameOf(node);
      if (name === list && value.type === "TOMLArray") return value;
      const found = value.type === "TOMLInlineTable"
        ? inlineList(value.body ?? [], list, `${name}.`)
        : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function topLevel(parse: ParseToml, text: string): readonly TomlTree[] {
  return parse(text).body?.[0]?.body ?? [];
}

function nameOf({ key }: TomlTree): string {
  return (key?.keys ?? []).map((part) => part.name ?? part.value ?? "").join(".");
}

/** From the start of the first line to the end of the last one, with one empty line before it. */
function wholeLines(text: string, [from, to]: TomlTree["range"]): readonly [number, number] {
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const gap = /(^|\n)\r?\n$/.exec(text.slice(0, start));
  return [gap === null ? start : gap.index + gap[1]!.length, lineEnd(text, to)];
}

/** Behind the newline of the line in which `at` is. */
function lineEnd(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline < 0 ? text.length : newline + 1;
}

function newlineOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}
