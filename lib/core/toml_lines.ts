/** What is read of the syntax tree of `toml-eslint-parser`. */
export interface TomlNode {
  readonly type: string;
  readonly loc: { readonly start: { readonly line: number } };
}

/**
 * The 1-based line of each key and table of a TOML text, by dotted name; the first one where a name comes twice.
 *
 * The parser is handed in, because it is only worth loading when there is an error to place.
 *
 * @throws what the parser throws on a syntax error
 */
export function keyLines(parseTOML: (text: string) => TomlNode, text: string): Map<string, number> {
  const lines = new Map<string, number>();
  visit(parseTOML(text), "", lines);
  return lines;
}

/** The line of the place, or of the nearest table around it, or null. */
export function lineOf(lines: ReadonlyMap<string, number>, where: string): number | null {
  for (let name = where; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf(".")))) {
    const line = lines.get(name);
    if (line !== undefined) return line;
  }
  return null;
}

/** The members of the tree's nodes that matter here; each node has some of them. */
interface Parts extends TomlNode {
  readonly body?: readonly TomlNode[];
  readonly resolvedKey?: readonly (string | number)[];
  readonly key?: { readonly keys: readonly { readonly name?: string; readonly value?: string }[] };
  readonly value?: TomlNode;
}

function visit(node: TomlNode, prefix: string, lines: Map<string, number>): void {
  const { type, loc, body, resolvedKey, key, value }: Parts = node;
  let name = prefix;
  if (type === "TOMLTable" && resolvedKey !== undefined) {
    name = resolvedKey.filter((part) => typeof part === "string").join(".");
  } else if (type === "TOMLKeyValue" && key !== undefined) {
    const own = key.keys.map((part) => part.name ?? part.value ?? "").join(".");
    name = prefix === "" ? own : `${prefix}.${own}`;
  }
  if (name !== prefix && !lines.has(name)) lines.set(name, loc.start.line);
  for (const child of body ?? []) visit(child, name, lines);
  if (type === "TOMLKeyValue" && value?.type === "TOMLInlineTable") visit(value, name, lines);
}
