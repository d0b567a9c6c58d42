/**
 * Runs tests and ends with a line `N passed, N failed` alone.
 *
 * `deno run -A tests/run.ts [options…] [paths…]`: without paths the examples in `docs` and everything in `tests` but `e2e`,
 * `fuzz` and `bench`; with `--doc` also the examples in `lib/core`. Other options go to `deno test` (values after `=`:
 * `--filter=peek`).
 *
 * @module
 */

/** How many tests went well and how many did not; steps belong to their test, skipped tests are neither. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** Folders of `tests` that run only when they are named. */
const APART: ReadonlySet<string> = new Set(["e2e", "fuzz", "bench"]);

/** Examples with tests of their own. */
const EXAMPLES = "docs/examples";

if (import.meta.main) Deno.exitCode = await runTests(Deno.args);

/** Runs `deno test` with inherited output; 0 when at least one test ran and all went well, else 1. */
async function runTests(args: readonly string[]): Promise<number> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const options = { args: testArguments(args, report), env: { DENO_JOBS: jobs() } };
    const { code } = await new Deno.Command(Deno.execPath(), options).spawn().status;
    const counts = settle(countTests(await Deno.readTextFile(report)), code);
    console.log(`${counts.passed} passed, ${counts.failed} failed`);
    return counts.failed === 0 ? 0 : 1;
  } finally {
    await Deno.remove(report);
  }
}

/** How many files are tested at once: one more than there are processors, as some tests mostly wait. */
function jobs(): string {
  return Deno.env.get("DENO_JOBS") ?? String(navigator.hardwareConcurrency + 1);
}

function testArguments(args: readonly string[], report: string): string[] {
  const options = args.filter((arg) => arg.startsWith("-"));
  const paths = args.filter((arg) => !arg.startsWith("-"));
  const selected = paths.length > 0
    ? paths
    : [...unitFolders(), EXAMPLES, ...(options.includes("--doc") ? ["lib/core"] : [])];
  return ["test", "-A", "--parallel", "--no-check", `--junit-path=${report}`, ...options, ...selected];
}

/** By name, since `--ignore` does not always hold together with `--doc`. */
function unitFolders(): readonly string[] {
  const entries = [...Deno.readDirSync("tests")].filter(({ name, isDirectory }) =>
    isDirectory && !APART.has(name)
  );
  return entries.map(({ name }) => `tests/${name}`).sort();
}

/** Counts the top-level tests of a JUnit report. Deno lists a step as a case of its own, `test &gt; step`. */
export function countTests(xml: string): Counts {
  let passed = 0;
  let failed = 0;
  for (const suite of xml.split("<testsuite ").slice(1)) {
    const cases = suite.split("<testcase ").slice(1).map((text) => ({ name: attribute(text, "name"), text }));
    const names = new Set(cases.map((one) => one.name));
    for (const { name, text } of cases) {
      if (isStep(name, names) || text.includes("<skipped")) continue;
      if (text.includes("<failure") || text.includes("<error")) failed++;
      else passed++;
    }
  }
  return { passed, failed };
}

function attribute(text: string, name: string): string {
  return text.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? "";
}

function isStep(name: string, names: ReadonlySet<string>): boolean {
  const parts = name.split(" &gt; ");
  return parts.some((_, index) => index > 0 && names.has(parts.slice(0, index).join(" &gt; ")));
}

/** What no case shows (a file that does not load, no test at all) is one failure. */
export function settle(counts: Counts, exitCode: number): Counts {
  const silent = exitCode !== 0 || counts.passed === 0;
  return counts.failed === 0 && silent ? { ...counts, failed: 1 } : counts;
}
