import type { Config } from "../core/config.ts";
import type { ProjectState } from "../core/project_state.ts";
import type { Host } from "../host.ts";
import { foldLog, type LineCounts } from "../store/fold.ts";
import { type LivingServe, livingServe } from "../store/holder.ts";
import { type Layout, layoutOf } from "../store/layout.ts";
import { isRunning, readRunningRound } from "../store/running_round.ts";

/** What is read once and shown by every view. */
export interface Observed {
  readonly state: ProjectState;
  readonly counts: LineCounts;
  readonly layout: Layout;
  readonly serve: LivingServe | null;
  /** A round's launcher lives, with or without a supervisor. */
  readonly roundAlive: boolean;
}

/** Reads the log directory; nothing in it changes. */
export function observe(host: Host, config: Config): Observed {
  const layout = layoutOf(config.runtime.log_dir);
  const { state, counts } = foldLog(host, layout);
  const record = readRunningRound(host, layout);
  const roundAlive = record !== null && isRunning(host, record);
  return { state, counts, layout, serve: livingServe(host, layout), roundAlive };
}
