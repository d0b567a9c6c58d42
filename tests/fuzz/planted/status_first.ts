/**
 * Planted: the status file is looked at before the launcher is, so "dead and no status" may be a launcher that wrote
 * it in between.
 *
 * @module
 */
import type { FileStat } from "../../../lib/host.ts";
import { startWith } from "../start_with.ts";

/** How long the machine takes from the one look to the other: so long on a busy one (ms). */
const BETWEEN_MS = 150;

/** What was seen counts for the decision at hand only (ms). */
const GOOD_FOR_MS = 60;

await startWith((host) => {
  const { clock, files, processes } = host;
  let place: string | null = null;
  let seen: { readonly stat: FileStat | null; readonly text: string | null; readonly atMs: number } | null =
    null;
  const nap = new Int32Array(new SharedArrayBuffer(4));
  const early = (path: string) =>
    path === place && seen !== null && clock.monotonicMs() - seen.atMs < GOOD_FOR_MS ? seen : null;
  return {
    ...host,
    files: {
      ...files,
      readText: (path) => {
        if (path.endsWith("/running-round.json")) place = path.replace(/[^/]*$/, "round-wait-status");
        const before = early(path);
        return before === null ? files.readText(path) : before.text;
      },
      stat: (path) => {
        const before = early(path);
        return before === null ? files.stat(path) : before.stat;
      },
    },
    processes: {
      ...processes,
      inspect: (pid) => {
        if (place === null) return processes.inspect(pid);
        const [stat, text] = [files.stat(place), files.readText(place)];
        Atomics.wait(nap, 0, 0, BETWEEN_MS);
        seen = { stat, text, atMs: clock.monotonicMs() };
        return processes.inspect(pid);
      },
    },
  };
});
