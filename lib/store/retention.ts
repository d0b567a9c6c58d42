import type { Host } from "../host.ts";
import { type Layout, roundOfLog, roundOfNotes } from "./layout.ts";

/** Temporary files of atomic writes that were cut off are older than this when nobody writes them any more (ms). */
const STALE_TEMPORARY_MS = 3_600_000;

/** How many round logs stay, and how much they may take together. */
export interface Retention {
  readonly round_log_retention: number;
  readonly round_logs_total_mb: number;
}

/**
 * Keeps the newest round logs and notes, by round number. Files that vanish meanwhile are somebody else's pruning.
 * @throws FileError when the folder refuses
 */
export function pruneRoundLogs(
  host: Host,
  layout: Layout,
  { round_log_retention, round_logs_total_mb }: Retention,
): void {
  prune(host, layout.rounds, round_log_retention, roundOfLog, round_logs_total_mb * 1024 * 1024);
  prune(host, layout.dir, round_log_retention, roundOfNotes, Infinity);
}

export function removeStaleTemporaries(host: Host, layout: Layout): void {
  const now = host.clock.now();
  for (const dir of [layout.dir, layout.hooks]) {
    for (const { name, isFile } of host.files.list(dir) ?? []) {
      const path = `${dir}/${name}`;
      if (!isFile || !name.endsWith(".tmp")) continue;
      const stat = host.files.stat(path);
      if (stat !== null && now - stat.mtime > STALE_TEMPORARY_MS) host.files.remove(path);
    }
  }
}

/** The newest log always stays: it is the running round's, or the last one's. */
function prune(
  host: Host,
  dir: string,
  keep: number,
  roundOf: (name: string) => number | null,
  bytesMax: number,
): void {
  const logs = (host.files.list(dir) ?? []).flatMap(({ name, isFile }) => {
    const round = isFile ? roundOf(name) : null;
    return round === null ? [] : [{ name, round }];
  });
  logs.sort((a, b) => b.round - a.round || (a.name < b.name ? 1 : -1));
  let bytes = 0;
  for (const [index, { name }] of logs.entries()) {
    const path = `${dir}/${name}`;
    bytes += bytesMax === Infinity ? 0 : host.files.stat(path)?.size ?? 0;
    if (index >= keep || (index > 0 && bytes > bytesMax)) host.files.remove(path);
  }
}

/** Highest round number that any file of the log directory names, 0 without one. */
export function highestRoundOnDisk(host: Host, layout: Layout): number {
  const logs = (host.files.list(layout.rounds) ?? []).map(({ name }) => roundOfLog(name) ?? 0);
  const notes = (host.files.list(layout.dir) ?? []).map(({ name }) => roundOfNotes(name) ?? 0);
  return [...logs, ...notes].reduce((most, round) => Math.max(most, round), 0);
}
