/**
 * One round: prepare, start the agent behind its gate, and see it through.
 *
 * @module
 */
import { bestEffort, FileError } from "../core/file_error.ts";
import { isoOf } from "../core/instant.ts";
import { forPhase, phaseIndex } from "../core/phases.ts";
import type { Launch, WorkTree } from "../host.ts";
import { writeHolder } from "../store/holder.ts";
import { roundLogName } from "../store/layout.ts";
import { type RunningRoundRecord, writeRunningRound } from "../store/running_round.ts";
import { readStatus, writeStatus } from "../store/status.ts";
import { agentEnvironment } from "./agent_command.ts";
import { closeRound } from "./close_round.ts";
import { type Containment, NOBODY } from "./contain.ts";
import { forgetRound } from "./forget_round.ts";
import { prepareRound, type Ready, type RoundPlan } from "./prepare_round.ts";
import { readerContext, RoundReader } from "./round_reader.ts";
import { measureEnd, type RoundResult, seeThrough } from "./see_through.ts";
import type { Supervision } from "./supervision.ts";

/**
 * Runs one round to its end, with what its phase replaces in the configuration; everything that follows from it is in
 * the log when it resolves.
 */
export async function runRound(base: Supervision, plan: RoundPlan): Promise<RoundResult> {
  const supervision = { ...base, config: forPhase(base.config, plan.phase) };
  base.hooks.begin(plan);
  base.host.cgroups.prepareJoin();
  try {
    const result = await start(supervision, plan);
    await measureEnd(base, plan, result);
    return result;
  } finally {
    await base.hooks.rest();
  }
}

async function start(supervision: Supervision, plan: RoundPlan): Promise<RoundResult> {
  const { host, config, hooks, layout, log, metrics } = supervision;
  const logName = roundLogName(plan.round, host.clock.now());
  const about = { ...plan, logPath: `${layout.dir}/${logName}` };
  await hooks.preRound(supervision, about);
  const prepared = prepareRound(supervision, plan, logName, await hooks.enrich(supervision, about));
  log.append({ event: "round_start", round_num: plan.round, phase: plan.phase });
  metrics.write("round_start", { round: plan.round, phase: plan.phase, processes: 0 });
  markRunning(supervision, plan);
  log.append({ event: "agent_spawn", round_num: plan.round, timeout_s: config.runtime.round_timeout_s });
  if (prepared.kind === "impossible") return await notStarted(supervision, plan, prepared);
  const startedBootMs = host.clock.boot().ms;
  const deadlineBootMs = startedBootMs + config.runtime.round_timeout_s * 1000;
  const started = launch(supervision, plan, prepared, { startedBootMs, deadlineBootMs });
  if ("why" in started) return await notStarted(supervision, plan, { ...prepared, why: started.why });
  const gone = new AbortController();
  started.launch.ended.then(() => gone.abort());
  return await seeThrough(supervision, {
    round: plan.round,
    phase: plan.phase,
    containment: started.containment,
    logPath: `${layout.dir}/${prepared.logName}`,
    timeoutS: config.runtime.round_timeout_s,
    startedBootMs,
    deadlineBootMs,
    launcherGone: gone.signal,
    launcherCode: started.launch.ended,
    before: plan.before,
    hole: null,
    stopNow: plan.stopNow,
  });
}

/** `status.json` says that the round runs, with what is known of the last one. */
function markRunning({ host, config, layout, voice }: Supervision, plan: RoundPlan): void {
  const refusal = bestEffort(() => {
    const read = readStatus(host, layout);
    const last = read.kind === "status" ? read.status : null;
    writeStatus(host, layout, {
      round_num: plan.round,
      running: true,
      last_completed_at: last?.last_completed_at ?? null,
      last_exit_code: last?.last_exit_code ?? null,
      last_duration_s: last?.last_duration_s ?? null,
      current_phase: plan.phase,
      phase_index: phaseIndex(config, plan.round, plan.phase),
    });
  });
  if (refusal !== null) voice.note(`status.json not written: ${refusal.message}`);
}

interface Times {
  readonly startedBootMs: number;
  readonly deadlineBootMs: number;
}

type Started =
  | { readonly launch: Launch; readonly containment: Containment }
  /** The agent cannot run. */
  | { readonly why: string };

/** Starts the launcher, records it, opens the gate: an agent can never run unrecorded. */
function launch(supervision: Supervision, plan: RoundPlan, ready: Ready, times: Times): Started {
  const { host, config, layout } = supervision;
  const { pid, startTime } = host.processes.self;
  const id = `${host.clock.boot().id.slice(0, 8)}.${startTime}-${pid}-${plan.round}`;
  const { root } = host.cgroups;
  let launched: Launch | null = null;
  let cgroup: string | null = null;
  try {
    host.files.remove(layout.waitStatus);
    host.files.remove(`${layout.waitStatus}.tmp`);
    cgroup = root === null ? null : `${root}/agent-runner-${id}`;
    launched = host.processes.launch({
      id,
      argv: ready.argv,
      cwd: config.runtime.work_dir,
      env: agentEnvironment(host, config, plan),
      stdinPath: ready.stdinPath,
      logPath: `${layout.dir}/${ready.logName}`,
      statusPath: layout.waitStatus,
      lockPath: host.processes.hasFlock ? layout.roundLock : null,
      cgroup,
    });
    const containment = { pid: launched.pid, startTime: launched.startTime, id, cgroup };
    record(supervision, plan, ready, times, containment);
    // Not before it is recorded: who else would remove it?
    if (cgroup !== null) host.cgroups.make(cgroup);
    launched.openGate();
    return { launch: launched, containment };
  } catch (error) {
    launched?.shutGate();
    if (cgroup !== null) host.cgroups.remove(cgroup);
    if (error instanceof FileError) return { why: error.message };
    throw error;
  }
}

function record(
  { host, config, layout }: Supervision,
  plan: RoundPlan,
  ready: Ready,
  times: Times,
  { pid, startTime, id, cgroup }: Containment,
): void {
  writeRunningRound(host, layout, {
    round: plan.round,
    phase: plan.phase,
    id,
    pid,
    start_time: startTime,
    boot_id: host.clock.boot().id,
    cgroup,
    log: ready.logName,
    started_at: isoOf(host.clock.now()),
    started_boot_ms: times.startedBootMs,
    deadline_boot_ms: times.deadlineBootMs,
    timeout_s: config.runtime.round_timeout_s,
    hole: null,
    before: noted(plan.before),
  });
  writeHolder(host, layout.roundLockHolder, pid, { command: `agent-runner round ${plan.round}` });
}

/** More dirty paths than this are not noted. */
const DIRTY_NOTED = 1000;

function noted(before: WorkTree): RunningRoundRecord["before"] {
  if (before.kind !== "tree" || before.dirty.length > DIRTY_NOTED) return null;
  const { head, fingerprint, dirty } = before;
  return { head, fingerprint, dirty: [...dirty] };
}

/** No agent ran, so whatever the work tree is like is not the round's. */
const NOBODY_LOOKED: WorkTree = { kind: "none" };

/** Closes a round whose agent could not be started; the reason is in the log and on the screen. */
async function notStarted(
  supervision: Supervision,
  { round, phase, before }: RoundPlan,
  { logName, why }: { readonly logName: string; readonly why: string },
): Promise<RoundResult> {
  const { host, config, layout, voice } = supervision;
  voice.note(`round ${round} not started: ${why}`);
  const logPath = `${layout.dir}/${logName}`;
  const reader = new RoundReader(host, logPath, supervision.reader, readerContext(config, round));
  const ending = { kind: "not_started", why } as const;
  try {
    const closed = await closeRound(supervision, {
      round,
      phase,
      ending,
      wait: ending,
      durationS: 0,
      timeoutS: config.runtime.round_timeout_s,
      evidence: await reader.end(ending),
      before,
      after: NOBODY_LOOKED,
      logPath,
      leftovers: NOBODY,
    });
    forgetRound(supervision);
    return { ...closed, left: 0 };
  } finally {
    reader.close();
  }
}
