import { loadFigures, memoryFigures } from "../core/machine_figures.ts";
import type { Host } from "../host.ts";
import { linesBackward } from "../store/blocks.ts";
import type { Layout } from "../store/layout.ts";
import { readRunningRound } from "../store/running_round.ts";
import { parseObject } from "../store/status.ts";

/** Host figures; 0 or null where nobody knows. */
export interface System {
  readonly mem_total_mb: number;
  readonly mem_available_mb: number;
  readonly disk_used_pct: number;
  readonly disk_free_gb: number;
  readonly load_1m: number | null;
  readonly cpu_pct: number | null;
  readonly agent_process_count: number;
  /** Time of the newest sample, which disk and processors are from; null without any. */
  readonly sampled_at: string | null;
}

/** Lines looked through for a figure that the newest line lacks. */
const LINES = 20;

/** Memory, load and processes as they are now; the rest from the newest line of `metrics-*.jsonl` that has it. */
export function systemView(
  host: Host,
  { layout, roundAlive }: { readonly layout: Layout; readonly roundAlive: boolean },
): System {
  const found: Record<string, unknown> = {};
  for (const line of newestLines(host, layout)) {
    for (const [key, value] of Object.entries(parseObject(line) ?? {})) found[key] ??= value;
  }
  const sampled_at = typeof found.ts === "string" ? found.ts : null;
  const now = { ...found, ...memoryFigures(host.vitals.memory()), ...loadFigures(host.vitals.load()) };
  const number = (key: string) => {
    const value: unknown = (now as Record<string, unknown>)[key];
    return typeof value === "number" ? value : null;
  };
  return {
    mem_total_mb: number("mem_total_mb") ?? 0,
    mem_available_mb: number("mem_available_mb") ?? 0,
    disk_used_pct: number("disk_used_pct") ?? 0,
    disk_free_gb: number("disk_free_gb") ?? 0,
    load_1m: number("load_1m"),
    cpu_pct: number("cpu_pct"),
    agent_process_count: roundAlive ? processesNow(host, layout) : number("agent_process_count") ?? 0,
    sampled_at,
  };
}

/** Those in the round's cgroup, or in the launcher's group where there is none: a quick look, not a search. */
function processesNow(host: Host, layout: Layout): number {
  const record = readRunningRound(host, layout);
  if (record === null) return 0;
  const { pid, cgroup } = record;
  if (cgroup !== null) return host.cgroups.members(cgroup).filter((member) => member !== pid).length;
  return host.processes.list().filter((one) => one.group === pid && one.pid !== pid && !one.zombie).length;
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
