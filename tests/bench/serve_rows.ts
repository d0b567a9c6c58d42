/**
 * What supervising costs: a round, waiting, watching a silent agent and one that never stops talking.
 *
 * @module
 */
import { type BenchContext, ofBoth, type Way } from "./bench_context.ts";
import {
  after,
  command,
  cpuSeconds,
  highWaterBytes,
  median,
  type Program,
  residentBytes,
  wallMs,
  withArgs,
} from "./measure.ts";
import { eventsOf, makeProject, type Project, writeLimit } from "./project.ts";
import { type Figure, rounded, type Row } from "./table.ts";

export async function roundRow(context: BenchContext): Promise<Row> {
  const rounds = context.quick ? 60 : 200;
  const { built, source } = await ofBoth((way) => startToStartMs(context.root, way, context[way], rounds));
  return {
    what: "a round of `true`, start to start",
    built: { value: built, unit: "ms", max: 15 },
    source: { value: source, unit: "ms", max: null },
    // It waits for a second at least.
    python: null,
  };
}

/** Time stamps have whole milliseconds, so it is taken over this many rounds at a time. */
const STRIDE = 10;

function startToStartMs(root: string, name: string, program: Program, rounds: number): number {
  const project = makeProject(root, `round-${name}`, ["true"]);
  wallMs(withArgs(program, "serve", "--max-rounds", String(rounds), "--config", project.config));
  const starts = eventsOf(project, "round_start").map(({ ts }) => Date.parse(ts));
  return median(starts.slice(STRIDE).map((at, i) => (at - starts[i]!) / STRIDE));
}

/** All four serves rest side by side for the same minute. */
export async function restRows(context: BenchContext): Promise<readonly Row[]> {
  const seconds = context.quick ? 10 : 60;
  const waiting = ofBoth((way) => {
    const project = makeProject(context.root, `waiting-${way}`, ["true"]);
    writeLimit(project);
    return serveAt(context[way], project, "wait_started");
  });
  const silent = ofBoth((way) => {
    const agent = agentWords(context.built, "fake-agent", "hang");
    const project = makeProject(context.root, `silent-${way}`, agent, { reader: "claude" });
    return serveAt(context[way], project, "agent_spawn");
  });
  const serves = [await waiting, await silent];
  const processes = serves.flatMap((pair) => Object.values(pair));
  const resident = mostResident(processes.map(({ pid }) => pid));
  // The work of the start should be over.
  await after(3000);
  const before = serves.map((pair) => usage(pair));
  await after(seconds * 1000);
  const used = serves.map((pair) => usage(pair));
  const most = resident.end();
  for (const pair of serves) await Promise.all(Object.values(pair).map(stop));
  return ["serve while it waits", "serve while its agent is silent"].flatMap((what, i) => {
    const memory = (way: Way, max: number | null): Figure => ({
      value: most.get(serves[i]![way].pid)! / 1e6,
      unit: "MB",
      max,
      from: `${rounded(used[i]![way].bytes / 1e6)} MB at its start`,
    });
    const share = (way: Way) => (used[i]![way].cpuS - before[i]![way].cpuS) / seconds * 100;
    return [
      {
        what: `${what}: memory at most`,
        built: memory("built", 50),
        source: memory("source", null),
        python: null,
      },
      {
        what: `${what}: processor, over ${seconds} s`,
        built: { value: share("built"), unit: "%", max: 0.3 },
        source: { value: share("source"), unit: "%", max: null },
        python: null,
      },
    ];
  });
}

/** Between two looks at the memory (ms). */
const LOOK_MS = 250;

/** Looks at the processes' memory until `end`; the most that each had resident (bytes). */
function mostResident(pids: readonly number[]): { readonly end: () => ReadonlyMap<number, number> } {
  const most = new Map(pids.map((pid) => [pid, residentBytes(pid)]));
  const timer = setInterval(() => {
    for (const [pid, bytes] of most) most.set(pid, Math.max(bytes, residentBytes(pid)));
  }, LOOK_MS);
  return {
    end: () => {
      clearInterval(timer);
      return most;
    },
  };
}

const MEGABYTES = 1024;

/** Prints its output record by record, as an agent's CLI does. */
const RECORDS = new URL("../agents/prints_records.ts", import.meta.url).pathname;

/** Agents that print a gigabyte, against the same agents with a file as their standard output. */
export async function floodRows(context: BenchContext): Promise<readonly Row[]> {
  const records = [Deno.execPath(), "run", "-A", "--no-config", RECORDS, String(MEGABYTES)];
  const blocks = agentWords(context.built, "fake-agent", `flood=${MEGABYTES}`);
  return [
    ...await floodsBy(context, "an agent that prints 1 GB of records", records, {
      ratio: 1.1,
      megabytes: 60,
      s: 2,
    }),
    ...await floodsBy(context, "one that prints it in blocks of 100 kB", [...blocks, "hang"], {}),
  ];
}

interface Bounds {
  readonly ratio?: number;
  readonly megabytes?: number;
  readonly s?: number;
}

/** @param agent its second round is silent: then the first is over and serve can still be looked at */
async function floodsBy(
  context: BenchContext,
  what: string,
  agent: readonly string[],
  bounds: Bounds,
): Promise<readonly Row[]> {
  const direct: number[] = [];
  const floods: Record<Way, Flood[]> = { built: [], source: [] };
  for (let run = 0; run < (context.quick ? 1 : 5); run++) {
    for (const way of ["built", "source"] as const) floods[way].push(await flood(context, way, agent, run));
    direct.push(directMs(context.root, agent));
  }
  const of = (way: Way, field: keyof Flood) => median(floods[way].map((one) => one[field]));
  const ifBuilt = (way: Way, max: number | undefined) => way === "built" ? max ?? null : null;
  const row = (what: string, figure: (way: Way) => Row["built"]): Row => {
    return { what, built: figure("built"), source: figure("source"), python: null };
  };
  return [
    row(`${what}, × writing it to a file`, (way) => {
      const took = of(way, "wallMs");
      return {
        value: took / median(direct),
        unit: "×",
        max: ifBuilt(way, bounds.ratio),
        from: `${rounded(took / 1000)} s`,
      };
    }),
    row("serve meanwhile: memory at most", (way) => {
      return { value: of(way, "bytes") / 1e6, unit: "MB", max: ifBuilt(way, bounds.megabytes) };
    }),
    row("serve meanwhile: processor", (way) => {
      return { value: of(way, "cpuS"), unit: "s", max: ifBuilt(way, bounds.s) };
    }),
  ];
}

/** The program as a project's agent, which gets no environment of its own. */
function agentWords({ words, env = {} }: Program, ...args: readonly string[]): readonly string[] {
  return [
    "/usr/bin/env",
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...words,
    ...args,
  ];
}

interface Flood {
  readonly wallMs: number;
  readonly bytes: number;
  readonly cpuS: number;
}

function directMs(root: string, agent: readonly string[]): number {
  const path = `${root}/direct.log`;
  const tookMs = wallMs({ words: ["/bin/sh", "-c", 'exec "$@" >"$0"', path, ...agent] });
  Deno.removeSync(path);
  return tookMs;
}

async function flood(context: BenchContext, way: Way, agent: readonly string[], run: number): Promise<Flood> {
  const project = makeProject(context.root, `flood-${way}-${run}`, agent, { reader: "claude" });
  const serve = await serveAt(context[way], project, "agent_spawn", 2);
  const { bytes, cpuS } = usageOf(serve.pid);
  await stop(serve);
  const [first] = eventsOf(project, "agent_spawn");
  const [end] = eventsOf(project, "round_end");
  await Deno.remove(project.dir, { recursive: true });
  return { wallMs: Date.parse(end!.ts) - Date.parse(first!.ts), bytes, cpuS };
}

/** Starts serve and resolves when its log holds the event `count` times. */
async function serveAt(
  program: Program,
  project: Project,
  kind: string,
  count = 1,
): Promise<Deno.ChildProcess> {
  const child = command(withArgs(program, "serve", "--config", project.config)).spawn();
  const ended = { value: false };
  child.status.then(() => ended.value = true);
  while (eventsOf(project, kind).length < count) {
    if (ended.value) throw new Error(`serve in ${project.dir} ended before ${kind}`);
    await after(50);
  }
  return child;
}

/** Signals closer together would count as one (ms). */
const BETWEEN_SIGNALS_MS = 500;

/** The first signal lets a round finish, the second ends it. */
async function stop(serve: Deno.ChildProcess): Promise<void> {
  let ended = false;
  const status = serve.status.then(() => ended = true);
  while (!ended) {
    serve.kill("SIGTERM");
    await Promise.race([status, after(BETWEEN_SIGNALS_MS)]);
  }
}

interface Usage {
  readonly bytes: number;
  readonly cpuS: number;
}

function usage(pair: Record<Way, Deno.ChildProcess>): Record<Way, Usage> {
  return { built: usageOf(pair.built.pid), source: usageOf(pair.source.pid) };
}

function usageOf(pid: number): Usage {
  return { bytes: highWaterBytes(pid), cpuS: cpuSeconds(pid) };
}
