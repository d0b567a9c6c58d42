/**
 * The machine's figures as `metrics-*.jsonl` and `peek` have them.
 *
 * @module
 */

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Keys of the memory in a line, none where nobody knows. */
export function memoryFigures(memory: { readonly total: number; readonly available: number } | null) {
  if (memory === null) return {};
  const { total, available } = memory;
  return {
    mem_total_mb: Math.floor(total / MIB),
    mem_available_mb: Math.floor(available / MIB),
    mem_used_pct: rounded(100 * (total - available) / total, 1),
  };
}

/** Keys of the load in a line, none where nobody knows. */
export function loadFigures(load: readonly [number, number, number] | null) {
  if (load === null) return {};
  const [load_1m, load_5m, load_15m] = load.map((value) => rounded(value, 2));
  return { load_1m, load_5m, load_15m };
}

/** Keys of the disk in a line, none where nobody knows. */
export function diskFigures(
  size: { readonly total: number; readonly used: number; readonly available: number } | null,
) {
  if (size === null) return {};
  const { total, used, available } = size;
  const usable = used + available;
  return {
    disk_total_gb: rounded(total / GIB, 1),
    disk_free_gb: rounded(available / GIB, 1),
    ...(usable > 0 ? { disk_used_pct: rounded(100 * used / usable, 1) } : {}),
  };
}

/** To so many decimals. */
export function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
