import { type Instant, isoOf } from "../core/instant.ts";
import type { Host } from "../host.ts";
import { diskFigures, loadFigures, memoryFigures, rounded } from "../core/machine_figures.ts";
import { bestEffort } from "../core/file_error.ts";
import { DiskGauge } from "./disk_gauge.ts";
import type { Layout } from "./layout.ts";
import { encodeLine } from "./line_format.ts";

/** The round that a line is about. */
export interface MeasuredRound {
  readonly round: number;
  readonly phase: string | null;
  /** Living processes of the round. */
  readonly processes: number;
}

/** Writes how the machine is at the start and at the end of each round into `metrics-YYYY-MM.jsonl`. */
export class MetricsLog {
  readonly #host: Host;
  readonly #layout: Layout;
  /** To be measured before `write`; it is what the rules look at too. */
  readonly disk: DiskGauge;
  #started: { readonly round: number; readonly busy: number; readonly total: number } | null = null;

  constructor(host: Host, layout: Layout) {
    this.#host = host;
    this.#layout = layout;
    this.disk = new DiskGauge(host, layout.dir);
  }

  /** Appends one line; what the disk refuses is left out, as no round depends on it. */
  write(event: "round_start" | "round_end", { round, phase, processes }: MeasuredRound): void {
    const at = this.#host.clock.now();
    const line = {
      ts: isoOf(at),
      event,
      ...memoryFigures(this.#host.vitals.memory()),
      ...diskFigures(this.disk.size),
      ...loadFigures(this.#host.vitals.load()),
      ...this.#cpuFigure(event, round),
      agent_process_count: processes,
      round_num: round,
      ...(phase === null ? {} : { phase }),
    };
    bestEffort(() => append(this.#host, `${this.#layout.dir}/${metricsFileName(at)}`, encodeLine(line)));
  }

  /** Over the whole round, so there is none at its start, nor where another process started it. */
  #cpuFigure(event: "round_start" | "round_end", round: number): object {
    const now = this.#host.vitals.cpu();
    const before = this.#started;
    this.#started = event === "round_start" && now !== null ? { round, ...now } : null;
    if (event === "round_start" || now === null || before?.round !== round) return {};
    const total = now.total - before.total;
    return total > 0 ? { cpu_pct: rounded(100 * (now.busy - before.busy) / total, 1) } : {};
  }
}

/** `metrics-YYYY-MM.jsonl`, in UTC. */
export function metricsFileName(at: Instant): string {
  return `metrics-${isoOf(at).slice(0, 7)}.jsonl`;
}

/** A line that a full disk took in part is ended first, so that this one stands alone. */
function append(host: Host, path: string, line: string): void {
  const file = host.files.openAppend(path);
  try {
    const size = file.size();
    const last = new Uint8Array([10]);
    if (size > 0) file.readAt(size - 1, last);
    file.append(new TextEncoder().encode(last[0] === 10 ? line : `\n${line}`));
  } finally {
    file.close();
  }
}
