import assert from "node:assert/strict";
import type { Field } from "../../lib/core/field.ts";
import { decodeEvent, EVENTS, isKind, KINDS } from "../../lib/core/events.ts";

/** What every version writes: each kind with its fields in order; `?`: may be left out; after `+`: added by this program. */
const OLD = `
smoke_check_failed reason
status_recovered reason
prompt_overwritten round_num phase hook prompt_path old_hash new_hash
hook_failed hook_name hook_kind error_type error_message traceback + plugin? round_num?
round_start round_num phase
agent_spawn round_num timeout_s
round_progress round_num log_size_kb last_write_age_s wall_age_s
round_grace_extended round_num grace_s live_children ignored_children
agent_exit round_num exit_code duration_s timed_out exit_cause + ending?
agent_network_blip round_num phase matched round_duration_s exit_code timed_out
dirty_detected round_num files + would?
dirty_auto_committed round_num files ref
dirty_commit_failed round_num phase reason
orphan_stashed round_num ref reason
orphan_idempotent_skip round_num ref reason
orphan_stash_failed round_num phase reason
round_grace_kill round_num grace_s live_children
round_timeout_kill round_num reason
round_end round_num + verdict? limit? refusal? ending? exit_cause? result_ok? commits? files_changed? \
lines_added? lines_deleted? tokens? cost_usd? leftovers?
transient_error_detected classification agent reset_at_epoch round_num raw + reset_source? window?
agent_usage_recorded agent model round_num input_tokens output_tokens cached_tokens cost_usd duration_ms \
models_breakdown cache_creation_tokens tool_call_count phase success
anomaly_repetitive_tool round_num tool_name target count window
serve_startup_hook_failed hook exc_type exc_msg
agent_self_terminated reason
transient_error_backoff_capped classification agent requested_sleep_s applied_sleep_s \
original_reset_at_epoch? applied_reset_at_epoch? consecutive_count? capped_by_absolute_max?
transient_error_recovered classification agent throttled_for_s
stop_file_detected stop_file content rounds_completed
max_rounds_reached rounds_completed max_rounds
round_substrate_before round_num git_head paths_hash
fresh_eyes_round_triggered round_num every_n
round_substrate_after round_num git_head paths_hash
config_broken reason
crash_loop consecutive exit_code reason
monitor_started host interval_s log_dir mode
monitor_alert_emitted detector severity message auto_action
monitor_auto_stop_triggered detector host
monitor_auto_stop_failed detector host error
monitor_remote_blip host error attempt elapsed_s cap_s interval_s next_sleep_s
monitor_remote_giveup host total_attempts total_elapsed_s cap_s final_error
service_upgraded from_version to_version duration_s
package_upgraded from_version to_version restart_deferred
service_upgrade_rolled_back attempted_version restored_version failure_reason duration_s
service_upgrade_rollback_failed attempted_version restore_target_version failure_reason
`;

/** Kinds of this program alone. */
const ADDED = `
serve_started version pid reader plugins containment config_hash loaded?
serve_stopped rule exit_code
wait_started until_epoch rule classification? window?
no_work_slowdown consecutive pause_s cause?
round_adopted round_num agent_pid
round_interrupted round_num by detail
round_leftovers round_num ended left
disk_low free_mb needed_mb
disk_ok free_mb
config_reloaded changed loaded?
config_rejected reason
plugin_off plugin reason
hook_ran hook_name hook_kind exit_code duration_s output round_num?
`;

/** Fields that people, programs or agents write, in all kinds: they are redacted and cut. */
const FREE = `
agent_network_blip.matched 200
agent_self_terminated.reason 200
anomaly_repetitive_tool.target 100
config_broken.reason 1000
config_rejected.reason 1000
crash_loop.reason 2000
dirty_commit_failed.reason 200
hook_failed.error_message 1000
hook_failed.traceback 2100
hook_ran.output 1000
monitor_alert_emitted.message 500
monitor_auto_stop_failed.error 500
monitor_remote_blip.error 500
monitor_remote_giveup.final_error 500
orphan_stash_failed.reason 200
plugin_off.reason 1000
serve_startup_hook_failed.exc_msg 200
service_upgrade_rollback_failed.failure_reason 200
service_upgrade_rolled_back.failure_reason 500
smoke_check_failed.reason 1000
stop_file_detected.content 200
transient_error_detected.raw 200
`;

function linesOf(text: string): readonly string[] {
  return text.trim().split("\n");
}

/** As in the lists above, without the `+`. */
function rowsOf(kinds: readonly string[]): readonly string[] {
  return kinds.filter(isKind).map((kind) => {
    const fields = Object.entries<Field<unknown>>(EVENTS[kind].fields);
    return [kind, ...fields.map(([name, { is }]) => is(undefined) ? `${name}?` : name)].join(" ");
  });
}

function freeTexts(): readonly string[] {
  return KINDS.flatMap((kind) =>
    Object.entries<Field<unknown>>(EVENTS[kind].fields)
      .flatMap(([name, { free }]) => free === null ? [] : [`${kind}.${name} ${free}`])
  ).sort();
}

Deno.test("EVENTS has the 43 kinds of the Python version, their fields in the same order, ours behind", () => {
  const old = linesOf(OLD).map((line) => line.replace(" +", ""));
  assert.equal(old.length, 43);
  assert.deepEqual(rowsOf(old.map((line) => line.split(" ")[0]!)), old);
});

Deno.test("EVENTS lets old lines be without every field that this program added", () => {
  for (const line of linesOf(OLD).filter((line) => line.includes("+"))) {
    const added = line.slice(line.indexOf("+") + 2).split(" ");
    assert.deepEqual(added.filter((field) => !field.endsWith("?")), [], line);
  }
});

Deno.test("EVENTS has the added kinds and no others", () => {
  const added = linesOf(ADDED);
  const known = [...linesOf(OLD), ...added].map((line) => line.split(" ")[0]!);
  assert.deepEqual(rowsOf(added.map((line) => line.split(" ")[0]!)), added);
  assert.deepEqual(KINDS.toSorted(), known.toSorted());
});

Deno.test("EVENTS cuts and redacts every field that holds words from outside", () => {
  assert.deepEqual(freeTexts(), linesOf(FREE));
});

Deno.test("EVENTS syncs what a power cut must not undo", () => {
  assert.deepEqual(KINDS.filter((kind) => EVENTS[kind].synced), [
    "round_start",
    "round_interrupted",
    "round_end",
    "transient_error_detected",
    "serve_started",
    "serve_stopped",
    "agent_self_terminated",
    "transient_error_recovered",
    "round_adopted",
  ]);
});

Deno.test("EVENTS describes every kind and field in words", () => {
  for (const kind of KINDS) {
    assert.ok(EVENTS[kind].when.length > 5, kind);
    assert.match(EVENTS[kind].by, /^(round|serve|monitor|upgrade)$/);
  }
});

Deno.test("decodeEvent() keeps fields that it does not know, when a newer writer added them", () => {
  const event = {
    ts: "2026-06-02T04:12:00.230Z",
    event: "round_start",
    round_num: 31,
    phase: null,
    new: [1],
  };
  assert.equal(decodeEvent(event), event);
});

Deno.test("decodeEvent() takes a whole float for an integer, as the Python version prints some", () => {
  const line = `{"ts": "2026-06-02T04:12:00.230Z", "event": "agent_exit", "round_num": 3, "exit_code": 0, ` +
    `"duration_s": 5.0, "timed_out": false, "exit_cause": "clean"}`;
  const event = decodeEvent(JSON.parse(line));
  assert.equal(event?.event === "agent_exit" && event.duration_s, 5);
});

Deno.test("decodeEvent() is null, when the value is no event of a known kind with fields of the right type", () => {
  const ts = "2026-06-02T04:12:00.230Z";
  for (
    const value of [
      null,
      42,
      "round_end",
      [],
      {},
      { ts },
      { ts, event: 7 },
      { ts: 7, event: "round_end", round_num: 1 },
      { event: "round_end", round_num: 1 },
      { ts, event: "somebody_elses", round_num: 1 },
      { ts, event: "constructor" },
      { ts, event: "round_end" },
      { ts, event: "round_end", round_num: "1" },
      { ts, event: "round_end", round_num: 1.5 },
      { ts, event: "round_end", round_num: 1, verdict: "splendid" },
      {
        ts,
        event: "transient_error_detected",
        classification: "x",
        agent: "y",
        reset_at_epoch: null,
        raw: "",
      },
    ]
  ) assert.equal(decodeEvent(value), null, JSON.stringify(value));
});
