import assert from "node:assert/strict";
import fc from "fast-check";
import { checkConfig, laterKeys } from "../../lib/core/config_check.ts";
import { CONFIG } from "../../lib/core/config.ts";
import { label, MINIMAL, PLACE, refused, withKey } from "./config_samples.ts";

/** Key, value, and what the message has to say; a message is the place, a blank and the text. */
const REFUSED: readonly (readonly [key: string, value: unknown, ...fragments: string[]])[] = [
  ["agent.command", undefined, "missing required field: command"],
  ["agent.command", "claude", "agent.command expected a list of strings", 'got "claude"; write ["claude"]'],
  ["agent.command", [], "agent.command must name a program"],
  ["agent.command", [" "], "must name a program"],
  ["agent.command", ["claude", 5], "must be a string, got 5"],
  ["agent.command", ["cl\0ude"], "NUL"],
  ["agent.prompt_arg_template", undefined, "missing required field: prompt_arg_template"],
  ["agent.prompt_arg_template", "{prompt}", "expected a list of strings"],
  ["agent.prompt_delivery", "file", 'agent.prompt_delivery expected "argv" or "stdin", got "file"'],
  ["agent.prompt_delivery", "stdin", "prompt_delivery is stdin", "remove {prompt}"],
  ["agent.name", 5, "agent.name must be a string, got 5"],
  ["agent.env", "A=1", "agent.env must be a table"],
  ["agent.env", { A: ["secret"] }, "agent.env.A must be a string, a number or a bool, got a list"],
  ["agent.env", { A: NaN }, "agent.env.A must be a string, a number or a bool, got NaN"],
  [
    "agent.env",
    { AGENT_RUNNER_PHASE: "x" },
    "agent.env.AGENT_RUNNER_PHASE names that begin with AGENT_RUNNER_",
  ],
  ["agent.env", { "A=B": "x" }, "not a name of an environment variable"],
  ["runtime.work_dir", undefined, "missing required field: runtime.work_dir"],
  ["runtime.work_dir", "/srv/{project}", "runtime.work_dir {project}"],
  ["runtime.work_dir", "", "runtime.work_dir must not be empty"],
  ["runtime.work_dir", "~bob/site", "runtime.work_dir", "another user"],
  ["runtime.log_dir", undefined, "missing required field: runtime.log_dir"],
  ["runtime.log_dir", "~bob/logs", "runtime.log_dir", "another user"],
  ["runtime.round_timeout_s", 0, "runtime.round_timeout_s must be positive, got 0"],
  ["runtime.round_timeout_s", 1.5, "runtime.round_timeout_s must be an integer, got 1.5"],
  ["runtime.round_timeout_s", true, "runtime.round_timeout_s must be an integer, got true"],
  ["runtime.round_timeout_s", "1800", 'must be an integer, got "1800"'],
  ["runtime.round_timeout_s", 2 ** 53, "must be an integer"],
  ["runtime.round_timeout_s", 10n ** 20n, "must be an integer"],
  ["runtime.round_timout_s", 5, 'runtime.round_timout_s unknown key; did you mean "round_timeout_s"?'],
  ["runtime.colour", 5, "runtime.colour unknown key"],
  ["runtime.file", "a", "runtime.file unknown key; it belongs in [prompt]"],
  ["monitor.disk_warning_pct", 5, "unknown key; it belongs in [monitor.host_health]"],
  ["runtime.event_retention_months", -1, "runtime.event_retention_months must be >= 0"],
  ["runtime.stall_timeout_s", -1, "runtime.stall_timeout_s must be >= 0"],
  ["runtime.restart_delay_s", -1, "runtime.restart_delay_s must be >= 0"],
  ["runtime.restart_delay_s", 0.5, "runtime.restart_delay_s must be an integer"],
  ["runtime.disable_pre_round_hooks", 1, "runtime.disable_pre_round_hooks must be a bool"],
  ["runtime.round_log_retention", 0, "runtime.round_log_retention must be positive"],
  [
    "runtime.transient_error_action",
    "wait",
    "runtime.transient_error_action",
    '"wait"',
    '"back_off", "skip" or "stop"',
  ],
  ["runtime.max_rounds", 0, "runtime.max_rounds must be positive"],
  ["runtime.fresh_eyes_every_n", 0, "runtime.fresh_eyes_every_n must be positive"],
  ["runtime.dry_run", "yes", "runtime.dry_run must be a bool"],
  ["runtime.substrate_fingerprint_paths", "*.md", "expected a list"],
  ["runtime.max_grace_after_result_s", -1, "runtime.max_grace_after_result_s must be >= 0"],
  ["runtime.grace_kill_ignore_patterns", "x", "runtime.grace_kill_ignore_patterns expected a list"],
  ["runtime.grace_kill_ignore_patterns", [5], "each pattern must be a string"],
  ["runtime.grace_kill_ignore_patterns", ["("], "invalid regex"],
  ["runtime.kill_grace_s", -1, "runtime.kill_grace_s must be >= 0"],
  ["runtime.on_no_work", "wait", 'expected "slow", "stop" or "ignore"'],
  [
    "runtime.round_timeout_per_phase",
    {},
    "runtime.round_timeout_per_phase removed in 0.1.16",
    "[phases.<name>]",
  ],
  ["runtime.rate_limit_action", "stop", "runtime.rate_limit_action", "0.1.29", "transient_error_action"],
  ["prompt.file", undefined, "missing required field: prompt.file or prompt.files"],
  ["prompt.files", ["a"], "prompt.file", "prompt.files", "not both"],
  ["prompt.files", "a", "expected a list"],
  ["prompt.context_injection_mode", "append", "context_injection_mode"],
  ["prompt.inject_context", "no", "prompt.inject_context must be a bool"],
  ["prompt.strip_yaml_frontmatter", 0, "prompt.strip_yaml_frontmatter must be a bool"],
  ["prompt.concat_separator", 0, "prompt.concat_separator must be a string"],
  ["vcs.orphan_action", "stash", "vcs.orphan_action removed in 0.1.18", "vcs.dirty_action"],
  ["vcs.dirty_action", "stach", 'vcs.dirty_action expected "stash", "ignore" or "auto_commit", got "stach"'],
  ["vcs.stash_idempotency_s", 0, "vcs.stash_idempotency_s must be positive"],
  ["monitor.auth_fail_patterns", ["["], "monitor.auth_fail_patterns invalid regex"],
  ["monitor.auto_stop_on", "hung", "expected a list"],
  ["monitor.remote_failure_tolerance_s", 3601, "monitor.remote_failure_tolerance_s must be <= 3600"],
  ["monitor.remote_failure_tolerance_s", -1, "monitor.remote_failure_tolerance_s must be >= 0"],
  ["monitor.anomaly_repetitive_window", -1, "monitor.anomaly_repetitive_window must be >= 0"],
  ["monitor.supervisor_stale_threshold_s", -1, "monitor.supervisor_stale_threshold_s must be >= 0"],
  ["monitor.host_health", 5, "monitor.host_health must be a table"],
  [
    "monitor.host_health",
    { disk_warning_pct: 101 },
    "monitor.host_health.disk_warning_pct must be between 0 and 100",
  ],
  ["monitor.host_health", { disk_warning_pct: Infinity }, "must be between 0 and 100"],
  ["monitor.host_health", { disk_warning_pct: NaN }, "must be a number"],
  ["monitor.host_health", { disk_critical_pct: true }, "must be a number"],
  ["monitor.host_health", { mem_min: 1 }, "monitor.host_health.mem_min unknown key"],
  ["phases.list", "plan", "phases.list expected a list of strings"],
  ["phases.lst", ["plan"], 'phases.lst unknown key; did you mean "list"?'],
  ["phases.plan", {}, "[phases.plan]", "not in phases.list"],
  ["plugins.disable", "x", "expected a list"],
  ["throttle.cap_s", -0.5, "throttle.cap_s must be >= 0"],
  ["throttle.cap_s", Infinity, "throttle.cap_s must be finite"],
  ["throttle.jitter_min_s", 31, "throttle.jitter_min_s must not be above throttle.jitter_max_s (30), got 31"],
  ["agnet", {}, 'agnet unknown table; did you mean "agent"?'],
  ["monitor", [], "monitor must be a table, got a list"],
  ["work_dir", ".", "work_dir unknown key outside of all tables; it belongs in [runtime]"],
];

for (const [key, value, ...fragments] of REFUSED) {
  Deno.test(`checkConfig() refuses, when ${key} is ${label(value)}`, () => {
    const [message, ...more] = refused(withKey(key, value));
    assert.deepEqual(more, [], "one fault, one problem");
    for (const fragment of fragments) assert.ok(message?.includes(fragment), `${message} lacks ${fragment}`);
  });
}

Deno.test("checkConfig() names every problem at once, when there are many", () => {
  const messages = refused({
    agent: { command: "claude", comand: [] },
    runtime: {
      log_dir: "logs",
      round_timeout_s: 0,
      max_rounds: "x",
      grace_kill_ignore_patterns: ["(", "ok", 5],
    },
    vcs: { dirty_action: "stach" },
    monitr: {},
  });
  assert.deepEqual(messages, [
    'monitr unknown table; did you mean "monitor"?',
    'agent.comand unknown key; did you mean "command"?',
    'agent.command expected a list of strings, got "claude"; write ["claude"]',
    "agent.prompt_arg_template missing required field: prompt_arg_template",
    "runtime.work_dir missing required field: runtime.work_dir",
    "runtime.round_timeout_s must be positive, got 0",
    'runtime.max_rounds must be an integer, got "x"',
    'runtime.grace_kill_ignore_patterns invalid regex "(": Unterminated group',
    "runtime.grace_kill_ignore_patterns each pattern must be a string, got 5",
    'vcs.dirty_action expected "stash", "ignore" or "auto_commit", got "stach"',
    "prompt.file missing required field: prompt.file or prompt.files",
  ]);
});

Deno.test("checkConfig() names what is needed, when the file is empty or no table at all", () => {
  assert.equal(refused({}).length, 5);
  assert.deepEqual(refused([]), [" must be a table, got a list"]);
  assert.deepEqual(refused({ ...MINIMAL, agent: 5 }), ["agent must be a table, got 5"]);
});

Deno.test("checkConfig() never shows what may be a secret, when a variable is refused", () => {
  const [message] = refused(withKey("agent.env", { TOKEN: "s3cret\0" }));
  assert.equal(message, "agent.env.TOKEN must not contain a NUL character");
});

Deno.test("checkConfig() refuses what a phase cannot replace", () => {
  const messages = refused(withKey("phases", {
    list: ["plan", "review"],
    plan: { round_timeout_s: 0, dry_run: true, disable_pre_round_hooks: "no", prompt: { file: "a" } },
    review: { prompt: "a", round_timout_s: 1 },
    reviw: { prompt: { files: [] } },
  }));
  const allowed = "(allowed: round_timeout_s, disable_pre_round_hooks, prompt)";
  assert.deepEqual(messages, [
    `phases.plan.dry_run unknown per-phase field ${allowed}`,
    "phases.plan.round_timeout_s must be positive, got 0",
    'phases.plan.disable_pre_round_hooks must be a bool, got "no"',
    'phases.plan.prompt.file unknown key; did you mean "files"?',
    "phases.plan.prompt.files missing required field: phases.plan.prompt.files",
    `phases.review.round_timout_s unknown per-phase field; did you mean "round_timeout_s"? ${allowed}`,
    'phases.review.prompt must be a table, got "a"',
    'phases.reviw [phases.reviw] is not in phases.list; did you mean "review"?',
    "phases.reviw.prompt.files must name at least one file",
  ]);
});

Deno.test("checkConfig() is not fooled by names that every object has", () => {
  const raw = JSON.parse('{"runtime": {"constructor": 1, "__proto__": {"log_dir": "x"}}, "toString": {}}');
  const messages = refused(raw);
  assert.ok(messages.includes("runtime.constructor unknown key"));
  assert.ok(messages.includes("runtime.__proto__ unknown key"));
  assert.ok(messages.includes("runtime.log_dir missing required field: runtime.log_dir"));
});

Deno.test("checkConfig() never throws, when the input is arbitrary", () => {
  const value = fc.jsonValue();
  const names = [
    ...Object.values<object>(CONFIG).flatMap((rows) => Object.keys(rows)),
    "plan",
    "prompt",
    "x",
  ];
  const table = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value);
  const file = fc.dictionary(fc.constantFrom(...Object.keys(CONFIG), "agnet"), fc.oneof(table, value));
  const nearlyGood = file.map((raw) => ({ ...MINIMAL, ...raw }));
  fc.assert(fc.property(fc.oneof(value, file, nearlyGood), (raw) => {
    const checked = checkConfig(raw, PLACE);
    if (checked.kind === "bad") assert.ok(checked.problems.length > 0);
    assert.ok(Array.isArray(laterKeys(raw)));
  }));
});
