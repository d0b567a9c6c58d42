import type { Host } from "../host.ts";
import { linesBackward } from "../store/blocks.ts";
import type { Layout } from "../store/layout.ts";
import { parseObject } from "../store/status.ts";

/** Host figures; 0 or null where there was no sample, which `sampled_at` tells. */
export interface System {
  readonly mem_total_mb: number;
  readonly mem_available_mb: number;
  readonly disk_used_pct: number;
  readonly disk_free_gb: number;
  readonly load_1m: number | null;
  readonly cpu_pct: number | null;
  readonly agent_process_count: number;
  /** Time of the newest sample, null without any. */
  readonly sampled_at: string | null;
}

/** Lines looked through for a figure that the newest line lacks. */
const LINES = 20;

/** The latest value of each figure in the newest `metrics-*.jsonl`. */
export function latestMetrics(host: Host, layout: Layout): System {
  const found: Record<string, unknown> = {};
  for (const line of newestLines(host, layout)) {
    for (const [key, value] of Object.entries(parseObject(line) ?? {})) found[key] ??= value;
  }
  const number = (key: string) => typeof found[key] === "number" ? found[key] : null;
  return {
    mem_total_mb: number("mem_total_mb") ?? 0,
    mem_available_mb: number("mem_available_mb") ?? 0,
    disk_used_pct: number("disk_used_pct") ?? 0,
    disk_free_gb: number("disk_free_gb") ?? 0,
    load_1m: number("load_1m"),
    cpu_pct: number("cpu_pct"),
    agent_process_count: number("agent_process_count") ?? 0,
    sampled_at: typeof found.ts === "string" ? found.ts : null,
  };
}

function newestLines(host: Host, layout: Layout): readonly string[] {
  const names = (host.files.list(layout.dir) ?? []).map(({ name }) => name);
  const newest = names.filter((name) => /^metrics-\d{4}-\d{2}\.jsonl$/.test(name)).sort().at(-1);
  const file = newest === undefined ? null : host.files.open(`${layout.dir}/${newest}`);
  if (file === null) return [];
  try {
    return linesBackward(file).take(LINES).toArray();
  } finally {
    file.close();
  }
}
