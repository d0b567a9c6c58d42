/**
 * Events in words, one line each.
 *
 * @module
 */
import { oneLine } from "../core/cells.ts";
import { clockText, spanText } from "../core/duration_text.ts";
import type { Kind, LoggedEvent } from "../core/events.ts";
import { type Instant, instantOf } from "../core/instant.ts";
import { isOpenEnded } from "../core/rules.ts";

/** When and where the reader of a line is. */
export interface Reading {
  readonly now: Instant;
  readonly zoneOffsetMin: (at: Instant) => number;
}

type Words<K extends Kind> = (event: LoggedEvent<K>, reading: Reading) => string;

/** What is said of each kind; those of plugins are shown by their fields. */
const WORDS: { readonly [K in Kind]: Words<K> } = {
  serve_started: ({ version, pid, reader }) => `serve ${version} started, pid ${pid}; ${readerText(reader)}`,
  serve_stopped: ({ rule, exit_code }) => `serve stopped: ${ruleText(rule)} (exit ${exit_code})`,
  round_substrate_before: (event) => `before round ${substrateText(event)}`,
  round_substrate_after: (event) => `after round ${substrateText(event)}`,
  fresh_eyes_round_triggered: ({ round_num, every_n }) =>
    `round ${round_num} looks with fresh eyes, as one in ${every_n} does`,
  round_start: ({ round_num, phase }) =>
    `round ${round_num} started${phase === null ? "" : `, phase ${phase}`}`,
  agent_spawn: ({ timeout_s }) => `agent started, limit ${spanText(timeout_s * 1000)}`,
  agent_exit: ({ exit_code, duration_s, ending, exit_cause }) =>
    `agent ended after ${spanText(duration_s * 1000)}: ${
      ending === undefined ? exit_cause : endingText(ending, exit_code)
    }`,
  round_end: ({ round_num, verdict, refusal }) =>
    `round ${round_num} over${verdict === undefined ? "" : `: ${verdictText(verdict)}`}${
      refusal ? ` (${refusal})` : ""
    }`,
  round_interrupted: ({ round_num, by, detail }) => `round ${round_num} was interrupted (${by}): ${detail}`,
  round_progress: ({ wall_age_s, last_write_age_s, log_size_kb }) =>
    `running for ${spanText(wall_age_s * 1000)}, ${log_size_kb} KiB, last output ${
      spanText(last_write_age_s * 1000)
    } ago`,
  round_timeout_kill: ({ reason }) => `agent ended by force: ${reason}`,
  round_grace_kill: ({ grace_s }) => `agent ended by force: idle for ${grace_s} s after its result`,
  round_leftovers: ({ ended, left }) =>
    `left behind: ${ended.length} processes ended${
      left.length === 0 ? "" : `, ${left.length} could not be ended`
    }`,
  wait_started: ({ until_epoch, rule, classification, window }, reading) =>
    isOpenEnded(rule)
      ? `waiting, with a look every few seconds: ${ruleText(rule)}`
      : `waiting ${untilText(until_epoch * 1000, reading)}: ${
        classification === undefined ? ruleText(rule) : limitText(classification, window ?? null)
      }`,
  transient_error_detected: ({ classification, window, reset_at_epoch, reset_source, raw }, reading) =>
    `${limitText(classification, window ?? null)}, over ${sourceText(reset_source)} at ${
      timeText(reset_at_epoch * 1000, reading)
    }${quoted(raw)}`,
  transient_error_recovered: ({ classification, throttled_for_s }) =>
    `${limitText(classification, null)} is over, after ${spanText(throttled_for_s * 1000)}`,
  transient_error_backoff_capped: ({ classification, applied_sleep_s, consecutive_count }) =>
    `${limitText(classification, null)} for the ${consecutive_count ?? 1}. time in a row: the wait is now ${
      spanText(applied_sleep_s * 1000)
    }`,
  agent_usage_recorded: ({ input_tokens, output_tokens, cost_usd }) =>
    `${input_tokens} tokens in, ${output_tokens} out${cost_usd === null ? "" : `, $${cost_usd.toFixed(2)}`}`,
  // The reason stands for a limit where `transient_error_action` is "stop", also in the Python version's logs.
  agent_self_terminated: ({ reason }) =>
    reason === "rate_limit"
      ? 'the loop ends with it, by transient_error_action = "stop"'
      : `the agent says that it is done: ${reason.trim() || "no reason given"}`,
  dirty_detected: ({ files, would }) =>
    `not committed: ${files.join(", ")}${
      would === undefined ? "" : ` (dry run: would ${verdictText(would)})`
    }`,
  orphan_stashed: ({ round_num }) => `stashed; agent-runner work show ${round_num}`,
  orphan_idempotent_skip: ({ round_num }) => `stashed already; agent-runner work show ${round_num}`,
  orphan_stash_failed: ({ reason }) => `not stashed: ${reason}`,
  dirty_auto_committed: ({ ref, files }) => `committed as ${ref.slice(0, 12)}: ${files.join(", ")}`,
  dirty_commit_failed: ({ reason }) => `not committed: ${reason}`,
  agent_network_blip: ({ matched }) => `network failure: ${matched}`,
  anomaly_repetitive_tool: ({ tool_name, target, count, window }) =>
    `${tool_name} on ${target ?? "the same"} ${count} times in ${window} calls`,
  max_rounds_reached: ({ rounds_completed }) => `${rounds_completed} rounds done, as many as allowed`,
  stop_file_detected: ({ stop_file }) => `stop file ${stop_file} is there`,
  round_adopted: ({ round_num, agent_pid }) => `round ${round_num} still runs (pid ${agent_pid}): taken over`,
  disk_low: ({ free_mb, needed_mb }) => `only ${free_mb} MiB free, a new round needs ${needed_mb}`,
  disk_ok: ({ free_mb }) => `${free_mb} MiB free again`,
  crash_loop: ({ consecutive }) => `${consecutive} short failures in a row: giving up`,
  no_work_slowdown: ({ consecutive, pause_s, cause }) =>
    `${consecutive} rounds in a row ${
      cause === undefined || cause === "no_work" ? "did nothing" : "did not end by themselves"
    }: next pause ${spanText(pause_s * 1000)}`,
  config_reloaded: ({ changed }) => `the changed configuration is taken over: ${changed.join(", ")}`,
  config_rejected: ({ reason }) => `the changed configuration is invalid, the last good one stays: ${reason}`,
  config_broken: ({ reason }) => `the configuration does not work: ${reason}`,
  hook_ran: ({ hook_name, hook_kind, exit_code, duration_s }) =>
    `hook ${hook_name} (${hook_kind}) ended after ${spanText(duration_s * 1000)}: exit ${exit_code}`,
  hook_failed: ({ hook_name, hook_kind, error_message, plugin }) =>
    `hook ${hook_name} (${hook_kind}${
      plugin === undefined || plugin === hook_name ? "" : ` of ${plugin}`
    }) failed: ${error_message}`,
  serve_startup_hook_failed: ({ hook, exc_msg }) => `hook ${hook} (serve_startup) failed: ${exc_msg}`,
  prompt_overwritten: ({ hook, prompt_path }) => `hook ${hook} has changed the prompt ${prompt_path}`,
  plugin_off: ({ plugin, reason }) => `plugin ${plugin} is off, it failed three rounds in a row: ${reason}`,
  monitor_alert_emitted: ({ detector, severity, message }) => `${severity} (${detector}): ${message}`,
  smoke_check_failed: ({ reason }) => `start-up check failed: ${reason}`,
  status_recovered: ({ reason }) => `${reason}: it is written anew, rounds are counted by the log`,
  round_grace_extended: ({ grace_s, live_children }) =>
    `idle for ${grace_s} s after its result, but ${
      live_children.map(({ name }) => name).join(", ")
    } still works: the round goes on`,
  monitor_started: ({ host, interval_s }) =>
    `a monitor looks every ${spanText(interval_s * 1000)}${host === null ? "" : ` at ${host}`}`,
  monitor_auto_stop_triggered: ({ detector, host }) =>
    `the monitor stops the service${onHost(host)}: ${detector}`,
  monitor_auto_stop_failed: ({ detector, host, error }) =>
    `the monitor could not stop the service${onHost(host)} (${detector}): ${error}`,
  monitor_remote_blip: ({ host, error, attempt, next_sleep_s }) =>
    `the monitor does not reach ${host} (attempt ${attempt}), next try in ${
      spanText(next_sleep_s * 1000)
    }: ${error}`,
  monitor_remote_giveup: ({ host, total_attempts, total_elapsed_s, final_error }) =>
    `the monitor gives up on ${host} after ${total_attempts} attempts in ${
      spanText(total_elapsed_s * 1000)
    }: ${final_error}`,
  service_upgraded: ({ from_version, to_version, duration_s }) =>
    `upgraded from ${from_version} to ${to_version} in ${spanText(duration_s * 1000)}`,
  package_upgraded: ({ from_version, to_version }) =>
    `upgraded from ${from_version} to ${to_version}, in use after a restart`,
  service_upgrade_rolled_back: ({ attempted_version, restored_version, failure_reason }) =>
    `${attempted_version} failed its check, ${restored_version} runs again: ${failure_reason}`,
  service_upgrade_rollback_failed: ({ attempted_version, restore_target_version, failure_reason }) =>
    `neither ${attempted_version} nor ${restore_target_version} runs: ${failure_reason}`,
};

/** One line without its time; control characters made visible. */
export function eventText(event: LoggedEvent, reading: Reading): string {
  const words = WORDS[event.event] as Words<Kind> | undefined;
  return oneLine(words === undefined ? fieldsText(event) : words(event, reading));
}

/** Local time, blank, the event in words. */
export function eventLine(event: LoggedEvent, reading: Reading): string {
  const at = instantOf(event.ts) ?? reading.now;
  return `${secondsText(at, reading)}  ${eventText(event, reading)}`;
}

/** `until 15:04 (in 1 h 12 min)`. */
export function untilText(at: Instant, reading: Reading): string {
  return `until ${timeText(at, reading)} (in ${spanText(at - reading.now)})`;
}

export function timeText(at: Instant, { now, zoneOffsetMin }: Reading): string {
  return clockText(at, now, zoneOffsetMin(at));
}

function secondsText(at: Instant, { zoneOffsetMin }: Reading): string {
  return new Date(at + zoneOffsetMin(at) * 60_000).toISOString().slice(11, 19);
}

function substrateText(
  { round_num, git_head, paths_hash }: LoggedEvent<"round_substrate_before" | "round_substrate_after">,
): string {
  const head = git_head === null ? "no commit seen" : `at commit ${git_head.slice(0, 10)}`;
  return `${round_num}: ${head}${paths_hash === null ? "" : `, files ${paths_hash.slice(0, 10)}`}`;
}

/** What a rule stands for, as the reason of a wait or a stop. */
export function ruleText(rule: string): string {
  switch (rule) {
    case "stop_asked":
      return "a stop was asked for";
    case "sentinel":
      return "the agent said that it is done";
    case "stop_file":
      return "the stop file is there";
    case "max_rounds":
      return "as many rounds as allowed are done";
    case "config_broken":
      return "the configuration does not work";
    case "refused":
      return "login or account was refused three times in a row";
    case "crash_loop":
      return "five short failures in a row";
    case "restart_guard":
      return "started again right after a stop that a restart cannot mend";
    case "disk_low":
      return "too little free space for a new round";
    case "killed":
      return "it was killed";
    case "throttled":
      return "a usage limit or a failing server";
    case "no_work":
      return "rounds in a row that did nothing or did not end by themselves";
    case "restart_delay":
      return "pause between rounds";
    case "lock_held":
      return "another round holds the lock";
    case "log_unwritable":
      return "the log directory cannot be written";
    default:
      return rule;
  }
}

function windowText(window: string | null): string {
  if (window === "five_hour") return "5-hour";
  if (window === "seven_day") return "weekly";
  return window === null ? "usage" : window.replaceAll("_", " ");
}

export function verdictText(verdict: string): string {
  return verdict.replaceAll("_", " ");
}

/** Such as `the account's 5-hour limit`; `window` is the server's name of it, null where it is not known. */
export function limitText(classification: string, window: string | null): string {
  switch (classification) {
    case "rate_limit_account":
      return `the account's ${windowText(window)} limit`;
    case "rate_limit_model":
      return "the model's rate limit";
    case "api_transient_5xx":
      return "the server's failure";
    case "api_timeout":
      return "the server's timeout";
    default:
      return classification;
  }
}

export function endingText(ending: string, exitCode: number): string {
  switch (ending) {
    case "exited":
      return `exit ${exitCode}`;
    case "signalled":
      return `killed by signal ${-exitCode}`;
    case "timed_out":
      return "out of time, ended by force";
    case "stalled":
      return "stalled, ended by force";
    case "idle_after_result":
      return "idle after its result, ended by force";
    case "stopped":
      return "ended on request";
    case "not_started":
      return "could not be started";
    default:
      return ending.replaceAll("_", " ");
  }
}

function onHost(host: string | null): string {
  return host === null ? "" : ` on ${host}`;
}

function readerText(reader: string | null): string {
  return reader === null ? "no reader watches the agent" : `the ${reader} reader watches the agent`;
}

function sourceText(source: string | undefined): string {
  return source === "estimate" ? "by estimate" : "as the server says";
}

function quoted(raw: string): string {
  return raw === "" ? "" : `: ${raw}`;
}

function fieldsText({ ts: _, event, ...fields }: LoggedEvent): string {
  const pairs = Object.entries(fields).map(([key, value]) =>
    `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`
  );
  return [event, ...pairs].join(" ");
}
