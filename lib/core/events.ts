/**
 * The EVENTS table: every kind that the log may hold, with its fields in the order in which they are written.
 * The event log is public: a kind's fields are only ever added to, never renamed, removed or retyped.
 * Types, decoding, the encoder, `events --kind` and the reference page derive from this table.
 *
 * @module
 */
import {
  bool,
  type Fields,
  fields,
  free,
  int,
  list,
  nullable,
  num,
  oneOf,
  optional,
  table,
  type ValuesOf,
  word,
} from "./field.ts";
import { ENDING_KINDS, VERDICTS } from "./verdict.ts";

/** Which part of the program writes a kind. */
export type Writer = "round" | "serve" | "monitor" | "upgrade";

class KindRow<F extends Fields> {
  readonly #make: () => F;
  #fields: F | null = null;
  #checks: readonly FieldCheck[] | null = null;

  constructor(readonly by: Writer, readonly when: string, readonly synced: boolean, make: () => F) {
    this.#make = make;
  }

  /** Made when they are asked for: a start meets few kinds. */
  get fields(): F {
    return this.#fields ??= this.#make();
  }

  get checks(): readonly FieldCheck[] {
    return this.#checks ??= Object.entries(this.fields).map(([name, { is }]) => ({ name, is }));
  }
}

function kind<const F extends Fields>(by: Writer, when: string, make: () => F): KindRow<F> {
  return new KindRow(by, when, false, make);
}

/** A kind that a power cut must not undo. */
function lasting<const F extends Fields>(by: Writer, when: string, make: () => F): KindRow<F> {
  return new KindRow(by, when, true, make);
}

function words(text: string) {
  return list(word(), text);
}

function roundNum() {
  return int("round number");
}

/** Older lines have null where there was no round. */
function noneOrRoundNum() {
  return optional(nullable(int("round number; absent outside of a round")));
}

function hookKind() {
  return word(
    "`pre_round`, `context_enricher`, `post_round`, `dirty_handler`, `serve_startup`, `reader`, `detector`, `load` or " +
      "`event:KIND`",
  );
}

function phase() {
  return nullable(word("phase of the round, null without phases"));
}

function classification() {
  return word(
    "`rate_limit_account`, `rate_limit_model`, `api_transient_5xx`, `api_timeout` or a plugin's own",
  );
}

function agent() {
  return word("the reader that saw it, such as `claude`");
}

function gitHead() {
  return nullable(word("commit id of HEAD, null where there is none"));
}

function pathsHash() {
  return nullable(word("SHA-256 over the fingerprinted paths, 64 hex digits, null without any"));
}

function files() {
  return words("paths, at most 20; untracked folders as `dir/`");
}

function alertDetector() {
  return word("name of the detector");
}

function host() {
  return nullable(word("remote host, null for this machine"));
}

function child() {
  return fields({ name: word(), pid: num() });
}

function leftover() {
  return fields({
    name: word(),
    pid: num(),
    age_s: nullable(num()),
    escaped: oneOf(["in_group", "own_group", "own_session", "no_marker"]),
  });
}

function ignoredChild() {
  return fields({ name: word(), pid: num(), matched: word() });
}

function limit(text: string) {
  return fields({
    classification: word(),
    agent: word(),
    reset_at_epoch: int(),
    reset_source: oneOf(["server", "estimate"]),
    window: optional(nullable(word())),
  }, text);
}

function loadedPlugin() {
  return fields({
    name: word(),
    source: word(),
    sha256: nullable(word()),
    trust: word(),
    /** Which of its functions are called: members of the plugin contract. */
    functions: list(word()),
    context_enrichers: list(word()),
    dirty_handlers: list(word()),
    detectors: list(word()),
    event_kinds: list(word()),
    owned_paths: list(word()),
  });
}

export const EVENTS = {
  smoke_check_failed: kind("round", "one for each start-up check that failed, before exit 78", () => ({
    reason: free(1000, "`<check>: <what is wrong>`"),
  })),
  status_recovered: kind("round", "`status.json` is there but cannot be read as such", () => ({
    reason: word("what was wrong with it"),
  })),
  prompt_overwritten: kind("round", "a pre-round hook changed the prompt file", () => ({
    round_num: roundNum(),
    phase: phase(),
    hook: word("name of the hook"),
    prompt_path: word("absolute path"),
    old_hash: word("`sha256:` and 64 hex digits, none if the file was missing"),
    new_hash: word("as `old_hash`"),
  })),
  hook_failed: kind("round", "a hook of any kind failed", () => ({
    hook_name: word("name of the hook"),
    hook_kind: hookKind(),
    error_type: word("class of the error"),
    error_message: free(1000, "the error's own words"),
    traceback: free(2100, "where it happened"),
    plugin: optional(word("the plugin that it belongs to; absent for a program")),
    round_num: noneOrRoundNum(),
  })),
  hook_ran: kind("round", "a program of `[[hooks]]` has ended", () => ({
    hook_name: word("base name of the program"),
    hook_kind: hookKind(),
    exit_code: int("its exit code; negative: the signal"),
    duration_s: num("(s)"),
    output: free(1000, "the end of what it printed"),
    round_num: noneOrRoundNum(),
  })),
  round_start: lasting("round", "everything is ready, the agent is about to start", () => ({
    round_num: roundNum(),
    phase: phase(),
  })),
  agent_spawn: kind("round", "right before the agent starts", () => ({
    round_num: roundNum(),
    timeout_s: int("limit of the round (s)"),
  })),
  round_progress: kind("round", "every `round_progress_interval_s` while the agent runs", () => ({
    round_num: roundNum(),
    log_size_kb: int("size of the round log (KiB)"),
    last_write_age_s: int("since the agent's last output (s)"),
    wall_age_s: int("since the agent's start (s)"),
  })),
  round_grace_extended: kind(
    "round",
    "the result is there and the grace over, but a child is busy; once a round",
    () => ({
      round_num: roundNum(),
      grace_s: int("the configured grace (s)"),
      live_children: list(child(), "at most 5"),
      ignored_children: list(ignoredChild(), "at most 5; `matched` is the pattern"),
    }),
  ),
  agent_exit: kind("round", "the agent ended or was ended", () => ({
    round_num: roundNum(),
    exit_code: int("negative: the signal that ended it; -1 where nobody knows"),
    duration_s: num("since the agent's start (s)"),
    timed_out: bool(
      "true for the round's time limit, a stall, and an idle agent that was ended after its result",
    ),
    exit_cause: word("`timeout`, `signal:<NAME>` (also for codes of 128 + n), `clean` or `error`"),
    ending: optional(oneOf(ENDING_KINDS, "how it truly ended")),
  })),
  agent_network_blip: kind("round", "a failed round's log holds words of a network failure", () => ({
    round_num: roundNum(),
    phase: phase(),
    matched: free(200, "the words as found"),
    round_duration_s: num("of the agent (s)"),
    exit_code: int("as in `agent_exit`"),
    timed_out: bool("as in `agent_exit`"),
  })),
  dirty_detected: kind("round", "the work tree is dirty after the agent", () => ({
    round_num: roundNum(),
    files: files(),
    would: optional(
      oneOf(["stash", "auto_commit"], "what `dry_run` kept from being done"),
    ),
  })),
  dirty_auto_committed: kind("round", "an automatic commit was made", () => ({
    round_num: roundNum(),
    files: files(),
    ref: word("commit id"),
  })),
  dirty_commit_failed: kind("round", "an automatic commit failed", () => ({
    round_num: roundNum(),
    phase: phase(),
    reason: free(200, "git's words"),
  })),
  orphan_stashed: kind("round", "a new stash was made", () => ({
    round_num: roundNum(),
    ref: word("commit id of the stash"),
    reason: word("`clean_exit_with_dirty_tree`"),
  })),
  orphan_idempotent_skip: kind("round", "the stash of the same round was used again", () => ({
    round_num: roundNum(),
    ref: word("commit id of the stash"),
    reason: word("`clean_exit_with_dirty_tree`"),
  })),
  orphan_stash_failed: kind("round", "git could not make the stash", () => ({
    round_num: roundNum(),
    phase: phase(),
    reason: free(200, "git's words"),
  })),
  round_grace_kill: kind("round", "an idle agent was ended after its result", () => ({
    round_num: roundNum(),
    grace_s: int("the configured grace (s)"),
    live_children: list(child(), "empty: a busy child would have extended the grace"),
  })),
  round_timeout_kill: kind("round", "the round's time limit was enforced, or it had stalled", () => ({
    round_num: roundNum(),
    reason: word("`exceeded round_timeout_s=<n>`, or what was missing `for stall_timeout_s=<n>`"),
  })),
  round_interrupted: lasting("serve", "a round that lost its supervisor was closed by the next one", () => ({
    round_num: roundNum(),
    by: oneOf(["reap", "reboot", "unit"], "what ended it"),
    detail: word("what was found and done"),
  })),
  round_end: lasting("round", "the round is over and its status written", () => ({
    round_num: roundNum(),
    verdict: optional(oneOf(VERDICTS, "what the round was worth")),
    limit: optional(
      nullable(limit("what the next round has to wait for, as in `transient_error_detected`")),
    ),
    refusal: optional(
      nullable(oneOf(["auth", "billing"], "what a person has to mend")),
    ),
    ending: optional(oneOf(ENDING_KINDS, "as in `agent_exit`")),
    exit_cause: optional(word("as in `agent_exit`")),
    result_ok: optional(nullable(bool("the CLI's closing record, null where it wrote none"))),
    commits: optional(nullable(int("made by the agent, null where unknown"))),
    files_changed: optional(nullable(int("in its commits and uncommitted, null where unknown"))),
    lines_added: optional(nullable(int("in its commits, null where unknown"))),
    lines_deleted: optional(nullable(int("in its commits, null where unknown"))),
    tokens: optional(nullable(int("in and out, without cache reads, null where the CLI does not say"))),
    cost_usd: optional(nullable(num("US dollars, null where the CLI does not say"))),
    leftovers: optional(int("processes that outlived the agent")),
  })),
  transient_error_detected: lasting("round", "the round met a limit or a failure that passes", () => ({
    classification: classification(),
    agent: agent(),
    reset_at_epoch: int("when it is expected to be over (Unix s)"),
    round_num: roundNum(),
    raw: free(200, "the CLI's words"),
    reset_source: optional(
      oneOf(["server", "estimate"], "who says when it is over"),
    ),
    window: optional(nullable(word("the server's name of the window, such as `five_hour`"))),
  })),
  agent_usage_recorded: kind("round", "the CLI reported its token counts", () => ({
    agent: agent(),
    model: word("`unknown` where the CLI names none"),
    round_num: roundNum(),
    input_tokens: int("without cache reads"),
    output_tokens: int("tokens"),
    cached_tokens: int("cache reads"),
    cost_usd: nullable(num("US dollars, null where the CLI does not say")),
    duration_ms: int("as the CLI says (ms)"),
    models_breakdown: nullable(table()),
    cache_creation_tokens: int("tokens"),
    tool_call_count: int("calls in the whole round"),
    phase: word('phase of the round, "" without phases'),
    success: bool("exit 0 and not timed out"),
  })),
  anomaly_repetitive_tool: kind("round", "one tool was called on one target again and again", () => ({
    round_num: roundNum(),
    tool_name: word("name of the tool"),
    target: nullable(free(100, "file, path, pattern or command")),
    count: int("calls within the window"),
    window: int("size of the window (calls)"),
  })),
  round_leftovers: kind("round", "processes were left when the agent had ended", () => ({
    round_num: roundNum(),
    ended: list(leftover(), "what was ended"),
    left: list(leftover(), "what is still there"),
  })),

  serve_started: lasting("serve", "a supervisor takes over the log directory", () => ({
    version: word("of the program"),
    pid: int("of the supervisor"),
    reader: nullable(word("the reader that watches the agent, null where none applies")),
    plugins: words("names of the plugins in use"),
    containment: words("layers that end a round completely, strongest first"),
    config_hash: word("changes whenever the configuration does"),
    loaded: optional(
      list(loadedPlugin(), "the plugins from outside, as they run"),
    ),
  })),
  serve_stopped: lasting("serve", "a supervisor leaves", () => ({
    rule: word("what made it stop"),
    exit_code: int("its exit code"),
  })),
  wait_started: kind("serve", "the loop waits", () => ({
    until_epoch: num("when it goes on (Unix s, with a fraction)"),
    rule: word("the rule that makes it wait"),
    classification: optional(classification()),
    window: optional(nullable(word("as in `transient_error_detected`"))),
  })),
  no_work_slowdown: kind(
    "serve",
    "rounds in a row that did nothing, timed out or stalled slow the loop down",
    () => ({
      consecutive: int("such rounds in a row"),
      pause_s: int("pause before the next round (s)"),
      cause: optional(
        oneOf(["no_work", "timed_out", "stalled"], "what the last of them did"),
      ),
    }),
  ),
  serve_startup_hook_failed: kind("serve", "a start-up hook failed; serve exits", () => ({
    hook: word("name of the hook"),
    exc_type: word("class of the error"),
    exc_msg: free(200, "the error's own words"),
  })),
  agent_self_terminated: lasting(
    "serve",
    'the sentinel was found, or `transient_error_action = "stop"` met a limit',
    () => ({
      reason: free(200, "the sentinel's text, or `rate_limit`"),
    }),
  ),
  transient_error_backoff_capped: kind(
    "serve",
    "an estimated wait was lengthened, because it came again",
    () => ({
      classification: classification(),
      agent: agent(),
      requested_sleep_s: int("the base wait (s)"),
      applied_sleep_s: int("the wait without jitter (s)"),
      original_reset_at_epoch: optional(int("by the first estimate (Unix s)")),
      applied_reset_at_epoch: optional(int("by the lengthened one (Unix s)")),
      consecutive_count: optional(int("1-based")),
      capped_by_absolute_max: optional(bool("the upper bound cut it")),
    }),
  ),
  transient_error_recovered: lasting("serve", "a round ended without a new limit after one with", () => ({
    classification: classification(),
    agent: agent(),
    throttled_for_s: int("since it was detected (s)"),
  })),
  stop_file_detected: kind("serve", "the stop file is there", () => ({
    stop_file: word("absolute path"),
    content: free(200, 'its text, "" if unreadable'),
    rounds_completed: int("by this serve"),
  })),
  max_rounds_reached: kind("serve", "as many rounds as allowed are done", () => ({
    rounds_completed: int("by this serve"),
    max_rounds: int("the bound"),
  })),
  round_substrate_before: kind("serve", "before a round", () => ({
    round_num: roundNum(),
    git_head: gitHead(),
    paths_hash: pathsHash(),
  })),
  fresh_eyes_round_triggered: kind("serve", "this round starts with fresh eyes", () => ({
    round_num: roundNum(),
    every_n: int("rounds"),
  })),
  round_substrate_after: kind("serve", "after a round", () => ({
    round_num: roundNum(),
    git_head: gitHead(),
    paths_hash: pathsHash(),
  })),
  config_broken: kind("serve", "the start-up checks failed; serve stops", () => ({
    reason: free(1000, "the checks that failed"),
  })),
  crash_loop: kind("serve", "five short crashes in a row; serve stops", () => ({
    consecutive: int("crashes in a row"),
    exit_code: int("of the last one, as in `agent_exit`"),
    reason: free(2000, "the end of the agent's output"),
  })),
  round_adopted: lasting("serve", "a running round was taken over from a supervisor that died", () => ({
    round_num: roundNum(),
    agent_pid: int("of the launcher"),
  })),
  disk_low: kind(
    "serve",
    "too little space for a new round",
    () => ({ free_mb: int("MiB"), needed_mb: int("MiB") }),
  ),
  disk_ok: kind("serve", "there is space again", () => ({ free_mb: int("MiB") })),
  config_reloaded: kind(
    "serve",
    "a changed configuration was taken over",
    () => ({
      changed: words("dotted keys"),
      loaded: optional(list(loadedPlugin(), "as in `serve_started`")),
    }),
  ),
  config_rejected: kind("serve", "a changed configuration is invalid; the last good one stays", () => ({
    reason: free(1000, "what is wrong"),
  })),
  plugin_off: kind("serve", "a plugin failed too often and is off", () => ({
    plugin: word("name"),
    reason: free(1000, "its last error"),
  })),

  monitor_started: kind("monitor", "once at its start", () => ({
    host: host(),
    interval_s: int("between looks (s)"),
    log_dir: word("path"),
    mode: word("`anomaly-only`"),
  })),
  monitor_alert_emitted: kind("monitor", "a new alert", () => ({
    detector: alertDetector(),
    severity: word("`info`, `warning` or `critical`"),
    message: free(500, "for people"),
    auto_action: word("`none` or `stop_service`"),
  })),
  monitor_auto_stop_triggered: kind("monitor", "an alert stops the service", () => ({
    detector: alertDetector(),
    host: host(),
  })),
  monitor_auto_stop_failed: kind("monitor", "the remote stop failed", () => ({
    detector: alertDetector(),
    host: word("remote host"),
    error: free(500, "ssh's words"),
  })),
  monitor_remote_blip: kind("monitor", "ssh failed, still tolerated", () => ({
    host: word("remote host"),
    error: free(500, "ssh's words"),
    attempt: int("1-based"),
    elapsed_s: num("since the first failure (s)"),
    cap_s: int("tolerance (s)"),
    interval_s: int("between looks (s)"),
    next_sleep_s: num("(s)"),
  })),
  monitor_remote_giveup: kind("monitor", "the tolerance is used up", () => ({
    host: word("remote host"),
    total_attempts: int("attempts"),
    total_elapsed_s: num("(s)"),
    cap_s: int("tolerance (s)"),
    final_error: free(500, "ssh's words"),
  })),

  service_upgraded: kind("upgrade", "stopped, upgraded, checked, started", () => ({
    from_version: word("before"),
    to_version: word("after"),
    duration_s: num("(s)"),
  })),
  package_upgraded: kind("upgrade", "upgraded without a restart", () => ({
    from_version: word("before"),
    to_version: word("after"),
    restart_deferred: bool("always true"),
  })),
  service_upgrade_rolled_back: kind(
    "upgrade",
    "the new version failed its check; the old one runs again",
    () => ({
      attempted_version: word("that failed"),
      restored_version: word("that runs"),
      failure_reason: free(500, "why"),
      duration_s: num("(s)"),
    }),
  ),
  service_upgrade_rollback_failed: kind("upgrade", "neither version runs", () => ({
    attempted_version: word("that failed"),
    restore_target_version: word("that should run"),
    failure_reason: free(200, "why"),
  })),
} as const;

export type Kind = keyof typeof EVENTS;

type FieldsByKind = { readonly [K in Kind]: ValuesOf<(typeof EVENTS)[K]["fields"]> };

/** An event that is about to be written. */
export type Draft = { readonly [K in Kind]: { readonly event: K } & FieldsByKind[K] }[Kind];

/** An event as the log holds it. Unknown fields of a newer writer are kept at run time. */
export type LoggedEvent<K extends Kind = Kind> = {
  readonly [P in K]: { readonly ts: string; readonly event: P } & FieldsByKind[P];
}[K];

export const KINDS = Object.keys(EVENTS) as readonly Kind[];

export function isKind(name: string): name is Kind {
  return Object.hasOwn(EVENTS, name);
}

/**
 * An object of the log as an event of a known kind, or null where it is none: not an object, another writer's kind,
 * or a field of the wrong type.
 */
export function decodeEvent(raw: unknown): LoggedEvent | null {
  if (typeof raw !== "object" || raw === null) return null;
  const { ts, event } = raw as { readonly ts?: unknown; readonly event?: unknown };
  if (typeof ts !== "string" || typeof event !== "string") return null;
  if (!isKind(event)) return null;
  const found = raw as Readonly<Record<string, unknown>>;
  for (const { name, is } of EVENTS[event].checks) if (!is(found[name])) return null;
  return raw as LoggedEvent;
}

interface FieldCheck {
  readonly name: string;
  readonly is: (value: unknown) => boolean;
}
