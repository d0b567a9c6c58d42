import type { Config } from "../../lib/core/config.ts";
import { isoOf } from "../../lib/core/instant.ts";
import type { Host } from "../../lib/host.ts";
import { peekText } from "../../lib/observe/peek_text.ts";
import { observe } from "../../lib/observe/observed.ts";
import { snapshot } from "../../lib/observe/snapshot.ts";
import { whyDocument } from "../../lib/observe/why_document.ts";
import { whyText } from "../../lib/observe/why_text.ts";
import { encodeLine } from "../../lib/store/line_format.ts";
import { logged, type Step, T0 } from "../core/given.ts";
import { SimHost } from "../sim/sim_host.ts";
import { configOf } from "../supervise/simulated.ts";

const LOGS = "/project/logs";

/** A log as it stands at a second of its story, and what lives beside it. */
export interface Scene {
  readonly steps: readonly Step[];
  readonly atS: number;
  /** Second at which the serve that lives took its lock; without it none lives. */
  readonly serveAtS?: number;
  /** Keys of `[runtime]`. */
  readonly runtime?: Readonly<Record<string, unknown>>;
  /** What else there is, before anyone looks. */
  readonly arrange?: (sim: SimHost) => void;
}

/** What every view says of it. */
export function told({ steps, atS, serveAtS, runtime, arrange }: Scene): Views {
  const sim = new SimHost({ seed: 1, startAt: T0 });
  sim.disk.makeDir(LOGS);
  sim.disk.put(`${LOGS}/events-2023-11.jsonl`, steps.map((step) => encodeLine(logged(step))).join(""));
  sim.elapse(atS * 1000);
  if (serveAtS !== undefined) holds(sim, "serve.lock", serveAtS);
  arrange?.(sim);
  return views(sim, configOf(runtime));
}

/** A process that lives is in the holder file, since that second of the story. */
export function holds(sim: SimHost, file: string, sinceS: number): void {
  const { pid, startTime } = sim.stranger("agent-runner");
  const holder = { pid, start_time: startTime, started_at: isoOf(T0 + sinceS * 1000), cmdline: "" };
  sim.disk.put(`${LOGS}/${file}`, JSON.stringify(holder));
}

export type Views = ReturnType<typeof views>;

/** What `why` and `peek` say, as text and as documents. */
export function views(host: Host, config: Config) {
  const observed = observe(host, config);
  const why = whyText(host, config, observed);
  const shown = (round: "latest" | null) =>
    snapshot(host, config, [], observed, { round, withLog: false, events: 0 });
  const document = shown(null);
  const [headline = ""] = peekText(host, config, observed, document, false).split("\n");
  return {
    why,
    document: whyDocument(host, observed, why),
    headline: headline.replace(/^.*?: /, ""),
    waiting: document.service.waiting,
    newest: shown("latest").current_round,
    round: document.current_round?.round_num ?? null,
  };
}
