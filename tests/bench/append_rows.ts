/**
 * What it costs to append an event. It is measured within this process: the runtime is the same either way.
 *
 * @module
 */
import type { Draft } from "../../lib/core/events.ts";
import { EventLog } from "../../lib/store/event_log.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import type { BenchContext } from "./bench_context.ts";
import { median } from "./measure.ts";
import { makeProject } from "./project.ts";
import { rounded, type Row } from "./table.ts";

/** Appends that are timed together: one alone is too short for the clock. */
const BATCH = 100;

export function appendRows(context: BenchContext): readonly Row[] {
  const project = makeProject(context.root, "append", ["true"]);
  const log = EventLog.open(systemHost(), project.layout);
  const plain: Draft = {
    event: "round_progress",
    round_num: 1,
    log_size_kb: 190,
    last_write_age_s: 2,
    wall_age_s: 60,
  };
  const batches = context.quick ? 100 : 1000;
  const times = Array.from({ length: batches }, () =>
    timeMs(() => {
      for (let i = 0; i < BATCH; i++) log.append(plain);
    }));
  const { synced, bare } = syncedMs(log, `${project.dir}/bare`, context.quick ? 100 : 500);
  log.close();
  return [
    {
      what: "append of an event",
      built: null,
      source: { value: median(times) / BATCH * 1000, unit: "µs", max: 5 },
      python: null,
    },
    {
      what: "append of a data-synced event, × write and fdatasync",
      built: null,
      source: { value: synced / bare, unit: "×", max: 1.3, from: `${rounded(synced * 1000)} µs` },
      python: null,
    },
  ];
}

function syncedMs(
  log: EventLog,
  path: string,
  runs: number,
): { readonly synced: number; readonly bare: number } {
  const line = new TextEncoder().encode(
    '{"ts": "2026-11-25T12:00:00.000Z", "event": "round_start", "round_num": 1, "phase": null}\n',
  );
  const file = Deno.openSync(path, { append: true, create: true });
  const [synced, bare]: [number[], number[]] = [[], []];
  for (let i = 0; i < runs; i++) {
    synced.push(timeMs(() => log.append({ event: "round_start", round_num: i, phase: null })));
    bare.push(timeMs(() => {
      file.writeSync(line);
      file.syncDataSync();
    }));
  }
  file.close();
  return { synced: median(synced), bare: median(bare) };
}

function timeMs(act: () => void): number {
  const startedMs = performance.now();
  act();
  return performance.now() - startedMs;
}
