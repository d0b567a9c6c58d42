/**
 * Runs the Python version and this one on the same scripted agents, each in a project of its own, and names every
 * difference that `known_differences.ts` does not explain.
 *
 * `AGENT_RUNNER_PYTHON="python3 -m …" deno task compare [--only=WORDS] [--lanes=N] [--old] [--plant]`:
 *
 * - `--only`: the scenarios whose name has these words
 * - `--lanes`: how many at a time, 2 unless told
 * - `--old`: the Python version is one before 0.2
 * - `--plant`: only the first of the scenarios, with one field of what the Python version left changed, which must then
 *   be found
 *
 * Exits 1 when there is an unexplained difference, or a planted one is not found.
 *
 * @module
 */
import { PROGRAM } from "../e2e/project.ts";
import { type Difference, differences } from "./differences.ts";
import { explanationOf, type KnownDifference, rowsFor } from "./known_differences.ts";
import { planted } from "./planted.ts";
import { runSide } from "./run_side.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

if (import.meta.main) Deno.exitCode = await compare(Deno.args);

interface Result {
  readonly name: string;
  /** What explains the differences that are explained. */
  readonly explained: readonly KnownDifference[];
  readonly unexplained: readonly Difference[];
}

async function compare(args: readonly string[]): Promise<number> {
  const words = (Deno.env.get("AGENT_RUNNER_PYTHON") ?? "").split(" ").filter((word) => word !== "");
  if (words.length === 0) {
    console.log("skipped: AGENT_RUNNER_PYTHON does not name the words that start the Python version");
    return 0;
  }
  const valueOf = (name: string) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const plant = args.includes("--plant");
  const isOld = args.includes("--old");
  const chosen = SCENARIOS.filter(({ name }) => name.includes(valueOf("only") ?? ""));
  const left = plant ? chosen.slice(0, 1) : [...chosen];
  const results: Result[] = [];
  const lanes = Array.from({ length: Number(valueOf("lanes") ?? 2) }, async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const result = await compareOne(words, next, { plant, isOld });
      report(result);
      results.push(result);
    }
  });
  await Promise.all(lanes);
  if (results.length === SCENARIOS.length) nameUnseen(results, isOld);
  return summary(results, plant);
}

async function compareOne(
  words: readonly string[],
  scenario: Scenario,
  { plant, isOld }: { readonly plant: boolean; readonly isOld: boolean },
): Promise<Result> {
  const python = await runSide(words, scenario, words);
  const ours = await runSide(PROGRAM, scenario, words);
  const rows = differences(plant ? planted(python) : python, ours)
    .map((difference) => ({ difference, row: explanationOf(difference, scenario.name, isOld) }));
  return {
    name: scenario.name,
    explained: rows.flatMap(({ row }) => row ?? []),
    unexplained: rows.flatMap(({ difference, row }) => row === null ? [difference] : []),
  };
}

function report({ name, explained, unexplained }: Result): void {
  const rows = [...new Set(explained)].filter(({ everywhere }) => everywhere !== true);
  console.log(`${unexplained.length > 0 ? "UNEXPLAINED" : rows.length > 0 ? "known" : "equal"}: ${name}`);
  for (const { python, here } of rows) console.log(`  ${python} / ${here}`);
  for (const { at, python, ours } of unexplained) {
    console.log(`  ${at}`);
    console.log(`    python ${JSON.stringify(python)}`);
    console.log(`    ours   ${JSON.stringify(ours)}`);
  }
}

/** A row that explains nothing any more is one to take away. */
function nameUnseen(results: readonly Result[], isOld: boolean): void {
  const seen = new Set(results.flatMap(({ explained }) => explained));
  for (const row of rowsFor(isOld)) {
    if (row.seen !== undefined && !seen.has(row)) console.log(`not seen: ${row.python} / ${row.here}`);
  }
}

function summary(results: readonly Result[], plant: boolean): number {
  const clear = results.filter(({ unexplained }) => unexplained.length === 0);
  const equal = clear.filter(({ explained }) => explained.every(({ everywhere }) => everywhere === true));
  console.log(
    `${results.length} scenarios: ${equal.length} equal but for what every run shows, ` +
      `${clear.length - equal.length} with known differences, ${
        results.length - clear.length
      } with unexplained ones`,
  );
  if (plant) return clear.length === 0 && results.length > 0 ? 0 : 1;
  return clear.length === results.length ? 0 : 1;
}
