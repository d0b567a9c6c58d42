import { CONFIG, type Config, isRow, type Row, type Rows } from "./config.ts";
import { isTable } from "./config_kinds.ts";

/** The dotted keys of a parsed file that are checked and accepted, but not yet carried out. */
export function laterKeys(raw: unknown): string[] {
  return laterIn(raw, CONFIG, "");
}

/** The dotted `[throttle]` keys that are below their default: fine for a rehearsal, too soft for a real service. */
export function softerThrottle(config: Config): string[] {
  const rows: Readonly<Record<string, Row<number>>> = CONFIG.throttle;
  const set: Readonly<Record<string, number>> = config.throttle;
  return Object.entries(rows)
    .filter(([name, { default: normal }]) => normal !== null && (set[name] ?? normal) < normal)
    .map(([name]) => `throttle.${name}`);
}

function laterIn(raw: unknown, rows: Rows, table: string): string[] {
  if (!isTable(raw)) return [];
  const found: string[] = [];
  for (const [name, value] of Object.entries(raw)) {
    const dotted = table === "" ? name : `${table}.${name}`;
    const entry = Object.hasOwn(rows, name) ? rows[name] : undefined;
    if (entry === undefined) {
      // What a phase may replace has the names of [runtime].
      if (table === "phases") found.push(...laterIn(value, CONFIG.runtime, dotted));
    } else if (!isRow(entry)) {
      found.push(...laterIn(value, entry, dotted));
    } else if (entry.later) {
      found.push(dotted);
    }
  }
  return found;
}
