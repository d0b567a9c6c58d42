/**
 * What a real `serve` of this program does on this machine, with the scripted agent.
 *
 * @module
 */
import { instantOf } from "../../core/instant.ts";
import { fails, type Seen, works } from "./check.ts";
import { Project } from "./project.ts";
import type { Actor, Stage } from "./stage.ts";

/** How long starting, or ending by itself, may take on a busy machine (ms). */
const PATIENCE_MS = 12_000;

/** A killed process that is still there after this was not killed (ms). */
const KILL_MS = 2000;

/** How long a stop may take inside a wait (ms), and how long it is watched to say how long it took. */
const STOP_MS = 1000;
const STOP_WATCHED_MS = 4000;

/** A round this long after the reset has not been waited for, but forgotten (s). */
const LATE_S = 5;

/** A supervisor is killed in the middle of a round; the next one takes the round over and tells its true end. */
export async function adoption(stage: Stage): Promise<Seen> {
  const project = new Project(stage, ["dirty-tree=4"]);
  const first = project.serve(1);
  if (!await reaches(stage, first, () => project.agentOutput() !== "")) return notRun("a round", first);
  const pid = project.servePid();
  if (pid !== null) stage.host.processes.signal(pid, "SIGKILL");
  if (pid === null || !await stage.until(KILL_MS, first.hasEnded)) {
    return fails("the supervisor could not be killed");
  }
  const second = project.serve(1);
  if (!await stage.until(PATIENCE_MS, second.hasEnded)) {
    return notRun("the next supervisor to its end", second);
  }
  const exit = project.events("agent_exit").at(-1);
  if (project.events("round_adopted").length !== 1) return fails("the running round was not taken over");
  if (project.events("agent_spawn").length !== 1) return fails("an agent was started twice");
  if (exit?.exit_code !== 0 || exit.ending !== "exited") {
    return fails("how the agent ended was not told right");
  }
  const work = stage.host.files.readText(`${project.workDir}/fake-agent-draft.txt`);
  return work === "Round 1 was here.\n" ? works() : fails("the agent's work is not there");
}

/** The agent meets a limit whose end the server names; the next round starts after it, and soon. */
export async function limits(stage: Stage): Promise<Seen> {
  const project = new Project(stage, ["limit-5h=2", "no-work"]);
  const serve = project.serve(2);
  if (!await stage.until(PATIENCE_MS, serve.hasEnded)) return notRun("two rounds", serve);
  const limit = project.events("transient_error_detected")[0];
  const next = project.events("round_start")[1];
  if (limit === undefined) return fails("the limit was not seen");
  const startedAt = next === undefined ? null : instantOf(next.ts);
  if (startedAt === null) return fails("no round came after the limit");
  const lateS = startedAt / 1000 - limit.reset_at_epoch;
  if (lateS < 0) return fails(`the next round started ${(-lateS).toFixed(1)} s before the limit was over`);
  return lateS <= LATE_S
    ? works(`waited; the next round came ${lateS.toFixed(1)} s after the reset`)
    : fails(`the next round came ${lateS.toFixed(1)} s after the limit was over`);
}

/** A supervisor that waits for a far reset is told to stop. */
export async function stop(stage: Stage): Promise<Seen> {
  const project = new Project(stage, ["limit-5h=60", "no-work"]);
  const serve = project.serve(2);
  if (!await reaches(stage, serve, () => project.events("wait_started").length > 0)) {
    return notRun("up to a wait", serve);
  }
  const pid = project.servePid();
  if (pid === null) return fails("the supervisor that waits could not be found");
  const { clock, processes } = stage.host;
  const askedMs = clock.monotonicMs();
  processes.signal(pid, "SIGTERM");
  if (!await stage.until(STOP_WATCHED_MS, serve.hasEnded)) return fails("SIGTERM was not answered");
  const tookMs = Math.round(clock.monotonicMs() - askedMs);
  if (project.events("serve_stopped").at(-1)?.rule !== "stop_asked") {
    return fails("it ended, but not in order");
  }
  return tookMs <= STOP_MS ? works(`answered in ${tookMs} ms`) : fails(`answered only after ${tookMs} ms`);
}

/** False when the supervisor ends before. */
async function reaches(stage: Stage, serve: Actor, condition: () => boolean): Promise<boolean> {
  return await stage.until(PATIENCE_MS, () => condition() || serve.hasEnded()) && condition();
}

function notRun(what: string, serve: Actor): Seen {
  const last = serve.output().trimEnd().split("\n").at(-1) ?? "";
  return fails(`serve did not run ${what}${last === "" ? "" : `; its last words: ${last}`}`);
}
