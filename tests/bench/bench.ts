/**
 * Measures what the program promises about speed and memory, and prints one table.
 *
 * `deno run -A tests/bench/bench.ts [--quick] [--no-build] [--only=start,round,rest,append,contain,plugin,flood] [--write]`.
 * `--quick`: fewer runs. `--no-build`: takes `dist/agent-runner` as it is. `--write`: also into
 * `docs/reference/bench.md`. `AGENT_RUNNER_PYTHON` names the executable of the Python version to compare with.
 * Exits with 1 when a figure is over its bound.
 *
 * @module
 */
import { appendRows } from "./append_rows.ts";
import type { BenchContext } from "./bench_context.ts";
import { containRows } from "./contain_rows.ts";
import { pluginRows } from "./plugin_rows.ts";
import { floodRows, restRows, roundRow } from "./serve_rows.ts";
import { startRows } from "./start_rows.ts";
import { markdownTable, overruns, type Row } from "./table.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const BUILT = `${ROOT}dist/agent-runner`;
const PAGE = `${ROOT}docs/reference/bench.md`;

/** The parts of the table, in its order. */
const PARTS: Readonly<Record<string, (context: BenchContext) => Promise<readonly Row[]>>> = {
  start: startRows,
  round: async (context) => [await roundRow(context)],
  rest: restRows,
  // Before the flood: what it has written keeps the disk busy for a while.
  append: (context) => Promise.resolve(appendRows(context)),
  contain: containRows,
  plugin: pluginRows,
  flood: floodRows,
};

if (import.meta.main) Deno.exitCode = await bench(new Set(Deno.args));

async function bench(options: ReadonlySet<string>): Promise<number> {
  if (!options.has("--no-build")) await build();
  const only = [...options].find((option) => option.startsWith("--only="))?.slice("--only=".length).split(
    ",",
  );
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "agent-runner-bench-" }));
  try {
    const context = await contextIn(root, options.has("--quick"));
    const rows: Row[] = [];
    for (const [name, measure] of Object.entries(PARTS)) {
      if (only !== undefined && !only.includes(name)) continue;
      console.error(`measuring: ${name}`);
      rows.push(...await measure(context));
    }
    const text = `${markdownTable(rows)}\n${machine()}\n`;
    console.log(text);
    if (options.has("--write")) await writePage(text);
    const over = overruns(rows);
    if (over.length > 0) console.error(`over: ${over.join("; ")}`);
    return over.length > 0 ? 1 : 0;
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function build(): Promise<void> {
  const args = ["run", "-A", `${ROOT}deploy/build.ts`, `--entry=${ROOT}main.ts`, `--output=${BUILT}`];
  const { success } = await new Deno.Command(Deno.execPath(), { args, stdout: "null" }).output();
  if (!success) throw new Error("Cannot build dist/agent-runner: run `deno task build` to see why");
}

async function contextIn(root: string, quick: boolean): Promise<BenchContext> {
  await Deno.writeTextFile(`${root}/empty.ts`, "");
  const python = Deno.env.get("AGENT_RUNNER_PYTHON") || null;
  if (python === null) console.error("AGENT_RUNNER_PYTHON is not set: the Python version is left out");
  return {
    root,
    quick,
    // A cache of its own, so that the build does not stay unpacked in the user's.
    built: { words: [BUILT], env: { XDG_CACHE_HOME: `${root}/cache` } },
    source: { words: [Deno.execPath(), "run", "-A", `${ROOT}main.ts`] },
    python: python === null ? null : { words: [python] },
    empty: { words: [Deno.execPath(), "run", "-A", "--no-prompt", `${root}/empty.ts`] },
  };
}

/** The facts that a figure depends on; nothing that names the machine. */
function machine(): string {
  const { total } = Deno.systemMemoryInfo();
  const processes = [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).length;
  const facts = [
    `${navigator.hardwareConcurrency} cores`,
    `${Math.round(total / 1e9)} GB`,
    `${Deno.build.os} ${/^[\d.]+/.exec(Deno.osRelease())?.[0]} ${Deno.build.arch}`,
    `Deno ${Deno.version.deno}`,
    `${processes} processes`,
    new Date().toISOString().slice(0, 10),
  ];
  return `Medians of interleaved runs on ${facts.join(", ")}.`;
}

async function writePage(text: string): Promise<void> {
  await Deno.writeTextFile(PAGE, page(text));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", PAGE] }).output();
}

function page(text: string): string {
  return `# Speed and memory

Written by \`deno task bench --write\`; \`deno task bench\` measures again.

× is the ratio to \`deno run\` of an empty script where nothing else is named. Memory is the most that the process had
resident (VmHWM); of a serve that rests, what it had at most at a look four times a second. "Foreign" events are of another program's own kinds; events of rounds are what a supervisor leaves
that did not write the checkpoint. Bounds that are times were set on a machine where the empty script takes 18 ms: the
first row says how much slower this one was.

${text}`;
}
