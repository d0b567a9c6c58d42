import type { Host } from "../host.ts";
import { type Layout, roundOfLog, roundOfNotes } from "./layout.ts";

/** Temporary files of atomic writes that were cut off are older than this when nobody writes them any more (ms). */
const STALE_TEMPORARY_MS = 3_600_000;

/**
 * Keeps the newest `keep` round logs and as many notes, by round number, and removes what broken writes left.
 * Files that vanish meanwhile are somebody else's pruning.
 * @throws FileError when the folder refuses
 */
export function pruneRoundLogs(host: Host, layout: Layout, keep: number): void {
  prune(host, layout.rounds, keep, roundOfLog);
  prune(host, layout.dir, keep, roundOfNotes);
}

export function removeStaleTemporaries(host: Host, layout: Layout): void {
  const now = host.clock.now();
  for (const { name, isFile } of host.files.list(layout.dir) ?? []) {
    const path = `${layout.dir}/${name}`;
    if (!isFile || !name.endsWith(".tmp")) continue;
    const stat = host.files.stat(path);
    if (stat !== null && now - stat.mtime > STALE_TEMPORARY_MS) host.files.remove(path);
  }
}

function prune(host: Host, dir: string, keep: number, roundOf: (name: string) => number | null): void {
  const logs = (host.files.list(dir) ?? []).flatMap(({ name, isFile }) => {
    const round = isFile ? roundOf(name) : null;
    return round === null ? [] : [{ name, round }];
  });
  logs.sort((a, b) => b.round - a.round || (a.name < b.name ? 1 : -1));
  for (const { name } of logs.slice(keep)) host.files.remove(`${dir}/${name}`);
}

/** Highest round number that any file of the log directory names, 0 without one. */
export function highestRoundOnDisk(host: Host, layout: Layout): number {
  const logs = (host.files.list(layout.rounds) ?? []).map(({ name }) => roundOfLog(name) ?? 0);
  const notes = (host.files.list(layout.dir) ?? []).map(({ name }) => roundOfNotes(name) ?? 0);
  return [...logs, ...notes].reduce((most, round) => Math.max(most, round), 0);
}
