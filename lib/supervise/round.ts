/**
 * One round: prepare, start the agent behind its gate, watch it, end it, close it.
 *
 * @module
 */
import type { Ending } from "../core/ending.ts";
import { FileError } from "../core/file_error.ts";
import { isoOf } from "../core/instant.ts";
import type { ReaderContext } from "../core/plugin.ts";
import type { Verdict } from "../core/verdict.ts";
import { readWaitStatus, signalName, type WaitStatus } from "../core/wait_status.ts";
import type { Launch, Lock, WorkTree } from "../host.ts";
import { bestEffort } from "../store/best_effort.ts";
import { writeHolder } from "../store/holder.ts";
import { writeRunningRound } from "../store/running_round.ts";
import { readStatus, writeStatus } from "../store/status.ts";
import { agentEnvironment } from "./agent_command.ts";
import { closeRound } from "./close_round.ts";
import { type Census, endGroup, groupMembers } from "./contain.ts";
import { prepareRound, type Ready, type RoundPlan } from "./prepare_round.ts";
import { forgetRound } from "./forget_round.ts";
import { RoundReader } from "./round_reader.ts";
import type { Supervision } from "./supervision.ts";
import { watchAgent } from "./watch.ts";
import { lookAtWorkTree } from "./work_tree.ts";

/** Exit code of the launcher when another process holds the round lock. */
const LAUNCHER_BUSY = 75;

/** Between two tries to take the round lock from a round that got in between (ms). */
const LOCK_LOOK_MS = 200;

const NOBODY: Census = { ended: [], left: [] };

/** Runs one round to its end; everything that follows from it is in the log when it resolves. */
export async function runRound(supervision: Supervision, plan: RoundPlan): Promise<Verdict> {
  const { host, config, layout, log } = supervision;
  const prepared = prepareRound(supervision, plan);
  log.append({ event: "round_start", round_num: plan.round, phase: plan.phase });
  markRunning(supervision, plan);
  log.append({ event: "agent_spawn", round_num: plan.round, timeout_s: config.runtime.round_timeout_s });
  const startedMs = host.clock.monotonicMs();
  const run = prepared.kind === "ready"
    ? await runAgent(supervision, plan, prepared)
    : notStarted(supervision, plan, prepared);
  const durationS = (host.clock.monotonicMs() - startedMs) / 1000;
  const lock = await takeRoundLock(supervision);
  try {
    const after = await lookAtWorkTree(host, config);
    const evidence = run.reader.end(run.ending);
    return closeRound(supervision, {
      round: plan.round,
      phase: plan.phase,
      ending: run.ending,
      wait: run.wait,
      durationS,
      timeoutS: config.runtime.round_timeout_s,
      evidence,
      treeChanged: changed(plan.before, after),
      logPath: `${layout.dir}/${prepared.logName}`,
      leftovers: run.leftovers,
    });
  } finally {
    run.reader.close();
    forgetRound(supervision);
    bestEffort(() => host.files.remove(layout.roundLockHolder));
    lock?.release();
  }
}

interface AgentRun {
  readonly ending: Ending;
  readonly wait: WaitStatus;
  readonly reader: RoundReader;
  readonly leftovers: Census;
}

/** `status.json` says that the round runs, with what is known of the last one. */
function markRunning({ host, layout, voice }: Supervision, plan: RoundPlan): void {
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
      phase_index: 0,
    });
  });
  if (refusal !== null) voice.note(`status.json not written: ${refusal.message}`);
}

async function runAgent(supervision: Supervision, plan: RoundPlan, ready: Ready): Promise<AgentRun> {
  const { host, config, layout } = supervision;
  const startedBootMs = host.clock.boot().ms;
  const deadlineBootMs = startedBootMs + config.runtime.round_timeout_s * 1000;
  const launch = start(supervision, plan, ready, { startedBootMs, deadlineBootMs });
  if (typeof launch === "string") return notStarted(supervision, plan, { ...ready, why: launch });
  const reader = new RoundReader(
    host,
    `${layout.dir}/${ready.logName}`,
    supervision.plugin,
    readerContext(supervision, plan),
  );
  const watch = { round: plan.round, launch, reader, startedBootMs, deadlineBootMs, stopNow: plan.stopNow };
  let leftovers = NOBODY;
  const why = await watchAgent(supervision, watch);
  if (why.kind !== "ended") {
    await endGroup(host, launch, config.runtime.kill_grace_s);
  } else if (host.processes.signal(-launch.pid, "SIGCONT") && groupMembers(host, launch).length > 0) {
    leftovers = await endGroup(host, launch, config.runtime.kill_grace_s);
  }
  const code = await launch.ended;
  const wait = code === LAUNCHER_BUSY ? busy() : readWaitStatus(
    host.files.readText(layout.waitStatus),
    host.files.readText(`${layout.waitStatus}.tmp`),
  );
  return { ending: why.kind === "ended" ? endingOf(wait) : why, wait, reader, leftovers };
}

/** Starts the launcher, records it, opens the gate. A reason in words where the agent cannot run. */
function start(
  supervision: Supervision,
  plan: RoundPlan,
  ready: Ready,
  times: { readonly startedBootMs: number; readonly deadlineBootMs: number },
): Launch | string {
  const { host, config, layout } = supervision;
  const boot = host.clock.boot();
  const id = `${boot.id.slice(0, 8)}-${host.processes.self.pid}-${plan.round}`;
  let launch: Launch | null = null;
  try {
    host.files.remove(layout.waitStatus);
    host.files.remove(`${layout.waitStatus}.tmp`);
    launch = host.processes.launch({
      id,
      argv: ready.argv,
      cwd: config.runtime.work_dir,
      env: agentEnvironment(host, config, { num: plan.round, phase: plan.phase }),
      stdinPath: ready.stdinPath,
      logPath: `${layout.dir}/${ready.logName}`,
      statusPath: layout.waitStatus,
      lockPath: host.processes.hasFlock ? layout.roundLock : null,
      cgroup: null,
    });
    writeRunningRound(host, layout, {
      round: plan.round,
      phase: plan.phase,
      id,
      pid: launch.pid,
      start_time: launch.startTime,
      boot_id: boot.id,
      log: ready.logName,
      started_at: isoOf(host.clock.now()),
      started_boot_ms: times.startedBootMs,
      deadline_boot_ms: times.deadlineBootMs,
      timeout_s: config.runtime.round_timeout_s,
    });
    writeHolder(host, layout.roundLockHolder, launch.pid);
  } catch (error) {
    launch?.shutGate();
    if (error instanceof FileError) return error.message;
    throw error;
  }
  launch.openGate();
  return launch;
}

function notStarted(
  supervision: Supervision,
  plan: RoundPlan,
  { logName, why }: { readonly logName: string; readonly why: string },
): AgentRun {
  supervision.voice.note(`round ${plan.round} not started: ${why}`);
  const path = `${supervision.layout.dir}/${logName}`;
  const reader = new RoundReader(
    supervision.host,
    path,
    supervision.plugin,
    readerContext(supervision, plan),
  );
  return {
    ending: { kind: "not_started", why },
    wait: { kind: "not_started", why },
    reader,
    leftovers: NOBODY,
  };
}

export function readerContext({ config }: Supervision, { round }: { readonly round: number }): ReaderContext {
  const { anomaly_repetitive_window: window, anomaly_repetitive_threshold: threshold } = config.monitor;
  return { roundNum: round, repetition: window > 0 && threshold > 0 ? { window, threshold } : null };
}

function busy(): WaitStatus {
  return { kind: "not_started", why: "another round holds agent-runner.lock" };
}

/** The ending of an agent that was not ended by its supervisor. */
export function endingOf(wait: WaitStatus): Ending {
  switch (wait.kind) {
    case "exited":
      return { kind: "exited", code: wait.code };
    case "signalled":
      return { kind: "signalled", signal: signalName(wait.signal) };
    case "not_started":
      return { kind: "not_started", why: wait.why };
    case "never_started":
      return { kind: "not_started", why: "the launcher ended at its gate" };
    case "launcher_lost":
      return { kind: "lost" };
  }
}

/** The launcher has let go of the lock; a round of another program may have got in between and is waited for. */
async function takeRoundLock({ host, layout, voice }: Supervision): Promise<Lock | null> {
  let said = false;
  for (;;) {
    const lock = tryLock();
    if (lock !== null) return lock === "unusable" ? null : lock;
    if (!said) voice.note("another round holds the lock; waiting for it before this one is closed");
    said = true;
    await host.clock.sleep(LOCK_LOOK_MS);
  }
  function tryLock(): Lock | "unusable" | null {
    try {
      return host.files.lock(layout.roundLock);
    } catch (error) {
      if (error instanceof FileError) return "unusable";
      throw error;
    }
  }
}

function changed(before: WorkTree, after: WorkTree): boolean | null {
  if (before.kind !== "tree" || after.kind !== "tree") return null;
  return before.head !== after.head || before.fingerprint !== after.fingerprint;
}
