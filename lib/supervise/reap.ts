/**
 * Closing a round whose supervisor is gone: whatever of it still runs is ended, and the log says how it ended.
 *
 * @module
 */
import type { Ending, InterruptedBy } from "../core/ending.ts";
import { instantOf } from "../core/instant.ts";
import { readWaitStatus, type WaitStatus } from "../core/wait_status.ts";
import { bestEffort } from "../store/best_effort.ts";
import { readRunningRound, type RunningRoundRecord } from "../store/running_round.ts";
import { roundLockHolder } from "../store/holder.ts";
import { closeRound } from "./close_round.ts";
import { type Census, endGroup, groupMembers, isAlive } from "./contain.ts";
import { endingOf, readerContext } from "./round.ts";
import { forgetRound } from "./forget_round.ts";
import { RoundReader } from "./round_reader.ts";
import type { Supervision } from "./supervision.ts";

/** Ends and closes the round that a dead supervisor left; nothing to do where it left none. */
export async function reapLeftRound(supervision: Supervision): Promise<void> {
  const record = readRunningRound(supervision.host, supervision.layout);
  if (record !== null) await reapRecorded(supervision, record);
  else closeUnrecorded(supervision);
}

async function reapRecorded(supervision: Supervision, record: RunningRoundRecord): Promise<void> {
  const { host, config, layout, log } = supervision;
  const leader = { pid: record.pid, startTime: record.start_time };
  const sameBoot = host.clock.boot().id === record.boot_id;
  let leftovers: Census = { ended: [], left: [] };
  const ranOn = sameBoot && (isAlive(host, leader) || groupMembers(host, leader).length > 0);
  if (ranOn) leftovers = await endGroup(host, leader, config.runtime.kill_grace_s);
  const wait = readWaitStatus(
    host.files.readText(layout.waitStatus),
    host.files.readText(`${layout.waitStatus}.tmp`),
  );
  if (log.state.running?.num === record.round) {
    const ending = endingFound(wait, ranOn, sameBoot);
    if (ending.kind === "interrupted") {
      log.append({
        event: "round_interrupted",
        round_num: record.round,
        by: ending.by,
        detail: ranOn
          ? `ended ${leftovers.ended.length} processes that still ran`
          : "nothing of it ran any more",
      });
    }
    close(supervision, record, { ending, wait, leftovers });
  }
  forgetRound(supervision);
  bestEffort(() => host.files.remove(layout.roundLockHolder));
}

/** An agent that had ended by itself before anyone looked is recorded as it ended. */
function endingFound(wait: WaitStatus, ranOn: boolean, sameBoot: boolean): Ending {
  const by: InterruptedBy = sameBoot ? "reap" : "reboot";
  return ranOn || wait.kind === "launcher_lost" || wait.kind === "never_started"
    ? { kind: "interrupted", by }
    : endingOf(wait);
}

/** What the output says is not lost with the supervisor: a limit in it still holds. */
function close(
  supervision: Supervision,
  record: RunningRoundRecord,
  found: { readonly ending: Ending; readonly wait: WaitStatus; readonly leftovers: Census },
): void {
  const { host, layout } = supervision;
  const logPath = `${layout.dir}/${record.log}`;
  const reader = new RoundReader(host, logPath, supervision.plugin, readerContext(supervision, record));
  try {
    const startedAt = instantOf(record.started_at);
    const lastOutput = host.files.stat(logPath)?.mtime ?? host.clock.now();
    closeRound(supervision, {
      round: record.round,
      phase: record.phase,
      ...found,
      durationS: startedAt === null ? 0 : Math.max(0, (lastOutput - startedAt) / 1000),
      timeoutS: record.timeout_s,
      evidence: reader.end(found.ending),
      treeChanged: null,
      logPath,
    });
  } finally {
    reader.close();
  }
}

/** A start without an end and without a record: its supervisor died before the agent, or was the Python version. */
function closeUnrecorded({ host, layout, log }: Supervision): void {
  const { running } = log.state;
  if (running === null || roundLockHolder(host, layout) !== null) return;
  const detail = "it left no record of its processes";
  log.append({ event: "round_interrupted", round_num: running.num, by: "reap", detail });
  log.append({
    event: "round_end",
    round_num: running.num,
    verdict: "interrupted",
    limit: null,
    refusal: null,
  });
}
