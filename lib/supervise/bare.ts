import type { Config } from "../core/config.ts";
import type { SurroundingUnit } from "../core/surrounding_unit.ts";
import type { OutputReader } from "../extend/output_reader.ts";
import type { Host } from "../host.ts";
import type { EventLog } from "../store/event_log.ts";
import type { Layout } from "../store/layout.ts";
import type { MetricsLog } from "../store/metrics.ts";
import type { Voice } from "./voice.ts";

/** What every part of the write side works with, the hooks included. */
export interface Bare {
  readonly host: Host;
  readonly config: Config;
  readonly layout: Layout;
  readonly log: EventLog;
  readonly metrics: MetricsLog;
  /** The reader of the agent's output, null where none applies. */
  readonly reader: OutputReader | null;
  readonly voice: Voice;
  /** The service manager's unit around this process, null without one. */
  readonly unit: SurroundingUnit | null;
  /** Root of the git work tree around the work folder when this supervisor began, null without one. */
  readonly treeRoot: string | null;
}
