/**
 * The one table of the configuration: what `agent-runner.toml` may hold. Types, checks, help, completion and the
 * reference are made from it; a new key is a new row.
 *
 * @module
 */
import {
  BOOL,
  COMMAND,
  COUNT,
  countUpTo,
  ENV,
  FILLED,
  HOOK_POINT,
  type Kind,
  oneOf,
  PATH,
  PATHS,
  PATTERNS,
  PERCENT,
  POSITIVE,
  SECONDS,
  SHA256,
  STRING,
  STRINGS,
  TABLE,
  tables,
} from "./config_kinds.ts";

/** One key. */
export interface Row<Value> extends Kind<Value> {
  readonly required: boolean;
  /** What holds without the key; null where there is none. */
  readonly default: Value | null;
  /** What a number counts, null for the rest. */
  readonly unit: string | null;
  /** Whether `[phases.<name>]` may replace it. */
  readonly perPhase: boolean;
  /** Checked and accepted, but not yet carried out. */
  readonly later: boolean;
  /** Of a list of tables: what each of them may hold. */
  readonly items: Rows | null;
  /** One sentence for the reference. */
  readonly text: string;
}

/** One `[[plugins.load]]`. */
export const PLUGIN_ROWS = {
  source: required(FILLED, {
    text: "A file (relative to the configuration's folder), an https:// address, or npm:NAME@VERSION.",
  }),
  sha256: optional(SHA256, { text: "What was reviewed: nothing else runs. An address needs it." }),
  trust: key(oneOf("sandbox", "full"), "sandbox", {
    text: "A process of its own with just the permissions below, or everything that this program may do.",
  }),
  permissions: {
    read: key(STRINGS, [], { text: "Files and folders that it may read." }),
    write: key(STRINGS, [], { text: "Files and folders that it may write." }),
    net: key(STRINGS, [], { text: "Hosts (host or host:port) that it may talk to." }),
    env: key(STRINGS, [], { text: "Environment variables that it gets and may read." }),
    run: key(STRINGS, [], {
      text: "Programs that it may start, by name or path; they get PATH, and what they do is not limited.",
    }),
    emit: key(BOOL, false, { text: "Whether it may write events of its own kinds." }),
  },
  timeout_s: optional(POSITIVE, { unit: "s", text: "Instead of plugins.hook_timeout_s." }),
  config: key(TABLE, {}, { text: "Its configuration; wins over [plugins.NAME] key by key." }),
} as const;

/** One `[[hooks]]`. */
export const HOOK_ROWS = {
  on: required(HOOK_POINT, {
    text: "pre_round, post_round, serve_startup, dirty, or event:KIND.",
  }),
  run: required(COMMAND, {
    text: "The program and its arguments; one with a / in it is relative to the configuration's folder.",
  }),
  timeout_s: key(POSITIVE, 60, { unit: "s", text: "It is ended after so long." }),
  blocking: optional(BOOL, {
    text:
      "Whether its end is waited for; absent: yes, but for event:KIND no. Only post_round and events may say no.",
  }),
} as const;

export const CONFIG = {
  agent: {
    command: required(COMMAND, {
      text:
        "The program and its fixed arguments; the program is looked up on the PATH that the agent will get.",
    }),
    prompt_arg_template: required(STRINGS, {
      text: "Arguments after the command; with argv delivery every {prompt} in them becomes the prompt.",
    }),
    name: optional(STRING, { text: "A name for people and hooks; it decides nothing." }),
    env: key(ENV, {}, { text: "Environment variables of the agent, added last." }),
    prompt_delivery: key(oneOf("argv", "stdin"), "argv", {
      text: "How the prompt reaches the agent; stdin keeps it out of the process list.",
    }),
    reader: optional(STRING, {
      text: "The reader of the agent's output, such as claude; without it the program's file name decides.",
    }),
  },

  runtime: {
    work_dir: required(PATH, {
      text: "The project folder; a relative one is taken against the folder of the configuration file.",
    }),
    log_dir: required(PATH, { text: "The folder of the event log, the round logs and the state." }),
    round_timeout_s: key(POSITIVE, 1800, {
      unit: "s",
      perPhase: true,
      text: "The longest that one round may take.",
    }),
    stall_timeout_s: key(COUNT, 0, {
      unit: "s",
      text: "Ends a round without output, CPU use and open tool call for so long; 0 is never.",
    }),
    restart_delay_s: key(COUNT, 3, { unit: "s", text: "The pause between two rounds; 0 is none." }),
    disable_pre_round_hooks: key(BOOL, false, {
      perPhase: true,
      text: "Skips all hooks that run before a round.",
    }),
    round_log_retention: key(POSITIVE, 100, { unit: "files", text: "How many round logs are kept." }),
    narrative_file: optional(PATH, { later: true, text: "The text that the page shows." }),
    transient_error_action: key(oneOf("back_off", "skip", "stop"), "back_off", {
      text: "What a usage limit or a passing server failure leads to: wait, go on regardless, or stop.",
    }),
    max_rounds: optional(POSITIVE, { unit: "rounds", text: "Stops after that many rounds." }),
    stop_file: optional(PATH, { text: "Stops between rounds as soon as this file exists." }),
    substrate_fingerprint_paths: key(STRINGS, [], {
      text: "Globs below work_dir whose content is hashed before and after each round.",
    }),
    fresh_eyes_every_n: optional(POSITIVE, {
      unit: "rounds",
      text: "Every n-th round is told to look with fresh eyes.",
    }),
    dry_run: key(BOOL, false, { text: "Reports what would be done to git and does none of it." }),
    max_grace_after_result_s: key(COUNT, 0, {
      unit: "s",
      text: "Ends an agent that stays idle for so long after its closing record; 0 is never.",
    }),
    grace_kill_ignore_patterns: key(PATTERNS, [], {
      text: "Children whose command line matches one of these (case counts) do not keep an agent busy.",
    }),
    kill_grace_s: key(COUNT, 10, {
      unit: "s",
      text: "How long an agent may take to end after SIGTERM, before SIGKILL.",
    }),
    leftovers: key(oneOf("end", "report"), "end", {
      text: "What becomes of processes that an agent left behind when it ended by itself.",
    }),
    leftovers_ignore: key(PATTERNS, [], {
      text: "Processes whose command line matches one of these may outlive the round.",
    }),
    on_restart: key(oneOf("adopt", "reap"), "adopt", {
      text: "What a new serve does with a round that still runs: take it over, or end it.",
    }),
    round_log_max_mb: key(POSITIVE, 50, {
      unit: "MiB",
      text: "How much of one round's log is kept: the beginning and the end, with the cut marked.",
    }),
    round_logs_total_mb: key(POSITIVE, 1000, {
      unit: "MiB",
      text: "How much all round logs together may take; the oldest go first.",
    }),
    event_retention_months: key(COUNT, 0, {
      unit: "months",
      text: "Removes months of events and metrics that are older than so many; 0 keeps all.",
    }),
    disk_min_free_mb: key(COUNT, 200, {
      unit: "MiB",
      text: "With less free space than this no new round starts; 0 is off.",
    }),
    on_no_work: key(oneOf("slow", "stop", "ignore"), "slow", {
      text: "What rounds in a row that do nothing (five) or time out or stall (three) lead to.",
    }),
  },

  prompt: {
    file: optional(PATH, { text: "The prompt; exactly one of file and files is needed." }),
    files: key(PATHS, [], {
      perPhase: true,
      text: "Several files that make the prompt in this order; the first has to exist.",
    }),
    inject_context: key(BOOL, true, { text: "Whether the agent is told about the round." }),
    context_injection_mode: key(oneOf("prepend", "file", "none"), "prepend", {
      text:
        "Where the round's context goes: before the prompt, or only into round-context.json (file, none).",
    }),
    concat_separator: key(STRING, "\n\n", { text: "What stands between two prompt files." }),
    strip_yaml_frontmatter: key(BOOL, true, {
      text: "Leaves out the front matter of the first prompt file.",
    }),
  },

  vcs: {
    dirty_action: key(oneOf("stash", "ignore", "auto_commit"), "stash", {
      text: "What happens to changes that a clean round left uncommitted.",
    }),
    stash_idempotency_s: key(POSITIVE, 5, {
      unit: "s",
      text: "How recent a stash of the same round and content must be to be used again.",
    }),
  },

  monitor: {
    auth_fail_patterns: key(PATTERNS, [authFailure()], {
      later: true,
      text: "What a failed login looks like in a round log, whatever the case; [] turns the check off.",
    }),
    auth_fail_hint: key(STRING, "", { later: true, text: "Advice that the oauth_fail alert carries." }),
    auto_stop_on: key(STRINGS, ["oauth_fail", "disk_critical"], {
      later: true,
      text: "The detectors that may stop the service; [] only alerts.",
    }),
    remote_failure_tolerance_s: key(countUpTo(3600), 90, {
      unit: "s",
      later: true,
      text: "How long a remote host may stay unreachable; 0 is not at all.",
    }),
    anomaly_repetitive_window: key(COUNT, 0, {
      unit: "tool calls",
      text: "How many tool calls are looked back on for repetitions; 0 is off.",
    }),
    anomaly_repetitive_threshold: key(COUNT, 0, {
      unit: "repeats",
      text: "How many equal calls within the window are reported; 0 is off.",
    }),
    round_progress_interval_s: key(COUNT, 0, {
      unit: "s",
      text: "How often a running round reports that it runs; 0 is never.",
    }),
    supervisor_stale_threshold_s: optional(COUNT, {
      unit: "s",
      later: true,
      text: "How long the log may be silent; one and a half times round_timeout_s if absent, 0 is off.",
    }),
    host_health: {
      mem_avail_min_mb: key(COUNT, 200, {
        unit: "MiB",
        later: true,
        text: "Less available memory than this raises mem_pressure.",
      }),
      disk_warning_pct: key(PERCENT, 90, {
        unit: "%",
        later: true,
        text: "A disk as full as this raises disk_warning.",
      }),
      disk_critical_pct: key(PERCENT, 95, {
        unit: "%",
        later: true,
        text: "A disk as full as this raises disk_critical.",
      }),
    },
  },

  phases: {
    list: key(STRINGS, [], { text: "The phases that rounds go through in turn; [] is none." }),
  },

  plugins: {
    disable: key(STRINGS, [], { text: "Names of plugins and hooks that are left out." }),
    hook_timeout_s: key(POSITIVE, 60, { unit: "s", text: "The longest that one call of a plugin may take." }),
    load: list(PLUGIN_ROWS, { text: "The plugins from outside, in their order." }),
  },

  hooks: list(HOOK_ROWS, { text: "The programs that run around rounds, in their order." }),

  throttle: {
    rate_limit_model_base_s: key(SECONDS, 60, {
      unit: "s",
      text: "The first wait after a limit of one model; it doubles each time.",
    }),
    api_transient_5xx_base_s: key(SECONDS, 60, {
      unit: "s",
      text: "The first wait after a passing server failure; it doubles each time.",
    }),
    api_timeout_base_s: key(SECONDS, 30, {
      unit: "s",
      text: "The first wait after a timeout of the API; it doubles each time.",
    }),
    rate_limit_account_base_s: key(SECONDS, 300, {
      unit: "s",
      text:
        "The first wait after an account limit for which the server names no reset; it doubles each time.",
    }),
    cap_s: key(SECONDS, 1800, {
      unit: "s",
      text: "The longest estimated wait; a reset that the server names is obeyed however late.",
    }),
    jitter_min_s: key(SECONDS, 5, { unit: "s", text: "The least that is added to each such wait." }),
    jitter_max_s: key(SECONDS, 30, { unit: "s", text: "The most that is added to each such wait." }),
  },
} as const;

export type TableName = keyof typeof CONFIG;

/** Keys whose names the user chooses: `[phases.<name>]`, and what else stands in `[plugins]`. */
export const FREE_KEYS = {
  phases: { text: "What is different in one phase." },
  plugins: { text: "What the plugins themselves read." },
} as const;

/** Keys that the Python version refuses, by dotted name. */
export const REMOVED_KEYS: ReadonlyMap<string, { readonly since: string; readonly use: string }> = new Map([
  ["runtime.round_timeout_per_phase", { since: "0.1.16", use: "round_timeout_s in [phases.<name>]" }],
  ["runtime.rate_limit_action", { since: "0.1.29", use: "runtime.transient_error_action" }],
  ["vcs.orphan_action", { since: "0.1.18", use: "vcs.dirty_action" }],
]);

/** The built-in detectors, by the names that `monitor.auto_stop_on` takes. */
export const DETECTOR_NAMES = [
  "timeout_rate",
  "hung",
  "orphan_chain",
  "disk_warning",
  "disk_critical",
  "mem_pressure",
  "oauth_fail",
  "network_fail",
  "rate_limit_active",
  "anomaly_repetitive_active",
  "supervisor_stale",
] as const;

/**
 * A checked configuration. Keys have their TOML names, every key is there (null: absent and without a default), and
 * every path is absolute.
 */
export type Config =
  & { readonly [Name in Exclude<TableName, "phases" | "plugins" | "hooks">]: ValuesOf<(typeof CONFIG)[Name]> }
  & {
    readonly phases: ValuesOf<typeof CONFIG.phases> & {
      readonly by_name: Readonly<Record<string, PhaseConfig>>;
    };
    readonly plugins: ValuesOf<typeof CONFIG.plugins> & {
      /** The tables of `[plugins]` that are not this program's own, unchecked. */
      readonly raw: Readonly<Record<string, unknown>>;
    };
    readonly hooks: readonly HookDeclaration[];
    readonly project: string;
    readonly configPath: string;
  };

/** What one phase replaces; null where it does not. */
export interface PhaseConfig {
  readonly round_timeout_s: number | null;
  readonly disable_pre_round_hooks: boolean | null;
  readonly prompt: { readonly files: readonly string[] } | null;
}

export type PluginDeclaration = ValuesOf<typeof PLUGIN_ROWS>;

export type HookDeclaration = ValuesOf<typeof HOOK_ROWS>;

/** The values of a table of rows. */
export type ValuesOf<Rows> = {
  readonly [Name in keyof Rows]: Rows[Name] extends Row<infer Value> ? Value : ValuesOf<Rows[Name]>;
};

/** Rows by name; a name may also stand for a table of its own. */
export interface Rows {
  readonly [name: string]: Row<unknown> | Rows;
}

export function isRow(entry: Row<unknown> | Rows): entry is Row<unknown> {
  // A table may have a key `read`; no key is written as this member is.
  return "perPhase" in entry;
}

interface Facts {
  readonly unit?: string;
  readonly perPhase?: boolean;
  readonly later?: boolean;
  readonly text: string;
}

function required<Value>(kind: Kind<Value>, facts: Facts): Row<Value> {
  return row(kind, true, null, facts);
}

function optional<Value>(kind: Kind<Value>, facts: Facts): Row<Value | null> {
  return row<Value | null>(kind, false, null, facts);
}

function key<Value>(kind: Kind<Value>, fallback: NoInfer<Value>, facts: Facts): Row<Value> {
  return row(kind, false, fallback, facts);
}

function row<Value>(
  kind: Kind<Value>,
  isRequired: boolean,
  fallback: Value | null,
  { unit, perPhase = false, later = false, text }: Facts,
  items: Rows | null = null,
): Row<Value> {
  return {
    type: kind.type,
    read: kind.read,
    path: kind.path,
    required: isRequired,
    default: fallback,
    unit: unit ?? null,
    perPhase,
    later,
    items,
    text,
  };
}

/** `[[name]]`: any number of tables with these rows. */
function list<const Items extends Rows>(items: Items, facts: Facts): Row<readonly ValuesOf<Items>[]> {
  return row<readonly ValuesOf<Items>[]>(tables<ValuesOf<Items>>(), false, [], facts, items);
}

/** The words by which the Python version knows a failed login. */
function authFailure(): string {
  const failed = String.raw`auth(entication)?[_ -]?(failed|error|expired)`;
  return String.raw`\b(oauth|unauthorized|401|api[_ ]key|${failed}|session.*expired)\b`;
}
