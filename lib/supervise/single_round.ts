import type { Config } from "../core/config.ts";
import { EXIT, type ExitCode } from "../core/exit_code.ts";
import { FileError } from "../core/file_error.ts";
import { type Failure, failure } from "../core/problem.ts";
import type { Host } from "../host.ts";
import { EventLog } from "../store/event_log.ts";
import { type Layout, layoutOf } from "../store/layout.ts";
import { DiskGauge } from "./disk_gauge.ts";
import { look, lookBeforeRound } from "./look.ts";
import { nextRound } from "./loop.ts";
import { runRound } from "./round.ts";
import { type ServeOptions, unusable } from "./serve.ts";
import { StopSwitch } from "./stop_switch.ts";
import type { Supervision } from "./supervision.ts";
import { takeUpLeftRound } from "./take_up.ts";
import { lookBeforeAgent } from "./settle/look_before.ts";

/**
 * Runs one round at once, without asking the rules, also beside a serve that waits. 0 when it ran to its end, whatever
 * the agent returned.
 */
export async function runSingleRound(
  host: Host,
  config: Config,
  options: ServeOptions,
): Promise<ExitCode | Failure> {
  const stop = new StopSwitch(host, (text) => options.voice.note(text));
  stop.arm();
  const layout = layoutOf(config.runtime.log_dir);
  try {
    host.files.makeDir(layout.dir);
    return await runAlone(host, config, options, layout, stop);
  } catch (error) {
    if (error instanceof FileError) return unusable(layout, error.message);
    throw error;
  } finally {
    stop.close();
  }
}

async function runAlone(
  host: Host,
  config: Config,
  { plugin, voice, unit, onAppend }: ServeOptions,
  layout: Layout,
  stop: StopSwitch,
): Promise<ExitCode | Failure> {
  const log = EventLog.open(host, layout);
  log.onAppend = onAppend;
  const supervision: Supervision = { host, config, layout, log, plugin, voice, unit };
  try {
    const gauge = new DiskGauge(host, layout.dir);
    const world = await lookBeforeRound(supervision, look(supervision, stop), gauge);
    if (world.brokenConfig.length > 0) return EXIT.config;
    if (world.logFault !== null) return unusable(layout, world.logFault);
    if (world.lockHolder !== null) {
      const what =
        `Cannot run a round: another agent-runner is holding ${layout.roundLock} (${world.lockHolder})`;
      return failure(EXIT.busy, what, { hint: "agent-runner peek" });
    }
    await takeUpLeftRound(supervision, stop.now);
    const before = await lookBeforeAgent(host, config);
    if (stop.asked.aborted) return EXIT.done;
    await runRound(supervision, { round: nextRound(supervision), phase: null, before, stopNow: stop.now });
    return EXIT.done;
  } finally {
    log.close();
  }
}
