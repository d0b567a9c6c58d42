/**
 * Reads one table of the file by its rows. Nothing stops at the first problem: all of them go into the report.
 *
 * @module
 */
import { CONFIG, FREE_KEYS, isRow, REMOVED_KEYS, type Row, type Rows } from "./config.ts";
import { isTable, type RawTable, show } from "./config_kinds.ts";
import type { Problem } from "./problem.ts";
import { didYouMean } from "./suggest.ts";

/** What has been found so far. */
export interface Report {
  readonly problems: Problem[];
  readonly notes: string[];
}

/** The value of each row, defaults filled in; undefined where there is none because of a problem. */
export type Values = Record<string, unknown>;

/** Reads a table with everything in it; `raw` null: the table is unusable and that has been said. */
export function readTable(raw: RawTable | null, rows: Rows, where: string, report: Report): Values {
  if (raw !== null && !Object.hasOwn(FREE_KEYS, where)) refuseUnknown(raw, Object.keys(rows), where, report);
  const values: Values = {};
  for (const name of Object.keys(rows)) {
    const entry = rows[name]!;
    const dotted = `${where}.${name}`;
    if (!isRow(entry)) {
      values[name] = readTable(raw && tableAt(raw, name, dotted, report), entry, dotted, report);
    } else {
      values[name] = raw === null ? undefined : readRow(raw[name], entry, dotted, report);
    }
  }
  return values;
}

/** The table of that name, empty where it is absent, null (and a problem) where it is something else. */
export function tableAt(raw: RawTable, name: string, where: string, report: Report): RawTable | null {
  const value = raw[name];
  if (value === undefined) return {};
  if (isTable(value)) return value;
  addProblem(report, where, `must be a table, got ${show(value)}`);
  return null;
}

/** Checks a value that is there; undefined where it is wrong. */
export function readValue<Value>(
  value: unknown,
  row: Row<Value>,
  where: string,
  report: Report,
): Value | undefined {
  return row.read(value, (text, member = "") => addProblem(report, where + member, text));
}

/** Reports each key of `raw` that is not among the known ones. */
export function refuseUnknown(raw: RawTable, known: readonly string[], where: string, report: Report): void {
  for (const name of Object.keys(raw).filter((name) => !known.includes(name))) {
    const dotted = `${where}.${name}`;
    addProblem(report, dotted, aboutUnknown(name, dotted, known));
  }
}

/** The tables that have a key of exactly this name, as dotted names. */
export function ownersOf(name: string, tables: Rows = CONFIG as Rows, prefix = ""): string[] {
  return Object.entries(tables).flatMap(([table, rows]) => {
    if (isRow(rows)) return [];
    const own = Object.hasOwn(rows, name) ? [prefix + table] : [];
    return [...own, ...ownersOf(name, rows, `${prefix}${table}.`)];
  });
}

export function addProblem(report: Report, where: string, text: string): undefined {
  report.problems.push({ where, text, line: null });
}

/** Reads one key: its value, the default where it is absent, undefined where it is wrong. */
export function readRow(value: unknown, row: Row<unknown>, where: string, report: Report): unknown {
  if (value !== undefined) {
    const read = readValue(value, row, where, report);
    const { items } = row;
    if (items === null || read === undefined) return read;
    return (read as readonly RawTable[]).map((item, index) =>
      readTable(item, items, `${where}[${index}]`, report)
    );
  }
  if (!row.required) return row.default;
  // The words of the Python version, in which the keys of [agent] stand without their table.
  addProblem(report, where, `missing required field: ${where.replace(/^agent\./, "")}`);
  return undefined;
}

function aboutUnknown(name: string, dotted: string, known: readonly string[]): string {
  const removed = REMOVED_KEYS.get(dotted);
  if (removed !== undefined) return `removed in ${removed.since}; use ${removed.use}`;
  const hint = didYouMean(name, known);
  const [owner] = ownersOf(name);
  return hint !== "" || owner === undefined ? `unknown key${hint}` : `unknown key; it belongs in [${owner}]`;
}
