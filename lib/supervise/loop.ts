/**
 * The loop: ask the rules, carry the answer out, until they say stop.
 *
 * @module
 */
import { EXIT, type ExitCode } from "../core/exit_code.ts";
import { epochOf, type Instant } from "../core/instant.ts";
import {
  decideNext,
  type Decision,
  isOpenEnded,
  isPast,
  type Policy,
  roundsCompleted,
  slowdownOf,
  type World,
} from "../core/rules.ts";
import { estimatedWait, lastingThrottle } from "../core/throttle.ts";
import { redactedTail } from "../core/redact.ts";
import type { Host } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";
import { MonthRetention } from "../store/month_retention.ts";
import { highestRoundOnDisk, pruneRoundLogs } from "../store/retention.ts";
import { readStatus } from "../store/status.ts";
import { look, lookAtSetUp, lookBeforeRound } from "./look.ts";
import { type LoopOptions, policyOf } from "../core/policy.ts";
import type { Reloader } from "./reload.ts";
import type { StopSwitch } from "./stop_switch.ts";
import type { Supervision } from "./supervision.ts";
import { takeUpLeftRound } from "./take_up.ts";
import { prepareTurn, runTurn } from "./turn.ts";

/** The longest that the loop goes without looking at stop file and sentinel (ms). */
const LOOK_MS = 1000;

/** Runs rounds until a rule stops the loop; resolves to the exit code. Every step is in the log. */
export async function runLoop(
  first: Supervision,
  options: LoopOptions,
  stop: StopSwitch,
  reloader: Reloader,
): Promise<ExitCode> {
  const { host, voice } = first;
  const months = new MonthRetention(host, first.layout);
  let supervision = first;
  let jitter = host.random.next();
  let waiting: Decision | null = null;
  let atBoundary = true;
  let checked: Supervision | null = null;
  first.footprint.look();
  for (;;) {
    await supervision.hooks.programs.blocking();
    announceRecovered(supervision);
    const asked = stop.takeReload();
    if (asked || atBoundary) supervision = await reloader.next(supervision, asked);
    const policy = policyOf(supervision.config, options, supervision.reader !== null);
    const [world, decision] = await decide(supervision, policy, stop, jitter, checked !== supervision);
    if (isPast("config_broken", decision)) checked = supervision;
    announceDisk(supervision, policy, world);
    switch (decision.kind) {
      case "stop":
        announceStop(supervision, policy, world, decision);
        return decision.exitCode;
      case "wait":
        announceWait(supervision, policy, waiting, decision);
        waiting = decision;
        voice.activity({ kind: "waiting", rule: decision.rule, until: decision.until });
        supervision.footprint.look();
        atBoundary = await isOverAfterPause(host, decision.until, stop);
        break;
      case "run": {
        waiting = null;
        atBoundary = true;
        voice.activity({ kind: "between" });
        await takeUpLeftRound(supervision, stop.now);
        const turn = await prepareTurn(supervision, nextRound(supervision), stop.now);
        // That took its time: what was decided is decided again, and nothing is waited for between that and the start.
        if ((await decide(supervision, policy, stop, jitter))[1].kind !== "run") break;
        if (turn.plan.round !== nextRound(supervision)) break;
        await runTurn(supervision, turn);
        removeOldFiles(supervision, months);
        jitter = host.random.next();
      }
    }
  }
}

/** Waits until the time, but no longer than to the next look; true when the time has come. */
async function isOverAfterPause({ clock }: Host, until: Instant, stop: StopSwitch): Promise<boolean> {
  await clock.sleep(Math.max(1, Math.min(until - clock.now(), LOOK_MS)), stop.asked);
  return clock.now() >= until;
}

function removeOldFiles({ host, config, layout, log }: Supervision, months: MonthRetention): void {
  bestEffort(() => pruneRoundLogs(host, layout, config.runtime));
  months.prune(log, config.runtime.event_retention_months);
}

/** @param isNew the set-up has not been checked yet: that is not put off until a wait is over, which may take days */
async function decide(
  supervision: Supervision,
  policy: Policy,
  stop: StopSwitch,
  jitter: number,
  isNew = false,
): Promise<readonly [World, Decision]> {
  const { host, log } = supervision;
  const world = look(supervision, stop);
  const now = host.clock.now();
  const first = decideNext(log.state, policy, world, now, jitter);
  if (first.kind === "run") {
    const closer = await lookBeforeRound(supervision, world);
    return [closer, decideNext(log.state, policy, closer, host.clock.now(), jitter)];
  }
  if (!isNew || !isPast("config_broken", first)) return [world, first];
  const checked = await lookAtSetUp(supervision, world);
  // At the time of the first answer: a round takes a closer look.
  return [checked, decideNext(log.state, policy, checked, now, jitter)];
}

/** One more than any number that the log or a file of the log directory names: a number is never used twice. */
export function nextRound({ host, layout, log }: Supervision): number {
  const status = readStatus(host, layout);
  const inStatus = status.kind === "status" ? status.status.round_num : 0;
  return Math.max(log.state.highestRound, inStatus, highestRoundOnDisk(host, layout)) + 1;
}

/** A limit is over when a round has ended without a new one, not when its wait is. */
function announceRecovered({ host, log }: Supervision): void {
  for (const { classification, agent, firstDetectedAt } of log.state.recovering) {
    const throttled_for_s = Math.max(0, Math.round((host.clock.now() - firstDetectedAt) / 1000));
    log.append({ event: "transient_error_recovered", classification, agent, throttled_for_s });
  }
}

/** Says once that space is short, and once that it is there again. */
function announceDisk({ log }: Supervision, { minFreeMb }: Policy, { freeMb }: World): void {
  if (freeMb === null || (freeMb < minFreeMb) === log.state.diskLow) return;
  if (log.state.diskLow) log.append({ event: "disk_ok", free_mb: freeMb });
  else log.append({ event: "disk_low", free_mb: freeMb, needed_mb: minFreeMb });
}

function isSameWait(before: Decision | null, now: Decision): boolean {
  if (before?.kind !== "wait" || now.kind !== "wait" || before.rule !== now.rule) return false;
  return before.until === now.until || isOpenEnded(now.rule);
}

type WaitDecision = Decision & { readonly kind: "wait" };

/** Says once what is waited for, and again when a round by hand has taken the wait out of the log's state. */
function announceWait(
  supervision: Supervision,
  policy: Policy,
  before: Decision | null,
  wait: WaitDecision,
): void {
  const { log } = supervision;
  const isNew = !isSameWait(before, wait);
  if (!isNew && log.state.wait !== null) return;
  if (isNew) announceLongerWait(supervision, policy, wait);
  const throttle = wait.rule === "throttled" ? lastingThrottle(log.state.throttles, policy.throttle) : null;
  log.append({
    event: "wait_started",
    until_epoch: wait.until / 1000,
    rule: wait.rule,
    ...(throttle === null ? {} : { classification: throttle.classification, window: throttle.window }),
  });
}

/** Says why a wait is longer than the last one of its kind. */
function announceLongerWait(supervision: Supervision, policy: Policy, wait: WaitDecision): void {
  const { log } = supervision;
  if (wait.rule === "throttled") announceLongerEstimate(supervision, policy, wait.until);
  const slowdown = wait.rule === "no_work" ? slowdownOf(log.state, policy) : null;
  if (slowdown === null) return;
  const { consecutive, pauseS: pause_s, cause } = slowdown;
  log.append({ event: "no_work_slowdown", consecutive, pause_s, cause });
}

function announceLongerEstimate({ log }: Supervision, policy: Policy, until: Instant): void {
  const throttle = lastingThrottle(log.state.throttles, policy.throttle);
  const estimate = throttle === null ? null : estimatedWait(throttle, policy.throttle);
  if (throttle === null || estimate === null || (throttle.strikes === 0 && !estimate.capped)) return;
  log.append({
    event: "transient_error_backoff_capped",
    classification: throttle.classification,
    agent: throttle.agent,
    requested_sleep_s: Math.round(estimate.baseS),
    applied_sleep_s: Math.round(estimate.appliedS),
    original_reset_at_epoch: epochOf(throttle.resetAt),
    applied_reset_at_epoch: Math.min(epochOf(throttle.detectedAt + estimate.appliedS * 1000), epochOf(until)),
    consecutive_count: throttle.strikes + 1,
    capped_by_absolute_max: estimate.capped,
  });
}

/** The event that goes with the rule, where it has one, and the supervisor's last word. */
function announceStop(
  supervision: Supervision,
  policy: Policy,
  world: World,
  { rule, exitCode }: Decision & { readonly kind: "stop" },
): void {
  const { config, log } = supervision;
  const rounds_completed = roundsCompleted(log.state);
  if (rule === "sentinel") log.append({ event: "agent_self_terminated", reason: world.sentinel ?? "" });
  if (rule === "throttled") log.append({ event: "agent_self_terminated", reason: "rate_limit" });
  if (rule === "config_broken") log.append({ event: "config_broken", reason: world.brokenConfig.join("; ") });
  if (rule === "crash_loop") announceCrashLoop(supervision);
  if (rule === "stop_file") {
    const stop_file = config.runtime.stop_file ?? "";
    log.append({ event: "stop_file_detected", stop_file, content: world.stopFile ?? "", rounds_completed });
  }
  if (rule === "max_rounds" && policy.maxRounds !== null && !policy.once) {
    log.append({ event: "max_rounds_reached", rounds_completed, max_rounds: policy.maxRounds });
  }
  log.append({ event: "serve_stopped", rule, exit_code: exitCode });
}

/** Characters of the agent's last output that explain a crash loop, as in the Python version. */
const CRASH_WORDS = 2000;

function announceCrashLoop({ host, layout, log }: Supervision): void {
  let words = "";
  bestEffort(() => {
    words = host.files.readText(layout.currentLog) ?? "";
  });
  log.append({
    event: "crash_loop",
    consecutive: log.state.crashes,
    exit_code: log.state.rounds.at(-1)?.exit?.code ?? EXIT.failed,
    reason: redactedTail(words, CRASH_WORDS),
  });
}
