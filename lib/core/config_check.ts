import { CONFIG, type Config, isRow, type PhaseConfig, type Row, type Rows } from "./config.ts";
import { isTable, type RawTable, show } from "./config_kinds.ts";
import {
  type ConfigPlace,
  type PathBase,
  pathOf,
  projectOf,
  type Resolved,
  workDirOf,
} from "./config_paths.ts";
import { readPhases } from "./config_phases.ts";
import { checkTogether, type Draft } from "./config_rules.ts";
import {
  addProblem,
  ownersOf,
  readRow,
  readTable,
  type Report,
  tableAt,
  type Values,
} from "./config_table.ts";
import type { Problem } from "./problem.ts";
import { didYouMean } from "./suggest.ts";

export type Checked =
  | {
    readonly kind: "ok";
    readonly config: Config;
    /** What deserves a look but stops nothing, a sentence each. */
    readonly notes: readonly string[];
    /** The file's keys that are not yet carried out. */
    readonly later: readonly string[];
  }
  | { readonly kind: "bad"; readonly problems: readonly Problem[] };

/**
 * Checks a parsed `agent-runner.toml` completely and makes the configuration of it; never throws.
 *
 * All problems are named at once, without lines (`toml_lines.ts` knows them).
 */
export function checkConfig(raw: unknown, at: ConfigPlace): Checked {
  if (!isTable(raw)) {
    return { kind: "bad", problems: [{ where: "", text: `must be a table, got ${show(raw)}`, line: null }] };
  }
  const report: Report = { problems: [], notes: [] };
  checkTopLevel(raw, report);
  const tables = readTables(raw, report);
  // The rows have just been read one by one: what their types promise holds, or is undefined and reported.
  const draft = tables as unknown as Draft;
  checkTogether(draft, report);
  const phases = readPhases(rawPhases(raw), draft.phases.list, report);
  const base = baseOf(draft.runtime.work_dir, at, report);
  if (base === null) return { kind: "bad", problems: report.problems };
  const placed = placeTables(tables, base, report);
  const by_name = placePhases(phases, base, report);
  if (report.problems.length > 0) return { kind: "bad", problems: report.problems };
  const free = Object.entries(isTable(raw.plugins) ? raw.plugins : {})
    .filter(([name]) => !Object.hasOwn(CONFIG.plugins, name));
  const config = {
    ...placed,
    phases: { ...placed.phases as Values, by_name },
    plugins: { ...placed.plugins as Values, raw: Object.fromEntries(free) },
    project: base.project,
    configPath: at.configPath,
  };
  // Without a problem nothing is undefined.
  return { kind: "ok", config: config as unknown as Config, notes: report.notes, later: laterKeys(raw) };
}

const TABLES = Object.keys(CONFIG);

/** Foreign tables may stay, as other programs may share the file; what looks like one of ours may not. */
function checkTopLevel(raw: RawTable, report: Report): void {
  for (const [name, value] of Object.entries(raw)) {
    if (TABLES.includes(name)) continue;
    const hint = didYouMean(name, TABLES);
    const [owner] = ownersOf(name);
    if (hint !== "") {
      addProblem(report, name, `unknown table${hint}`);
    } else if (owner !== undefined) {
      addProblem(report, name, `unknown key outside of all tables; it belongs in [${owner}]`);
    } else {
      report.notes.push(`${name}: unknown ${isTable(value) ? "table" : "key"}, ignored`);
    }
  }
}

/** The values of each table; of a list of tables what was read of it. */
function readTables(raw: RawTable, report: Report): Values {
  const tables: Values = {};
  for (const [name, entry] of Object.entries<Rows[string]>(CONFIG)) {
    tables[name] = isRow(entry)
      ? readRow(raw[name], entry, name, report)
      : readTable(tableAt(raw, name, name, report), entry, name, report);
  }
  return tables;
}

function rawPhases(raw: RawTable): RawTable {
  return isTable(raw.phases) ? raw.phases : {};
}

/** Null (and perhaps a problem) where there is no usable work folder: then no other path can be resolved. */
function baseOf(workDir: string | undefined, at: ConfigPlace, report: Report): PathBase | null {
  if (workDir === undefined) return null;
  const resolved = workDirOf(workDir, at);
  const path = takePath(resolved, "runtime.work_dir", report);
  return path === undefined ? null : { workDir: path, project: projectOf(path), home: at.home };
}

function placeTables(tables: Values, base: PathBase, report: Report): Values {
  const placed = Object.entries<Rows[string]>(CONFIG).map(([name, entry]) => {
    const values = tables[name];
    return [name, isRow(entry) ? values : placeTable(values as Values, entry, name, base, report)] as const;
  });
  return Object.fromEntries(placed);
}

function placeTable(values: Values, rows: Rows, where: string, base: PathBase, report: Report): Values {
  const placed: Values = { ...values };
  for (const name of Object.keys(rows)) {
    const row = rows[name]!;
    if (!isRow(row) || !row.path) continue;
    const dotted = `${where}.${name}`;
    placed[name] = dotted === "runtime.work_dir"
      ? base.workDir
      : placeValue(values[name], dotted, base, report);
  }
  return placed;
}

function placePhases(
  phases: Readonly<Record<string, PhaseConfig>>,
  base: PathBase,
  report: Report,
): Readonly<Record<string, unknown>> {
  const placed = Object.entries(phases).map(([name, phase]) => {
    const where = `phases.${name}.prompt.files`;
    const prompt = phase.prompt && { files: placeValue(phase.prompt.files, where, base, report) };
    return [name, { ...phase, prompt }] as const;
  });
  return Object.fromEntries(placed);
}

function placeValue(value: unknown, where: string, base: PathBase, report: Report): unknown {
  if (typeof value === "string") return takePath(pathOf(value, base), where, report);
  if (Array.isArray(value)) return value.map((item) => placeValue(item, where, base, report));
  return value;
}

function takePath(resolved: Resolved, where: string, report: Report): string | undefined {
  if (resolved.kind === "path") return resolved.path;
  addProblem(report, where, resolved.why);
  return undefined;
}

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
