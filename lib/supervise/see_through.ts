/**
 * Seeing a started round through to its end: watch it, end what is left of it, find out how it ended, close it. A
 * round that this supervisor started and one that it took over from a dead one go the same way.
 *
 * @module
 */
import type { Ending, Verdict } from "../core/verdict.ts";
import { bestEffort, FileError } from "../core/file_error.ts";
import { readWaitStatus, signalName, type WaitStatus } from "../core/wait_status.ts";
import type { Lock, WorkTree } from "../host.ts";
import { readRunningRound, recordHole, writeRunningRound } from "../store/running_round.ts";
import { closeRound } from "./close_round.ts";
import {
  type Census,
  type Containment,
  cpuMsOf,
  endRound,
  hasMembers,
  isLauncherAlive,
  settleLeftovers,
} from "./contain.ts";
import { forgetRound } from "./forget_round.ts";
import { type Hole, LogCap } from "./log_cap.ts";
import { readerContext, RoundReader } from "./round_reader.ts";
import type { Supervision } from "./supervision.ts";
import { watchAgent, type WatchEnd } from "./watch.ts";
import { lookAtWorkTree } from "./work_tree.ts";

/** A round whose agent has been let go. */
export interface StartedRound {
  readonly round: number;
  readonly phase: string | null;
  readonly containment: Containment;
  /** Absolute path of the agent's output. */
  readonly logPath: string;
  readonly timeoutS: number;
  /** Start and limit on the boot clock (ms). */
  readonly startedBootMs: number;
  readonly deadlineBootMs: number;
  /** Aborted when the launcher has ended, where it is a child of this process. */
  readonly launcherGone: AbortSignal;
  /** Exit code of a launcher that is a child of this process, null for one that is not. */
  readonly launcherCode: Promise<number> | null;
  /** The work tree before the agent, "unknown" where nobody looked. */
  readonly before: WorkTree;
  /** Range of the log that has been given back already. */
  readonly hole: Hole | null;
  /** Aborted when the round is to be ended now. */
  readonly stopNow: AbortSignal;
}

/** Exit code of the launcher when another process holds the round lock. */
const LAUNCHER_BUSY = 75;

/** Between two tries to take the round lock from a round that got in between (ms). */
const LOCK_LOOK_MS = 200;

/** What is known of a round that is over. */
export interface RoundResult {
  readonly verdict: Verdict;
  /** Commit id of HEAD afterwards, null where it cannot be seen. */
  readonly head: string | null;
  /** Processes that nobody ended. */
  readonly left: number;
}

export async function seeThrough(supervision: Supervision, round: StartedRound): Promise<RoundResult> {
  const { host, config, layout } = supervision;
  let record = readRunningRound(host, layout);
  const context = readerContext(config, round.round);
  const reader = new RoundReader(host, round.logPath, supervision.reader, context, round.hole);
  const cap = new LogCap(host, round.logPath, {
    capMb: config.runtime.round_log_max_mb,
    hole: round.hole,
    onHole: (hole) => {
      record = record && { ...record, hole };
      bestEffort(() => recordHole(host, layout, hole));
    },
  });
  try {
    const end = await watchAgent(supervision, {
      round: round.round,
      pid: round.containment.pid,
      reader,
      cap,
      startedBootMs: round.startedBootMs,
      deadlineBootMs: round.deadlineBootMs,
      stopNow: round.stopNow,
      cpuMs: () => cpuMsOf(host, round.containment),
      hasEnded: () => hasEnded(supervision, round),
      mayHaveEnded: round.launcherGone,
      onMoved: () => bestEffort(() => record !== null && writeRunningRound(host, layout, record)),
    });
    const leftovers = await endAll(supervision, round, end);
    // What is written of the end belongs into the folder that is there now.
    bestEffort(() => supervision.log.poll());
    const wait = await waitStatus(supervision, round, reader.size > 0);
    const ending = end.kind === "ended" ? endingOf(wait) : end;
    const evidence = await reader.end(ending);
    const result = await settle(supervision, round, { ending, wait, leftovers, evidence });
    await finishLog(supervision, cap);
    // Not when anything was thrown: the agent may run on, and the next supervisor has to find it.
    forgetRound(supervision);
    return result;
  } finally {
    reader.close();
  }
}

/** Writes the machine's figures at the end of a round. */
export async function measureEnd(
  { metrics }: Supervision,
  { round, phase }: { readonly round: number; readonly phase: string | null },
  { left }: RoundResult,
): Promise<void> {
  await metrics.disk.measure();
  metrics.write("round_end", { round, phase, processes: left });
}

async function finishLog({ voice }: Supervision, cap: LogCap): Promise<void> {
  try {
    await cap.finish();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    voice.note(`the round's log was not shortened: ${error.message}`);
  }
}

/** A launcher that was killed alone leaves the agent behind: then the round goes on until nothing of it lives. */
function hasEnded(
  { host, layout }: Supervision,
  { launcherGone, containment }: StartedRound,
): boolean {
  // Who was suspended is told of its child's end later than of the time that has gone by: the child itself is looked at.
  if (!launcherGone.aborted && isLauncherAlive(host, containment)) return false;
  return host.files.stat(layout.waitStatus) !== null || !hasMembers(host, containment);
}

/**
 * Whatever the end was, nothing of the round is left when this resolves, or the census names it. An agent that is ended
 * ends with its group; what had escaped from that is named.
 */
async function endAll(
  { host, config }: Supervision,
  { containment }: StartedRound,
  end: WatchEnd,
): Promise<Census> {
  const { kill_grace_s, leftovers, leftovers_ignore } = config.runtime;
  if (end.kind !== "ended") {
    const { ended, left } = await endRound(host, containment, kill_grace_s);
    return { ended: ended.filter(({ escaped }) => escaped !== "in_group"), left };
  }
  return await settleLeftovers(host, containment, kill_grace_s, {
    action: leftovers,
    ignore: leftovers_ignore,
  });
}

/** @param hasSpoken whether the agent has put anything out */
async function waitStatus(
  { host, layout }: Supervision,
  { launcherCode, logPath }: StartedRound,
  hasSpoken: boolean,
): Promise<WaitStatus> {
  if (await launcherCode === LAUNCHER_BUSY) {
    return { kind: "not_started", why: "another round holds agent-runner.lock" };
  }
  const wait = readWaitStatus(
    host.files.readText(layout.waitStatus),
    host.files.readText(`${layout.waitStatus}.tmp`),
  );
  // Somebody may have removed what the launcher left: where the log that it got is gone too, nothing tells of its gate.
  const mayHaveRun = hasSpoken || host.files.stat(logPath) === null;
  return wait.kind === "never_started" && mayHaveRun ? { kind: "launcher_lost" } : wait;
}

type Outcome = Pick<Parameters<typeof closeRound>[1], "ending" | "wait" | "leftovers" | "evidence">;

async function settle(supervision: Supervision, round: StartedRound, outcome: Outcome): Promise<RoundResult> {
  const lock = await takeRoundLock(supervision);
  try {
    const after = await lookAtWorkTree(supervision);
    const closed = await closeRound(supervision, {
      round: round.round,
      phase: round.phase,
      durationS: Math.max(0, supervision.host.clock.boot().ms - round.startedBootMs) / 1000,
      timeoutS: round.timeoutS,
      before: round.before,
      after,
      logPath: round.logPath,
      ...outcome,
    });
    return { ...closed, left: outcome.leftovers.left.length };
  } finally {
    lock?.release();
  }
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
async function takeRoundLock(supervision: Supervision): Promise<Lock | null> {
  const { host, voice } = supervision;
  for (let looks = 0;; looks++) {
    const lock = tryLock(supervision);
    if (lock === "unusable") return null;
    if (lock !== null) return lock;
    if (looks === 0) voice.note("another round holds the lock; waiting for it before this one is closed");
    await host.clock.sleep(LOCK_LOOK_MS);
  }
}

function tryLock({ host, layout }: Supervision): Lock | "unusable" | null {
  try {
    return host.files.lock(layout.roundLock);
  } catch (error) {
    if (error instanceof FileError) return "unusable";
    throw error;
  }
}
