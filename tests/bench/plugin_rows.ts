/**
 * What it costs to read an agent's output: by a reader that is part of the program, and by a plugin in a process of its
 * own. It is measured within this process: the runtime is the same either way.
 *
 * @module
 */
import { loadPlugin, readTexts } from "../../lib/extend/load_plugins.ts";
import type { LoadedPlugin } from "../../lib/extend/loaded_plugin.ts";
import { builtInReader, type OpenReader } from "../../lib/extend/output_reader.ts";
import { outsideReader } from "../../lib/extend/outside_reader.ts";
import { noPlugins } from "../../lib/extend/plugin_set.ts";
import { chunksForward } from "../../lib/store/blocks.ts";
import { RoundReader } from "../../lib/supervise/round_reader.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { claude } from "../../plugins/claude.ts";
import { accepted, MINIMAL } from "../core/config_samples.ts";
import type { BenchContext } from "./bench_context.ts";
import { median } from "./measure.ts";
import { rounded, type Row } from "./table.ts";

const host = systemHost();

const ROUND = { round_num: 1, repetition: null } as const;
const ENDED = { kind: "exited", code: 0 } as const;

/** A plugin that decodes each of its lines. */
const PLUGIN = `export default {
  apiVersion: 1,
  name: "bench_reader",
  agents: ["bench"],
  reader: () => ({
    line: (text: string) =>
      (JSON.parse(text).message?.content ?? []).filter((part: { type: string }) => part.type === "tool_use")
        .map(() => ({ kind: "tool", open: true })),
  }),
};
`;

export async function pluginRows({ root, quick }: BenchContext): Promise<readonly Row[]> {
  const runs = quick ? 5 : 15;
  const log = `${root}/claude.log`;
  const lines = writeLog(log, quick ? 20 : 200);
  const sandboxed = await load(root);
  try {
    return [readerRow(log, runs), await roundRow(sandboxed, runs), await lineRow(sandboxed, lines, runs)];
  } finally {
    await sandboxed.rest();
  }
}

/** @returns the lines that a reader of tool calls wants */
function writeLog(path: string, megabytes: number): readonly string[] {
  const source = 'const value = compute(41); // "quoted", and\ttabbed\n'.repeat(150);
  const wanted: string[] = [];
  const all: string[] = [];
  for (let i = 0, size = 0; size < megabytes * 1e6; i++) {
    const message = {
      id: `msg_${i}`,
      role: "assistant",
      model: "claude-sonnet-4-5",
      usage: { output_tokens: 8 },
    };
    const call = {
      type: "tool_use",
      id: `call_${i}`,
      name: "Read",
      input: { file_path: `/src/file_${i}.ts` },
    };
    const text = { type: "text", text: "Now the next file, to see whether the function is used. ".repeat(5) };
    const said = [text, call].map((part) =>
      JSON.stringify({
        type: "assistant",
        message: { ...message, content: [part] },
        parent_tool_use_id: null,
      })
    );
    const result = { tool_use_id: `call_${i}`, type: "tool_result", content: source };
    const answer = JSON.stringify({
      type: "user",
      message: { role: "user", content: [result] },
      tool_use_result: { file: { content: source } },
    });
    wanted.push(...said);
    all.push(...said, answer);
    size += said.join().length + answer.length;
  }
  Deno.writeTextFileSync(path, `${all.join("\n")}\n`);
  return wanted;
}

function readerRow(log: string, runs: number): Row {
  const needles = new RegExp(claude.interest.join("|"), "g");
  const times = { search: [] as number[], read: [] as number[] };
  for (let run = -2; run < runs; run++) {
    const searchMs = timeMs(() => search(log, needles));
    const readMs = timeMs(() => {
      const reader = new RoundReader(host, log, builtInReader(claude), ROUND);
      reader.read();
      reader.close();
    });
    if (run < 0) continue;
    times.search.push(searchMs);
    times.read.push(readMs);
  }
  const read = median(times.read);
  const speed = `${rounded(Deno.statSync(log).size / read / 1000)} MB/s`;
  const value = read / median(times.search);
  return {
    what: "the claude reader over a round log, × a plain search for its needles",
    built: null,
    source: { value, unit: "×", max: 1.43, from: speed },
    python: null,
  };
}

function search(log: string, needles: RegExp): void {
  const file = host.files.open(log)!;
  for (const { text } of chunksForward(file, 0)) {
    needles.lastIndex = 0;
    while (needles.exec(text) !== null);
  }
  file.close();
}

async function roundRow(plugin: LoadedPlugin, runs: number): Promise<Row> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const startedMs = performance.now();
    const reader = outsideReader(plugin)!.open(ROUND);
    await reader.lines(['{"type": "assistant"}']);
    await reader.end(ENDED);
    await plugin.rest();
    times.push(performance.now() - startedMs);
  }
  return row("a sandboxed reader, more for each round", { value: median(times), unit: "ms", max: 60 });
}

/** Batches as a log of such lines comes in. */
const BATCH = 400;

async function lineRow(plugin: LoadedPlugin, lines: readonly string[], runs: number): Promise<Row> {
  const inside = builtInReader(
    (await import(`data:application/typescript,${encodeURIComponent(PLUGIN)}`)).default,
  )!
    .open(ROUND);
  const outside = outsideReader(plugin)!.open(ROUND);
  const times = { inside: [] as number[], outside: [] as number[] };
  for (let run = -2; run < runs; run++) {
    const insideMs = await takeAll(inside, lines);
    const outsideMs = await takeAll(outside, lines);
    if (run < 0) continue;
    times.inside.push(insideMs);
    times.outside.push(outsideMs);
  }
  const [own, other] = [median(times.inside), median(times.outside)];
  const from = `${rounded(other / lines.length * 1000)} µs against ${rounded(own / lines.length * 1000)} µs`;
  return row("a line in a sandboxed reader, more than in this process", {
    value: (other - own) / own,
    unit: "×",
    max: 3,
    from,
  });
}

async function takeAll(reader: OpenReader, lines: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  for (let at = 0; at < lines.length; at += BATCH) await reader.lines(lines.slice(at, at + BATCH));
  return performance.now() - startedMs;
}

async function load(root: string): Promise<LoadedPlugin> {
  Deno.writeTextFileSync(`${root}/bench_reader.ts`, PLUGIN);
  const { config } = accepted({ ...MINIMAL, plugins: { load: [{ source: `${root}/bench_reader.ts` }] } });
  const set = noPlugins();
  const loaded = await loadPlugin(
    host,
    config,
    config.plugins.load[0]!,
    readTexts(host, `${root}/texts`),
    () => set.around,
  );
  if (loaded.kind === "bad") throw new Error(loaded.why);
  return loaded.value;
}

function timeMs(act: () => void): number {
  const startedMs = performance.now();
  act();
  return performance.now() - startedMs;
}

function row(what: string, source: Row["source"]): Row {
  return { what, built: null, source, python: null };
}
