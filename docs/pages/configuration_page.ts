import {
  CONFIG,
  DETECTOR_NAMES,
  FREE_KEYS,
  isRow,
  REMOVED_KEYS,
  type Row,
  type Rows,
} from "../../lib/core/config.ts";
import { blocks, code, table } from "./markdown.ts";

/** Every key of `agent-runner.toml`. */
export function configurationPage(): string {
  return blocks(
    "# Configuration",
    "The file is `agent-runner.toml`, or what `--config` names. All problems in it are reported at once, with their " +
      "lines. An unknown key in a known table is an error. An unknown table is passed over and named at the start, " +
      "unless its name resembles a known one.",
    "- A relative `work_dir` is taken against the folder of the file, as are the paths of `[[plugins.load]]` and " +
      "`[[hooks]]`; every other relative path is taken against `work_dir`.\n" +
      "- `~` and `~/` stand for the home folder, `{project}` for the last part of `work_dir`.\n" +
      "- *not yet*: the key is checked and accepted, but this version does not act on it. `serve` names such keys of " +
      "your file at the start.\n" +
      "- *phase*: `[phases.<name>]` may replace the key.\n" +
      "- Patterns are JavaScript regular expressions; a leading `(?i)` is understood.",
    ...Object.entries<Rows[string]>(CONFIG).flatMap(([name, entry]) =>
      isRow(entry) ? listOf(name, entry) : tableOf(name, entry)
    ),
    "## Keys that you name yourself",
    table(
      ["table", "what it is for"],
      Object.entries(FREE_KEYS).map(([name, { text }]) => [code(`[${name}.<name>]`), text]),
    ),
    "## Detectors",
    "The names that `monitor.auto_stop_on` takes:",
    DETECTOR_NAMES.map((name) => `- ${code(name)}`).join("\n"),
    "## Removed keys",
    table(
      ["key", "since", "use"],
      [...REMOVED_KEYS].map(([name, { since, use }]) => [code(name), since, code(use)]),
    ),
  );
}

function tableOf(name: string, rows: Rows): readonly string[] {
  const keys: string[][] = [];
  const inner: string[] = [];
  for (const [key, entry] of Object.entries(rows)) {
    if (isRow(entry) && entry.items !== null) inner.push(...listOf(`${name}.${key}`, entry));
    else if (isRow(entry)) keys.push(rowOf(key, entry));
    else inner.push(...tableOf(`${name}.${key}`, entry));
  }
  const head = ["key", "type", "default", "unit", "phase", "carried out", "what it does"];
  return [`## [${name}]`, table(head, keys), ...inner];
}

/** A list of tables. */
function listOf(name: string, { text, items }: Row<unknown>): readonly string[] {
  const [head = "", ...rest] = tableOf(name, items ?? {});
  return [head.replace(/\[(.*)\]/, "[[$1]]"), text, ...rest];
}

function rowOf(key: string, row: Row<unknown>): string[] {
  return [
    code(key),
    typeOf(row),
    defaultOf(row),
    row.unit ?? "",
    row.perPhase ? "yes" : "",
    carriedOut(row),
    row.text,
  ];
}

function typeOf({ type }: Row<unknown>): string {
  return type.startsWith('"') ? code(type) : type;
}

function defaultOf(row: Row<unknown>): string {
  if (row.required) return "required";
  return row.default === null ? "none" : code(JSON.stringify(row.default));
}

function carriedOut(row: Row<unknown>): string {
  return row.later ? "not yet" : "yes";
}
