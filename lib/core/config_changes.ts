import { CONFIG, type Config, isRow, type PhaseConfig, type Rows } from "./config.ts";
import { isTable, type RawTable } from "./config_kinds.ts";

/** The dotted keys that are not the same in both, in the order of the tables. */
export function changedKeys(before: Config, after: Config): string[] {
  return [
    ...changedIn(before, after, CONFIG, ""),
    ...changedFree(before.phases.by_name, after.phases.by_name, "phases").flatMap((phase) =>
      changedInPhase(before, after, phase)
    ),
    ...changedFree(before.plugins.raw, after.plugins.raw, "plugins"),
  ];
}

function changedIn(before: unknown, after: unknown, rows: Rows, table: string): string[] {
  if (!isTable(before) || !isTable(after)) return [];
  return Object.entries(rows).flatMap(([name, entry]) => {
    const dotted = table === "" ? name : `${table}.${name}`;
    if (!isRow(entry)) return changedIn(before[name], after[name], entry, dotted);
    return isSame(before[name], after[name]) ? [] : [dotted];
  });
}

function changedFree(before: RawTable, after: RawTable, table: string): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isSame(before[name], after[name])).map((name) => `${table}.${name}`);
}

const NO_PHASE: PhaseConfig = { round_timeout_s: null, disable_pre_round_hooks: null, prompt: null };

function changedInPhase(before: Config, after: Config, dotted: string): string[] {
  const name = dotted.slice("phases.".length);
  const [old = NO_PHASE, now = NO_PHASE] = [before.phases.by_name[name], after.phases.by_name[name]];
  return changedFree({ ...old }, { ...now }, dotted);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
