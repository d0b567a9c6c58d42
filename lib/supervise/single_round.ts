import type { Config } from "../core/config.ts";
import { EXIT, type ExitCode } from "../core/exit_code.ts";
import { FileError } from "../core/file_error.ts";
import { phaseOf } from "../core/phases.ts";
import { type Failure, failure } from "../core/problem.ts";
import { didYouMean } from "../core/suggest.ts";
import type { Host } from "../host.ts";
import { type Layout, layoutOf } from "../store/layout.ts";
import { look, lookBeforeRound } from "./look.ts";
import { nextRound } from "./loop.ts";
import { runRound } from "./round.ts";
import { goingOn, type ServeOptions, supervise, unusable } from "./serve.ts";
import { StopSwitch } from "./stop_switch.ts";
import { takeUpLeftRound } from "./take_up.ts";
import { planRound } from "./turn.ts";

/**
 * Runs one round at once, without asking the rules, also beside a serve that waits. 0 when it ran to its end, whatever
 * the agent returned.
 * @param phase instead of the one whose turn it is; the rotation goes on as if it had been that one
 */
export async function runSingleRound(
  host: Host,
  config: Config,
  options: ServeOptions,
  phase: string | null,
): Promise<ExitCode | Failure> {
  if (phase !== null && !config.phases.list.includes(phase)) return unknownPhase(config, phase);
  const stop = new StopSwitch(host, (text) => options.voice.note(text));
  stop.arm();
  const layout = layoutOf(config.runtime.log_dir);
  try {
    host.files.makeDir(layout.dir);
    return await runAlone(host, config, { ...options, phase }, layout, stop);
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
  { phase, ...options }: ServeOptions & { readonly phase: string | null },
  layout: Layout,
  stop: StopSwitch,
): Promise<ExitCode | Failure> {
  const supervision = supervise(host, config, options, layout, stop.now);
  try {
    const world = await lookBeforeRound(supervision, look(supervision, stop));
    if (world.brokenConfig.length > 0) return EXIT.config;
    if (world.logFault !== null) return unusable(layout, world.logFault);
    if (world.lockHolder !== null) {
      const what =
        `Cannot run a round: another agent-runner is holding ${layout.roundLock} (${world.lockHolder})`;
      return failure(EXIT.busy, what, { hint: "agent-runner peek" });
    }
    return await goingOn(async () => {
      await takeUpLeftRound(supervision, stop.now);
      const round = nextRound(supervision);
      const plan = await planRound(supervision, {
        round,
        phase: phase ?? phaseOf(config, round).name,
        // Counting is the loop's; by hand it is who starts the round that says so.
        freshEyes: host.env.get("AGENT_RUNNER_FRESH_EYES") === "1",
        stopNow: stop.now,
      });
      if (!stop.asked.aborted) await runRound(supervision, plan);
      return EXIT.done;
    });
  } finally {
    await supervision.hooks.finish();
    supervision.log.close();
  }
}

function unknownPhase({ configPath, phases: { list } }: Config, phase: string): Failure {
  return list.length === 0
    ? failure(EXIT.usage, `Cannot run phase ${JSON.stringify(phase)}: there are no phases`, {
      hint: `set phases.list in ${configPath}`,
    })
    : failure(
      EXIT.usage,
      `Cannot run phase ${JSON.stringify(phase)}: not in phases.list${didYouMean(phase, list)}`,
      {
        hint: `one of ${[...new Set(list)].join(", ")}`,
      },
    );
}
