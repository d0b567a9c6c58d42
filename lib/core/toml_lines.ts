/** What is read of the syntax tree of `toml-eslint-parser`. */
export interface TomlNode {
  readonly type: string;
  readonly loc: { readonly start: { readonly line: number } };
}

/**
 * The 1-based line of each key and table of a TOML text, by dotted name; an item of a list of tables as `name[0]`. The
 * first one where a name comes twice.
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
  for (let name = where; name !== ""; name = around(name)) {
    const line = lines.get(name);
    if (line !== undefined) return line;
  }
  return null;
}

function around(name: string): string {
  const list = name.replace(/\[\d+\]$/, "");
  return list === name ? name.slice(0, Math.max(0, name.lastIndexOf("."))) : list;
}

/** The members of the tree's nodes that matter here; each node has some of them. */
interface Parts extends TomlNode {
  readonly body?: readonly TomlNode[];
  readonly elements?: readonly TomlNode[];
  readonly resolvedKey?: readonly (string | number)[];
  readonly key?: { readonly keys: readonly { readonly name?: string; readonly value?: string }[] };
  readonly value?: TomlNode;
}

function visit(node: TomlNode, prefix: string, lines: Map<string, number>): void {
  const { type, loc, body, resolvedKey, key, value }: Parts = node;
  let name = prefix;
  if (type === "TOMLTable" && resolvedKey !== undefined) {
    name = resolvedKey.reduce<string>(joined, "");
    addLine(lines, name.replace(/\[\d+\]$/, ""), loc.start.line);
  } else if (type === "TOMLKeyValue" && key !== undefined) {
    name = key.keys.reduce((before, part) => joined(before, part.name ?? part.value ?? ""), prefix);
  }
  if (name !== prefix) addLine(lines, name, loc.start.line);
  for (const child of body ?? []) visit(child, name, lines);
  if (type !== "TOMLKeyValue") return;
  if (value?.type === "TOMLInlineTable") visit(value, name, lines);
  const { elements = [] }: Parts = value?.type === "TOMLArray" ? value : node;
  for (const [index, element] of elements.entries()) {
    if (element.type !== "TOMLInlineTable") continue;
    addLine(lines, joined(name, index), element.loc.start.line);
    visit(element, joined(name, index), lines);
  }
}

function addLine(lines: Map<string, number>, name: string, line: number): void {
  if (!lines.has(name)) lines.set(name, line);
}

function joined(prefix: string, part: string | number): string {
  if (typeof part === "number") return `${prefix}[${part}]`;
  return prefix === "" ? part : `${prefix}.${part}`;
}
