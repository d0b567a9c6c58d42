/**
 * A round whose supervisor is gone: taken over while it still runs, or ended; in any case closed, once.
 *
 * @module
 */
import type { Ending, InterruptedBy } from "../core/verdict.ts";
import { instantOf } from "../core/instant.ts";
import { readWaitStatus, type WaitStatus } from "../core/wait_status.ts";
import type { Host, WorkTree } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";
import { linesBackward } from "../store/blocks.ts";
import type { EventLog } from "../store/event_log.ts";
import { eventFileNames } from "../store/fold.ts";
import { roundLockHolder } from "../store/holder.ts";
import type { Layout } from "../store/layout.ts";
import { readRunningRound, type RunningRoundRecord } from "../store/running_round.ts";
import { parseObject } from "../store/status.ts";
import { closeRound } from "./close_round.ts";
import { type Census, type Containment, endRound, hasMembers, isLauncherAlive, NOBODY } from "./contain.ts";
import { forgetRound } from "./forget_round.ts";
import { readerContext, RoundReader } from "./round_reader.ts";
import { endingOf, measureEnd, seeThrough } from "./see_through.ts";
import type { Supervision } from "./supervision.ts";
import { reportSubstrateAfter } from "./turn.ts";
import { lookAtWorkTree } from "./work_tree.ts";

/** Aborted by nobody. */
const NEVER = new AbortController().signal;

/**
 * Deals with the round that a dead supervisor left; nothing to do where it left none.
 * @param stopNow aborted when a round that was taken over is to be ended now
 */
export async function takeUpLeftRound(supervision: Supervision, stopNow: AbortSignal): Promise<void> {
  const { host, layout } = supervision;
  const record = readRunningRound(host, layout);
  if (record === null) return closeUnrecorded(supervision);
  const isOpen = supervision.log.state.running?.num === record.round;
  const found = find(supervision, record);
  supervision.hooks.begin(record);
  if (found.runs && isOpen && supervision.config.runtime.on_restart === "adopt") {
    await adopt(supervision, record, found.containment, stopNow);
  } else {
    const ended = found.runs
      ? await endRound(host, found.containment, supervision.config.runtime.kill_grace_s)
      : NOBODY;
    if (!found.runs && record.cgroup !== null) host.cgroups.remove(record.cgroup);
    if (isOpen) await closeFound(supervision, record, found, ended);
    else closePassedOver(supervision, record.round);
  }
  await supervision.hooks.rest();
  forgetRound(supervision);
}

/** What is left of a recorded round. */
interface Found {
  readonly containment: Containment;
  readonly sameBoot: boolean;
  /** Anything of it lives, be it only the launcher. */
  readonly runs: boolean;
}

/** After a reboot nobody is looked at: the pids belong to others. */
function find({ host }: Supervision, record: RunningRoundRecord): Found {
  const { pid, start_time: startTime, id, cgroup } = record;
  const containment: Containment = { pid, startTime, id, cgroup };
  const sameBoot = host.clock.boot().id === record.boot_id;
  const runs = sameBoot && (isLauncherAlive(host, containment) || hasMembers(host, containment));
  return { containment, sameBoot, runs };
}

/** Goes on with the same round: its whole output is read again, its limit is the one that it started with. */
async function adopt(
  supervision: Supervision,
  record: RunningRoundRecord,
  containment: Containment,
  stopNow: AbortSignal,
): Promise<void> {
  const { layout, log } = supervision;
  log.append({ event: "round_adopted", round_num: record.round, agent_pid: record.pid });
  const result = await seeThrough(supervision, {
    round: record.round,
    phase: record.phase,
    containment,
    logPath: `${layout.dir}/${record.log}`,
    timeoutS: record.timeout_s,
    startedBootMs: record.started_boot_ms,
    deadlineBootMs: record.deadline_boot_ms,
    launcherGone: NEVER,
    launcherCode: null,
    hole: record.hole,
    before: treeBefore(record),
    stopNow,
  });
  await measureEnd(supervision, record, result);
  await reportSubstrateAfter(supervision, record.round, result.head);
}

/** Closes a round of which nothing runs any more. What its output says is not lost: a limit in it still holds. */
async function closeFound(
  supervision: Supervision,
  record: RunningRoundRecord,
  found: Found,
  ended: Census,
): Promise<void> {
  const { host, config, layout, log } = supervision;
  const wait = readWaitStatus(
    host.files.readText(layout.waitStatus),
    host.files.readText(`${layout.waitStatus}.tmp`),
  );
  const ending = endingFound(supervision, wait, found);
  if (ending.kind === "interrupted") {
    const detail = found.runs ? `ended ${count(ended)} of it that still ran` : "nothing of it ran any more";
    log.append({ event: "round_interrupted", round_num: record.round, by: ending.by, detail });
  }
  const logPath = `${layout.dir}/${record.log}`;
  const context = readerContext(config, record.round);
  const reader = new RoundReader(host, logPath, supervision.reader, context, record.hole);
  try {
    const startedAt = instantOf(record.started_at);
    const lastOutput = host.files.stat(logPath)?.mtime ?? host.clock.now();
    await closeRound(supervision, {
      round: record.round,
      phase: record.phase,
      ending,
      wait,
      durationS: startedAt === null ? 0 : Math.max(0, (lastOutput - startedAt) / 1000),
      timeoutS: record.timeout_s,
      evidence: await reader.end(ending),
      before: treeBefore(record),
      after: await lookAtWorkTree(supervision),
      logPath,
      leftovers: { ended: [], left: ended.left },
    });
  } finally {
    reader.close();
  }
}

function treeBefore({ before = null }: RunningRoundRecord): WorkTree {
  return before === null
    ? { kind: "unknown", why: "another supervisor started the round" }
    : { kind: "tree", ...before };
}

/** An agent that had ended by itself before anyone looked is recorded as it ended. */
function endingFound({ unit }: Supervision, wait: WaitStatus, { sameBoot, runs }: Found): Ending {
  const interrupted = (by: InterruptedBy): Ending => ({ kind: "interrupted", by });
  if (!sameBoot) return interrupted("reboot");
  if (runs) return interrupted("reap");
  const killed = wait.kind === "signalled" || wait.kind === "launcher_lost";
  if (killed && unit?.killsAll === true) return interrupted("unit");
  return wait.kind === "never_started" ? interrupted("reap") : endingOf(wait);
}

function count({ ended }: Census): string {
  return `${ended.length} process${ended.length === 1 ? "" : "es"}`;
}

/**
 * Closes a round that was left open while others ran, as the Python version does. The record goes first, so that nobody
 * closes the round from it once more.
 */
function closePassedOver(supervision: Supervision, round: number): void {
  const { host, layout, log } = supervision;
  let isOpen = false;
  bestEffort(() => {
    isOpen = log.state.highestRound > round && isLeftOpen(host, layout, round);
  });
  forgetRound(supervision);
  if (isOpen) closeUnseen(log, round, "other rounds have run since");
}

/** Whether the log holds the round's start and no end of it. Months that were removed tell nothing. */
function isLeftOpen(host: Host, layout: Layout, round: number): boolean {
  for (const name of eventFileNames(host, layout).toReversed()) {
    const file = host.files.open(`${layout.dir}/${name}`);
    if (file === null) continue;
    try {
      for (const line of linesBackward(file)) {
        const event = /"round_(start|end)"/.test(line) ? parseObject(line) : null;
        if (event?.round_num === round) return event.event === "round_start";
      }
    } finally {
      file.close();
    }
  }
  return false;
}

/** A start without an end and without a record: its supervisor died before the agent, or was the Python version. */
function closeUnrecorded({ host, layout, log }: Supervision): void {
  const { running } = log.state;
  if (running === null || !isRoundLockFree(host, layout)) return;
  closeUnseen(log, running.num, "it left no record of its processes");
}

/** Closes a round of which nothing more is to be found out. */
function closeUnseen(log: EventLog, round_num: number, detail: string): void {
  log.append({ event: "round_interrupted", round_num, by: "reap", detail });
  log.append({ event: "round_end", round_num, verdict: "interrupted", limit: null, refusal: null });
}

/** Not where nobody can tell: then the round stays open until somebody can. */
function isRoundLockFree(host: Host, layout: Layout): boolean {
  let isFree = false;
  bestEffort(() => {
    isFree = roundLockHolder(host, layout) === null;
  });
  return isFree;
}
