import type { Instant } from "../core/instant.ts";
import type { ProjectState } from "../core/project_state.ts";
import type { Host } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";
import type { EventLog } from "./event_log.ts";
import { eventFileName, eventFileNames, foldFile, NOTHING } from "./fold.ts";
import type { Layout } from "./layout.ts";

/** So long nothing is tried again after a month had to stay (ms): to find out costs a fold of the whole log. */
const AGAIN_MS = 24 * 3_600_000;

/** Removes old months of events and metrics, but none that the state still needs. */
export class MonthRetention {
  readonly #host: Host;
  readonly #layout: Layout;
  #notBefore: Instant = 0;

  constructor(host: Host, layout: Layout) {
    this.#host = host;
    this.#layout = layout;
  }

  /** @param months how old a month may become; 0 keeps all. What the disk refuses stays. */
  prune(log: EventLog, months: number): void {
    const now = this.#host.clock.now();
    if (months === 0 || log.isBehind) return;
    const oldest = monthsBefore(now, months);
    bestEffort(() => removeMetrics(this.#host, this.#layout, `metrics-${oldest}.jsonl`));
    if (now < this.#notBefore) return;
    bestEffort(() => {
      const old = eventFileNames(this.#host, this.#layout).filter((name) => name < `events-${oldest}.jsonl`);
      const spare = this.#spare(log.state, old);
      if (spare.length > 0) log.retire(spare);
      if (spare.length < old.length) this.#notBefore = now + AGAIN_MS;
    });
  }

  /** The oldest files without which the fold is the same: all of them, or half as many, and so on. */
  #spare(state: ProjectState, old: readonly string[]): readonly string[] {
    const names = eventFileNames(this.#host, this.#layout);
    for (let count = old.length; count > 0; count >>= 1) {
      const spare = old.slice(0, count);
      const without = foldOf(this.#host, this.#layout, names.filter((name) => !spare.includes(name)));
      if (essence(without) === essence(state)) return spare;
    }
    return [];
  }
}

/** Nothing is older than a thousand years, and dates have an end. */
const MONTHS_MAX = 12_000;

/** The month so many months before, as `YYYY-MM`. */
function monthsBefore(now: Instant, months: number): string {
  const date = new Date(now);
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - Math.min(months, MONTHS_MAX), 1);
  return eventFileName(first).slice("events-".length, -".jsonl".length);
}

function removeMetrics(host: Host, layout: Layout, oldest: string): void {
  for (const { name, isFile } of host.files.list(layout.dir) ?? []) {
    if (!isFile || !/^metrics-\d{4}-\d{2}\.jsonl$/.test(name) || name >= oldest) continue;
    host.files.remove(`${layout.dir}/${name}`);
  }
}

function foldOf(host: Host, layout: Layout, names: readonly string[]): ProjectState {
  let folded = NOTHING;
  for (const name of names) {
    const file = host.files.open(`${layout.dir}/${name}`);
    if (file === null) continue;
    try {
      folded = foldFile(folded, name, file, 0);
    } finally {
      file.close();
    }
  }
  return folded.state;
}

/**
 * The state as far as the rules judge by it. Totals and lists for people live on in the checkpoint only; the highest
 * round number is also in `status.json` and in the names of the round logs.
 */
function essence(state: ProjectState): string {
  const { highestRound: _highest, roundsEnded: _ended, hookFailures: _hooks, blips: _blips, ...judged } =
    state;
  // When the last stop was matters only where a restart could not mend it.
  return JSON.stringify({
    ...judged,
    permanentStops: judged.permanentStops.count > 0 && judged.permanentStops,
  });
}
