/**
 * How long the program takes to start, and to look at a project.
 *
 * @module
 */
import { type BenchContext, ofBoth, type Way } from "./bench_context.ts";
import { interleaved, peakBytes, type Program, withArgs } from "./measure.ts";
import {
  appendForeign,
  appendRounds,
  makeProject,
  type Project,
  renewCheckpoint,
  writePast,
} from "./project.ts";
import { type Figure, rounded, type Row } from "./table.ts";

const EVENTS = 1_000_000;
/** Events that come after the checkpoint. */
const BEHIND = 20_000;

/** The Python version refuses a delay of 0. */
const READABLE = { delayS: 1 };

export async function startRows(context: BenchContext): Promise<readonly Row[]> {
  const small = makeProject(context.root, "small", ["true"], READABLE);
  writePast(small, 1000);
  const large = makeProject(context.root, "large", ["true"], READABLE);
  writePast(large, EVENTS);
  const runs = context.quick ? 9 : 31;
  const first = interleaved({
    empty: context.empty,
    ...cases(context, "version", ["--version"]),
    ...cases(context, "help", ["--help"]),
    ...cases(context, "small", peek(small)),
    ...cases(context, "large", peek(large)),
  }, runs);
  const behind = () =>
    interleaved({
      ...cases(context, "small", peek(small)),
      ...cases(context, "behind", peek(large)),
    }, runs);
  appendForeign(large, BEHIND);
  const foreign = behind();
  renewCheckpoint(large);
  appendRounds(large, BEHIND);
  const rounds = behind();
  const bytes = await ofBoth((way) => peakBytes(withArgs(context[way], ...peek(large))));
  const ratioRow = rowMaker(context);
  return [
    {
      what: "`deno run` of an empty script",
      built: null,
      source: { value: first.empty!, unit: "ms", max: null },
      python: null,
    },
    ratioRow("`--version`", first, "version", "empty", [1.5, 2.2]),
    ratioRow("`--help`", first, "help", "empty", [1.5, 2.2]),
    ratioRow("`peek --json`, 1,000 events", first, "small", "empty", [2, 2.8]),
    ratioRow("`peek --json`, 1,000,000 events, × that of 1,000", first, "large", "small", [1.15, null]),
    ratioRow("the same, 20,000 foreign events behind the checkpoint", foreign, "behind", "small", [
      1.5,
      null,
    ]),
    // Only another supervisor leaves so many: this one writes a checkpoint after 2,000.
    ratioRow("the same, 20,000 events of rounds behind it", rounds, "behind", "small", [null, null]),
    {
      what: "its memory at most",
      built: { value: bytes.built / 1e6, unit: "MB", max: 60 },
      source: { value: bytes.source / 1e6, unit: "MB", max: null },
      python: context.python === null
        ? null
        : `${rounded(await peakBytes(withArgs(context.python, ...peek(large))) / 1e6)} MB`,
    },
  ];
}

function peek(project: Project): readonly string[] {
  return ["peek", "--json", "--config", project.config];
}

type Times = Readonly<Record<string, number>>;

/** The same arguments for each program there is. */
function cases(context: BenchContext, name: string, args: readonly string[]): Record<string, Program> {
  return {
    [`${name} built`]: withArgs(context.built, ...args),
    [`${name} source`]: withArgs(context.source, ...args),
    ...(context.python === null ? {} : { [`${name} python`]: withArgs(context.python, ...args) }),
  };
}

function rowMaker(context: BenchContext) {
  return (
    what: string,
    times: Times,
    name: string,
    over: string,
    [built, source]: [number | null, number | null],
  ): Row => {
    const figure = (way: Way, max: number | null): Figure => {
      const took = times[`${name} ${way}`]!;
      const base = times[over] ?? times[`${over} ${way}`]!;
      return { value: took / base, unit: "×", max, from: `${rounded(took)} ms` };
    };
    return {
      what,
      built: figure("built", built),
      source: figure("source", source),
      python: context.python === null ? null : `${rounded(times[`${name} python`]!)} ms`,
    };
  };
}
