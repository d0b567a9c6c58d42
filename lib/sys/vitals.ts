import type { Vitals } from "../host.ts";

/** What the kernel and df(1) tell about this machine. */
export function systemVitals(): Vitals {
  return {
    memory,
    load,
    cpu,
    disk: async (dir) =>
      await (await import("./disk_space.ts" as string) as typeof import("./disk_space.ts")).diskSize(dir),
  };
}

function memory(): ReturnType<Vitals["memory"]> {
  return orNull(() => {
    const { total, available } = Deno.systemMemoryInfo();
    return total > 0 ? { total, available } : null;
  });
}

function load(): ReturnType<Vitals["load"]> {
  return orNull(() => {
    const [one, five, fifteen] = Deno.loadavg();
    return one === undefined || five === undefined || fifteen === undefined ? null : [one, five, fifteen];
  });
}

function cpu(): ReturnType<Vitals["cpu"]> {
  return orNull(() => parseCpuLine(Deno.readTextFileSync("/proc/stat")));
}

/** The first line of /proc/stat (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal. */
export function parseCpuLine(text: string): { readonly busy: number; readonly total: number } | null {
  const line = /^cpu +((?:\d+ ?)+)/.exec(text)?.[1];
  // What guests used is in user and nice already.
  const ticks = line?.trim().split(" ").slice(0, 8).map(Number) ?? [];
  const [idle, waiting] = [ticks[3], ticks[4] ?? 0];
  if (idle === undefined) return null;
  const total = ticks.reduce((sum, value) => sum + value, 0);
  return { busy: total - idle - waiting, total };
}

/** A system that does not have the figure, or does not show it. */
function orNull<T>(look: () => T | null): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
