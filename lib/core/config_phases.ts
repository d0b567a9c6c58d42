import { CONFIG, type PhaseConfig, type Row } from "./config.ts";
import { isTable, type RawTable } from "./config_kinds.ts";
import { addProblem, readValue, refuseUnknown, type Report, tableAt } from "./config_table.ts";
import { didYouMean } from "./suggest.ts";

/**
 * Reads all `[phases.<name>]`.
 *
 * @param list the checked `phases.list`, undefined where it has a problem of its own
 */
export function readPhases(
  raw: RawTable,
  list: readonly string[] | undefined,
  report: Report,
): Readonly<Record<string, PhaseConfig>> {
  const loose: Record<string, unknown> = {};
  const phases: [string, PhaseConfig][] = [];
  for (const [name, value] of Object.entries(raw)) {
    if (name === "list") continue;
    if (isTable(value)) phases.push([name, readPhase(name, value, list, report)]);
    else loose[name] = value;
  }
  refuseUnknown(loose, ["list"], "phases", report);
  return Object.fromEntries(phases);
}

const PHASE_KEYS = ["round_timeout_s", "disable_pre_round_hooks", "prompt"];

function readPhase(
  name: string,
  raw: RawTable,
  list: readonly string[] | undefined,
  report: Report,
): PhaseConfig {
  const where = `phases.${name}`;
  if (list !== undefined && !list.includes(name)) {
    addProblem(report, where, `[${where}] is not in phases.list${didYouMean(name, list)}`);
  }
  for (const field of Object.keys(raw).filter((field) => !PHASE_KEYS.includes(field))) {
    const hint = didYouMean(field, PHASE_KEYS);
    addProblem(
      report,
      `${where}.${field}`,
      `unknown per-phase field${hint} (allowed: ${PHASE_KEYS.join(", ")})`,
    );
  }
  const { round_timeout_s, disable_pre_round_hooks } = CONFIG.runtime;
  return {
    round_timeout_s: readOptional(raw.round_timeout_s, round_timeout_s, `${where}.round_timeout_s`, report),
    disable_pre_round_hooks: readOptional(
      raw.disable_pre_round_hooks,
      disable_pre_round_hooks,
      `${where}.disable_pre_round_hooks`,
      report,
    ),
    prompt: raw.prompt === undefined ? null : readPrompt(raw, `${where}.prompt`, report),
  };
}

function readOptional<Value>(value: unknown, row: Row<Value>, where: string, report: Report): Value | null {
  return value === undefined ? null : readValue(value, row, where, report) ?? null;
}

function readPrompt(phase: RawTable, where: string, report: Report): PhaseConfig["prompt"] {
  const raw = tableAt(phase, "prompt", where, report);
  if (raw === null) return null;
  refuseUnknown(raw, ["files"], where, report);
  if (raw.files === undefined) {
    addProblem(report, `${where}.files`, `missing required field: ${where}.files`);
    return null;
  }
  const files = readValue(raw.files, CONFIG.prompt.files, `${where}.files`, report);
  if (files?.length === 0) addProblem(report, `${where}.files`, "must name at least one file");
  return files === undefined ? null : { files };
}
