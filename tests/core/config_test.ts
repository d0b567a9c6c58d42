import assert from "node:assert/strict";
import { checkConfig, laterKeys, softerThrottle } from "../../lib/core/config_check.ts";
import { CONFIG, type Config, DETECTOR_NAMES, isRow, type Row, type Rows } from "../../lib/core/config.ts";
import { accepted, label, MINIMAL, PLACE, withKey } from "./config_samples.ts";

/** Every key that a file of the Python version may hold, and those added since. */
const KEYS = `
  agent.command agent.prompt_arg_template agent.name agent.env agent.prompt_delivery agent.reader
  runtime.work_dir runtime.log_dir runtime.round_timeout_s runtime.restart_delay_s runtime.disable_pre_round_hooks
  runtime.round_log_retention runtime.narrative_file runtime.transient_error_action runtime.max_rounds
  runtime.stop_file runtime.substrate_fingerprint_paths runtime.fresh_eyes_every_n runtime.dry_run
  runtime.max_grace_after_result_s runtime.grace_kill_ignore_patterns runtime.kill_grace_s runtime.on_no_work
  runtime.stall_timeout_s runtime.leftovers runtime.leftovers_ignore runtime.on_restart runtime.round_log_max_mb runtime.round_logs_total_mb
  runtime.disk_min_free_mb runtime.event_retention_months
  prompt.file prompt.files prompt.inject_context prompt.context_injection_mode prompt.concat_separator
  prompt.strip_yaml_frontmatter
  vcs.dirty_action vcs.stash_idempotency_s
  monitor.auth_fail_patterns monitor.auth_fail_hint monitor.auto_stop_on monitor.remote_failure_tolerance_s
  monitor.anomaly_repetitive_window monitor.anomaly_repetitive_threshold monitor.round_progress_interval_s
  monitor.supervisor_stale_threshold_s
  monitor.host_health.mem_avail_min_mb monitor.host_health.disk_warning_pct monitor.host_health.disk_critical_pct
  phases.list plugins.disable plugins.hook_timeout_s plugins.load hooks
  throttle.rate_limit_model_base_s throttle.api_transient_5xx_base_s throttle.api_timeout_base_s
  throttle.rate_limit_account_base_s throttle.cap_s throttle.jitter_min_s throttle.jitter_max_s
`.trim().split(/\s+/);

Deno.test("CONFIG has a row for every key, and no other", () => {
  assert.deepEqual([...rowsOf(CONFIG).keys()].sort(), [...KEYS].sort());
});

Deno.test("CONFIG describes each key in one sentence", () => {
  for (const [name, { text }] of rowsOf(CONFIG)) assert.match(text, /^[A-Z]((?!\. ).)*[^.]\.$/, name);
});

Deno.test("CONFIG has only defaults that its own checks accept", () => {
  for (const [name, row] of rowsOf(CONFIG)) {
    if (row.default === null) continue;
    const checked = checkConfig(withKey(name, row.default), PLACE);
    assert.ok(checked.kind === "ok" || name === "prompt.files", name);
  }
});

Deno.test("CONFIG lets a phase replace exactly three keys", () => {
  const perPhase = [...rowsOf(CONFIG)].filter(([, row]) => row.perPhase).map(([name]) => name);
  assert.deepEqual(perPhase, ["runtime.round_timeout_s", "runtime.disable_pre_round_hooks", "prompt.files"]);
});

/** What `MINIMAL` stands for. */
const DEFAULTS: Config = {
  agent: {
    command: ["claude"],
    prompt_arg_template: ["{prompt}"],
    name: null,
    env: {},
    prompt_delivery: "argv",
    reader: null,
  },
  runtime: {
    work_dir: "/srv/site",
    log_dir: "/srv/site/logs",
    round_timeout_s: 1800,
    stall_timeout_s: 0,
    restart_delay_s: 3,
    disable_pre_round_hooks: false,
    round_log_retention: 100,
    narrative_file: null,
    transient_error_action: "back_off",
    max_rounds: null,
    stop_file: null,
    substrate_fingerprint_paths: [],
    fresh_eyes_every_n: null,
    dry_run: false,
    max_grace_after_result_s: 0,
    grace_kill_ignore_patterns: [],
    kill_grace_s: 10,
    leftovers: "end",
    leftovers_ignore: [],
    on_restart: "adopt",
    round_log_max_mb: 50,
    round_logs_total_mb: 1000,
    event_retention_months: 0,
    disk_min_free_mb: 200,
    on_no_work: "slow",
  },
  prompt: {
    file: "/srv/site/prompt.md",
    files: [],
    inject_context: true,
    context_injection_mode: "prepend",
    concat_separator: "\n\n",
    strip_yaml_frontmatter: true,
  },
  vcs: { dirty_action: "stash", stash_idempotency_s: 5 },
  monitor: {
    auth_fail_patterns: [
      String
        .raw`\b(oauth|unauthorized|401|api[_ ]key|auth(entication)?[_ -]?(failed|error|expired)|session.*expired)\b`,
    ],
    auth_fail_hint: "",
    auto_stop_on: ["oauth_fail", "disk_critical"],
    remote_failure_tolerance_s: 90,
    anomaly_repetitive_window: 0,
    anomaly_repetitive_threshold: 0,
    round_progress_interval_s: 0,
    supervisor_stale_threshold_s: null,
    host_health: { mem_avail_min_mb: 200, disk_warning_pct: 90, disk_critical_pct: 95 },
  },
  phases: { list: [], by_name: {} },
  plugins: { disable: [], hook_timeout_s: 60, load: [], raw: {} },
  hooks: [],
  throttle: {
    rate_limit_model_base_s: 60,
    api_transient_5xx_base_s: 60,
    api_timeout_base_s: 30,
    rate_limit_account_base_s: 300,
    cap_s: 1800,
    jitter_min_s: 5,
    jitter_max_s: 30,
  },
  project: "site",
  configPath: "/srv/site/agent-runner.toml",
};

Deno.test("checkConfig() fills in every default, when only the needed keys are there", () => {
  const { config, notes, later } = accepted(MINIMAL);
  assert.deepEqual(config, DEFAULTS);
  assert.deepEqual([notes, later], [[], []]);
});

Deno.test("checkConfig() gives each value its own type", () => {
  const { config } = accepted(MINIMAL);
  const action: "back_off" | "skip" | "stop" = config.runtime.transient_error_action;
  const rounds: number | null = config.runtime.max_rounds;
  const words: readonly string[] = config.agent.command;
  // @ts-expect-error: a key that may be absent is not always a number
  const _: number = config.runtime.max_rounds;
  assert.deepEqual([action, rounds, words], ["back_off", null, ["claude"]]);
});

Deno.test("checkConfig() takes the limits themselves", () => {
  const values: [string, unknown][] = [
    ["runtime.restart_delay_s", 0],
    ["runtime.kill_grace_s", 0],
    ["runtime.round_timeout_s", 1],
    ["monitor.remote_failure_tolerance_s", 0],
    ["monitor.remote_failure_tolerance_s", 3600],
    ["monitor.auth_fail_patterns", []],
    ["monitor.host_health", { disk_warning_pct: 0, disk_critical_pct: 100 }],
    ["throttle.cap_s", 0.25],
    ["prompt.files", []],
  ];
  for (const [key, value] of values) assert.equal(checkConfig(withKey(key, value), PLACE).kind, "ok", key);
});

Deno.test("checkConfig() turns numbers and bools of agent.env into text", () => {
  const env = { TEXT: "a b", INT: 5, FLOAT: 0.5, YES: true, NO: false, EMPTY: "" };
  const { config } = accepted(withKey("agent.env", env));
  assert.deepEqual(config.agent.env, {
    TEXT: "a b",
    INT: "5",
    FLOAT: "0.5",
    YES: "true",
    NO: "false",
    EMPTY: "",
  });
});

Deno.test("checkConfig() reads what a phase replaces", () => {
  const review = { round_timeout_s: 60, disable_pre_round_hooks: true, prompt: { files: ["r.md"] } };
  const { config, later } = accepted(
    withKey("phases", { list: ["plan", "review", "plan"], plan: {}, review }),
  );
  assert.deepEqual(config.phases, {
    list: ["plan", "review", "plan"],
    by_name: {
      plan: { round_timeout_s: null, disable_pre_round_hooks: null, prompt: null },
      review: { round_timeout_s: 60, disable_pre_round_hooks: true, prompt: { files: ["/srv/site/r.md"] } },
    },
  });
  assert.deepEqual(later, []);
});

Deno.test("checkConfig() keeps what is the plugins' own", () => {
  const { config } = accepted(withKey("plugins", { disable: ["x"], raw: 1, mine: { colour: "red" } }));
  assert.deepEqual(config.plugins.raw, { raw: 1, mine: { colour: "red" } });
});

/** Key, value, and what the note has to say. */
const NOTED: readonly (readonly [key: string, value: unknown, fragment: string])[] = [
  ["notes", { a: 1 }, "notes: unknown table, ignored"],
  ["version", 3, "version: unknown key, ignored"],
  ["agent.command", ["sh", "-c", "x {prompt}"], "agent.command: {prompt} is not replaced"],
  ["agent.prompt_arg_template", ["-p"], "agent.prompt_arg_template: holds no {prompt}"],
  ["runtime.grace_kill_ignore_patterns", [String.raw`\Anode\Z`], 'is read as "^node$"'],
  ["monitor.auth_fail_patterns", ["(?P<what>denied)"], 'is read as "(?<what>denied)"'],
  ["monitor.auto_stop_on", ["disk_full", "hung"], 'no built-in detector is called "disk_full"'],
  ["monitor.auto_stop_on", ["oauth_fial"], 'did you mean "oauth_fail"?'],
  ["monitor.anomaly_repetitive_window", 5, "one is 0"],
  [
    "monitor",
    { anomaly_repetitive_window: 5, anomaly_repetitive_threshold: 6 },
    "never fit into a window of 5",
  ],
  [
    "monitor.host_health",
    { disk_warning_pct: 95 },
    "disk_warning_pct: 95 is not below disk_critical_pct (95)",
  ],
];

for (const [key, value, fragment] of NOTED) {
  Deno.test(`checkConfig() only notes, when ${key} is ${label(value)}`, () => {
    const { notes } = accepted(withKey(key, value));
    assert.equal(notes.length, 1);
    assert.ok(notes[0]?.includes(fragment), notes[0]);
  });
}

Deno.test("checkConfig() has nothing to say of a repetition check that can fire", () => {
  const monitor = {
    anomaly_repetitive_window: 10,
    anomaly_repetitive_threshold: 10,
    auto_stop_on: DETECTOR_NAMES,
  };
  assert.deepEqual(accepted(withKey("monitor", monitor)).notes, []);
});

Deno.test("laterKeys() lists the keys of the file that are not carried out", () => {
  const raw = {
    ...MINIMAL,
    runtime: { ...MINIMAL.runtime, dry_run: true, kill_grace_s: 5 },
    vcs: { dirty_action: "stash", stash_idempotency_s: 5 },
    monitor: {
      auth_fail_hint: "x",
      round_progress_interval_s: 1,
      anomaly_repetitive_window: 5,
      host_health: { disk_warning_pct: 1 },
    },
    plugins: { mine: {} },
    foreign: { list: 1 },
  };
  assert.deepEqual(laterKeys(raw), [
    "monitor.auth_fail_hint",
    "monitor.host_health.disk_warning_pct",
  ]);
  assert.deepEqual(laterKeys(null), []);
});

Deno.test("softerThrottle() lists what is below its default", () => {
  assert.deepEqual(softerThrottle(accepted(MINIMAL).config), []);
  const { config } = accepted(
    withKey("throttle", { cap_s: 1799.5, jitter_max_s: 60, api_timeout_base_s: 0 }),
  );
  assert.deepEqual(softerThrottle(config), ["throttle.api_timeout_base_s", "throttle.cap_s"]);
});

function rowsOf(rows: Rows, prefix = ""): Map<string, Row<unknown>> {
  const found = Object.entries(rows).flatMap(([name, entry]): [string, Row<unknown>][] =>
    isRow(entry) ? [[prefix + name, entry]] : [...rowsOf(entry, `${prefix}${name}.`)]
  );
  return new Map(found);
}
