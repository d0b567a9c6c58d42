/**
 * Closing a round: from what was seen to the events, the status and the verdict. A round that its own supervisor ends
 * and one that the next supervisor finds are closed by the same steps.
 *
 * @module
 */
import { type Ending, type Verdict, verdictOf } from "../core/verdict.ts";
import { roundedSeconds } from "../core/duration_text.ts";
import type { Evidence } from "../core/evidence.ts";
import { type Instant, isoOf } from "../core/instant.ts";
import { phaseIndex } from "../core/phases.ts";
import type { RoundResult, UsageFinding } from "../core/plugin.ts";
import { type SettledLimit, settleLimit } from "../core/throttle.ts";
import { signalName, type WaitStatus } from "../core/wait_status.ts";
import { agentOf } from "../extend/output_reader.ts";
import type { WorkTree } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";
import { writeStatus } from "../store/status.ts";
import type { Census } from "./contain.ts";
import { settleWorkTree } from "./settle/settle.ts";
import { outcomeOf, type Settled } from "./settle/settled.ts";
import { reportNetwork } from "./report_network.ts";
import type { Supervision } from "./supervision.ts";
import { treeEvidence } from "./tree_evidence.ts";
import { hasChanged, headOf } from "./work_tree.ts";

/** Everything that is known when the agent is gone. */
export interface RoundFacts {
  readonly round: number;
  readonly phase: string | null;
  readonly ending: Ending;
  readonly wait: WaitStatus;
  readonly durationS: number;
  readonly timeoutS: number;
  readonly evidence: Evidence;
  /** The work tree before and after the agent. */
  readonly before: WorkTree;
  readonly after: WorkTree;
  /** Absolute path of the agent's output. */
  readonly logPath: string;
  readonly leftovers: Census;
}

/** What a round was worth, and where it left HEAD (null where that cannot be seen). */
export interface ClosedRound {
  readonly verdict: Verdict;
  readonly head: string | null;
}

/** Settles the work tree, and writes everything from `agent_exit` to `round_end` and what follows from the round. */
export async function closeRound(supervision: Supervision, facts: RoundFacts): Promise<ClosedRound> {
  const { log } = supervision;
  const exitCode = exitCodeOf(facts.wait);
  const timedOut = isTimedOut(facts.ending);
  // A supervisor that died while it closed the round has told already.
  if (log.state.running?.num !== facts.round || log.state.running.exit === null) {
    log.append({
      event: "agent_exit",
      round_num: facts.round,
      exit_code: exitCode,
      duration_s: roundedSeconds(facts.durationS),
      timed_out: timedOut,
      exit_cause: exitCause(exitCode, timedOut),
      ending: facts.ending.kind,
    });
    const hasFailed = timedOut || (exitCode !== 0 && signalIn(exitCode) === null);
    if (hasFailed) await reportNetwork(supervision, facts, exitCode, timedOut);
  }
  const evidence = await evidenceOf(supervision, facts);
  const settled = await settleWorkTree(supervision, { ...facts, cleanExit: isClean(facts) });
  if (facts.leftovers.ended.length + facts.leftovers.left.length > 0) {
    log.append({
      event: "round_leftovers",
      round_num: facts.round,
      ended: [...facts.leftovers.ended],
      left: [...facts.leftovers.left],
    });
  }
  reportKill(supervision, facts);
  const startedAt = log.state.running?.startedAt ?? supervision.host.clock.now();
  const verdict = end(supervision, facts, exitCode, evidence);
  reportUsage(supervision, facts, exitCode === 0 && !timedOut);
  await supervision.hooks.postRound(
    supervision,
    facts,
    resultOf(supervision, facts, settled, verdict, startedAt),
  );
  return { verdict, head: settled.kind === "committed" ? settled.ref : headOf(facts.after) };
}

/** The round as hooks see it, with the words of the Python version. */
function resultOf(
  { host }: Supervision,
  { round, phase, ending, wait, durationS, logPath }: RoundFacts,
  settled: Settled,
  verdict: Verdict,
  startedAt: Instant,
): RoundResult {
  const outcome = outcomeOf(settled);
  return {
    round_num: round,
    phase,
    started_at: isoOf(startedAt),
    ended_at: isoOf(host.clock.now()),
    exit_code: exitCodeOf(wait),
    duration_s: roundedSeconds(durationS),
    timed_out: isTimedOut(ending),
    killed_for_grace: ending.kind === "idle_after_result",
    log_path: logPath,
    dirty_files: "files" in settled ? settled.files : [],
    stashed: outcome?.kind === "stashed",
    dirty_outcome: outcome,
    ending,
    verdict,
  };
}

/** An agent that stayed idle after a good result has done its work too. */
function isClean({ ending, evidence }: RoundFacts): boolean {
  if (ending.kind === "idle_after_result") return evidence.result?.ok === true;
  return ending.kind === "exited" && ending.code === 0;
}

/** What the verdict rests on, as `round_end` carries it. */
async function evidenceOf({ host, config }: Supervision, facts: RoundFacts) {
  const { ending, evidence, leftovers } = facts;
  const tree = await treeEvidence(host, config, facts.before, facts.after);
  return {
    ending: ending.kind,
    exit_cause: exitCause(exitCodeOf(facts.wait), isTimedOut(ending)),
    result_ok: evidence.result?.ok ?? null,
    commits: tree.commits,
    files_changed: tree.filesChanged,
    lines_added: tree.linesAdded,
    lines_deleted: tree.linesDeleted,
    tokens: evidence.usage === null ? null : evidence.usage.inputTokens + evidence.usage.outputTokens,
    cost_usd: evidence.usage?.usd ?? null,
    leftovers: leftovers.ended.length + leftovers.left.length,
  };
}

function end(
  supervision: Supervision,
  facts: RoundFacts,
  exitCode: number,
  evidence: Awaited<ReturnType<typeof evidenceOf>>,
): Verdict {
  const { host, config, layout, log, voice } = supervision;
  const verdict = verdictOf({ ...facts, treeChanged: hasChanged(facts.before, facts.after) });
  const limit = limitOf(supervision, facts);
  const refusal = bestEffort(() =>
    writeStatus(host, layout, {
      round_num: facts.round,
      running: false,
      last_completed_at: isoOf(host.clock.now()),
      last_exit_code: exitCode,
      last_duration_s: roundedSeconds(facts.durationS),
      current_phase: facts.phase,
      phase_index: phaseIndex(config, facts.round, facts.phase),
    })
  );
  if (refusal !== null) voice.note(`status.json not written: ${refusal.message}`);
  log.append({
    event: "round_end",
    round_num: facts.round,
    verdict,
    limit,
    refusal: facts.evidence.auth !== null ? "auth" : facts.evidence.billing !== null ? "billing" : null,
    ...evidence,
  });
  if (limit !== null) {
    const { classification, agent, reset_at_epoch, reset_source, window } = limit;
    log.append({
      event: "transient_error_detected",
      classification,
      agent,
      reset_at_epoch,
      round_num: facts.round,
      raw: facts.evidence.limit?.raw ?? "",
      reset_source,
      window,
    });
  }
  return verdict;
}

function limitOf({ config, host, reader }: Supervision, { evidence }: RoundFacts): SettledLimit | null {
  if (evidence.limit === null) return null;
  return settleLimit(evidence.limit, agentOf(reader), host.clock.now(), config.throttle);
}

/** Negative: the signal; -1 where nobody knows. */
export function exitCodeOf(wait: WaitStatus): number {
  switch (wait.kind) {
    case "exited":
      return wait.code;
    case "signalled":
      return -wait.signal;
    case "not_started":
      return 127;
    case "launcher_lost":
    case "never_started":
      return -1;
  }
}

/** As the Python version uses the word: an idle agent that was ended after its result counts too. */
function isTimedOut({ kind }: Ending): boolean {
  return kind === "timed_out" || kind === "idle_after_result" || kind === "stalled";
}

/** The Python version's rule, which takes codes above 128 for signals; `ending` tells the whole truth. */
export function exitCause(code: number, timedOut: boolean): string {
  if (timedOut) return "timeout";
  const signal = signalIn(code);
  if (signal !== null) return `signal:${signalName(signal)}`;
  return code === 0 ? "clean" : "error";
}

function signalIn(code: number): number | null {
  const signal = code < -1 ? -code : code - 128;
  return (signal >= 1 && signal <= 31) || signal === 34 || signal === 64 ? signal : null;
}

function reportKill({ log }: Supervision, { ending, round, timeoutS }: RoundFacts): void {
  if (ending.kind === "timed_out") {
    const reason = `exceeded round_timeout_s=${timeoutS}`;
    log.append({ event: "round_timeout_kill", round_num: round, reason });
  } else if (ending.kind === "stalled") {
    const reason = `no output, no CPU, no open tool for stall_timeout_s=${ending.afterS}`;
    log.append({ event: "round_timeout_kill", round_num: round, reason });
  } else if (ending.kind === "idle_after_result") {
    log.append({ event: "round_grace_kill", round_num: round, grace_s: ending.afterS, live_children: [] });
  }
}

function reportUsage({ log, reader }: Supervision, facts: RoundFacts, success: boolean): void {
  const { evidence, phase, round } = facts;
  if (evidence.usage !== null) {
    log.append(usageEvent(evidence.usage, agentOf(reader), round, phase, success));
  }
  for (const { tool, target, count, window } of evidence.repetitions) {
    log.append({
      event: "anomaly_repetitive_tool",
      round_num: round,
      tool_name: tool,
      target,
      count,
      window,
    });
  }
}

function usageEvent(
  usage: UsageFinding,
  agent: string,
  round: number,
  phase: string | null,
  success: boolean,
) {
  return {
    event: "agent_usage_recorded",
    agent,
    model: usage.model,
    round_num: round,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cached_tokens: usage.cachedTokens,
    cost_usd: usage.usd,
    duration_ms: usage.durationMs,
    models_breakdown: usage.models,
    cache_creation_tokens: usage.cacheCreationTokens,
    tool_call_count: usage.toolCalls,
    phase: phase ?? "",
    success,
  } as const;
}
