/**
 * The contract between the supervisor and a plugin: one object, the default export of one module.
 *
 * A plugin says what it *saw* in an agent's output (findings) and may act around the rounds (hooks); what follows from a
 * finding is decided by the same pure rules for every reader (`evidence.ts`). Everything that passes between the two is
 * plain JSON. This module imports nothing, so that it can be copied beside a plugin.
 *
 * @module
 */

/** The version of this contract; a plugin names the one that it was written for. */
export const API_VERSION = 1;

/** A moment by the wall clock: milliseconds since the Unix epoch, an integer. */
export type Instant = number;

/** How the agent's process came to an end. Exactly one reason: the first that happened. */
export type Ending =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: string }
  | { readonly kind: "timed_out"; readonly afterS: number }
  | { readonly kind: "idle_after_result"; readonly afterS: number }
  | { readonly kind: "stalled"; readonly afterS: number }
  | { readonly kind: "stopped" }
  | { readonly kind: "interrupted"; readonly by: InterruptedBy }
  | { readonly kind: "lost" }
  | { readonly kind: "not_started"; readonly why: string };

/** Who ended a round that its own supervisor did not: the next one, a reboot, or the surrounding unit. */
export type InterruptedBy = "reap" | "reboot" | "unit";

/** One plugin. Everything but the first two members is optional: what is there is called. */
export interface Plugin {
  readonly apiVersion: typeof API_VERSION;
  /** Unique; lower-case letters, digits, `_` and `-`. Its table is `[plugins.NAME]`, its word in `[plugins] disable`. */
  readonly name: string;
  /**
   * The commands (base names) whose output it reads. The first is its word in `[agent] reader` and in the events' `agent`
   * field.
   */
  readonly agents?: readonly string[];
  /** Strings of which a line must contain one to reach the reader. Few and rare ones make it fast; none: every line. */
  readonly interest?: readonly string[];
  /** What `agent-runner plugin add` proposes as `permissions`; nothing is granted by it. */
  readonly wants?: Wants;
  /** Called once a round. */
  reader?(context: ReaderContext): Reader;
  /**
   * The words of a line that the CLI itself wrote (a message on stderr, an error text), or null where the line
   * carries what the model or a tool said. Text patterns are only ever looked for in these words.
   */
  ownWords?(line: string): string | null;
  /** Checks the plugin's configuration before anything runs. */
  readonly configSchema?: ConfigSchema;
  /** Once, before the loop. When it throws, `serve` does not start. */
  serveStartup?(context: StartupContext): void | Promise<void>;
  /** Before each round, before its prompt is read. */
  preRound?(context: HookContext): void | Promise<void>;
  /** Each adds its value (plain JSON, at most 64 KiB) to the round's context, under its own name. */
  readonly contextEnrichers?: Readonly<Record<string, (context: HookContext) => unknown>>;
  /** Asked what becomes of a dirty work tree, by rising priority until one answers. */
  readonly dirtyHandlers?: Readonly<Record<string, DirtyHandler>>;
  /** After each round, when its end is in the log. */
  postRound?(context: HookContext, result: RoundResult): void | Promise<void>;
  /** Asked after each round whether something is wrong. */
  readonly detectors?: Readonly<Record<string, Detector>>;
  /** The kinds of event that it may write: lower-case snake case, none of the program's own. */
  readonly eventKinds?: readonly string[];
  /**
   * Paths below the work folder that are its deliverables: never dirty, never stashed. `dir/` is the folder with all in it;
   * a glob without `**` matches the end of a path (`reports/*.md`), one with `**` the whole.
   */
  readonly ownedPaths?: readonly string[];
}

/** Permissions as in the configuration: paths, hosts, environment variables and programs; `emit` is to write events. */
export interface Wants {
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  readonly net?: readonly string[];
  readonly env?: readonly string[];
  readonly run?: readonly string[];
  readonly emit?: boolean;
}

/**
 * Either a function that returns what the hooks get as `config` and throws an Error that says what is wrong, or a schema of
 * the Standard Schema kind (valibot, zod, …). It gets the plugin's table, `{}` where there is none.
 */
export type ConfigSchema = ((raw: Json) => Json) | { readonly "~standard": { validate(raw: Json): unknown } };

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a reader is told about the round that it reads. */
export interface ReaderContext {
  readonly round_num: number;
  /** The plugin's checked configuration. */
  readonly config: Json;
  /** `[monitor] anomaly_repetitive_window` and `_threshold`; null where the check is off. */
  readonly repetition: { readonly window: number; readonly threshold: number } | null;
}

/** Reads one round's output, line by line as it is written. */
export interface Reader {
  /** One line without its newline; only lines that contain one of the plugin's `interest` strings arrive. */
  line(text: string): readonly Finding[];
  /** The output is over. */
  end?(ending: Ending): readonly Finding[];
}

/** What every hook gets. */
interface BaseContext {
  /** Absolute. */
  readonly work_dir: string;
  /** Absolute. */
  readonly log_dir: string;
  /** Last part of `work_dir`. */
  readonly project: string;
  /** `runtime.dry_run`: side effects are to be left out. */
  readonly dry_run: boolean;
  /** The plugin's checked configuration. */
  readonly config: Json;
  /** Appends an event of one of the plugin's `eventKinds`; needs `permissions.emit`. Fields of 16 KiB at most. */
  emit(kind: string, fields?: { readonly [field: string]: Json }): void;
}

/**
 * What `serveStartup` gets: with the checked configuration of the project, but for the values of `[agent] env` and what
 * is configured for plugins.
 */
export interface StartupContext extends BaseContext {
  readonly project_config: Json;
}

/** What the hooks around a round get. */
export interface HookContext extends BaseContext {
  readonly round_num: number;
  readonly phase: string | null;
  /** `[agent] name`, else the first word of the command; for people only. */
  readonly agent_name: string;
  /** Base name of the command. */
  readonly agent_binary: string;
  /** This round's agent output; not there yet before the round. */
  readonly agent_log_path: string;
  readonly anomaly_repetitive_window: number;
  readonly anomaly_repetitive_threshold: number;
  readonly vcs: { readonly dirty_action: string; readonly stash_idempotency_s: number };
}

/** What a dirty handler gets. */
export interface DirtyContext extends HookContext {
  /** A failed round's work is evidence: it stays as it is unless a handler takes it. */
  readonly ending: Ending;
  /** Whether the built-in handler would deal with it. */
  readonly clean_exit: boolean;
  /** Stashes as `dirty_action = "stash"` does. */
  stash(): Promise<DirtyOutcome>;
  /** Commits as `dirty_action = "auto_commit"` does. */
  autoCommit(): Promise<DirtyOutcome>;
}

export interface DirtyHandler {
  /** Handlers below 1000 come before the built-in `default_dirty_handler`. Absent: 0. */
  readonly priority?: number;
  /** @param files changed paths relative to `work_dir`, owned ones left out; null passes to the next handler */
  handle(
    context: DirtyContext,
    files: readonly string[],
  ): DirtyOutcome | null | Promise<DirtyOutcome | null>;
}

/** What became of a dirty work tree; `ref` is the commit id of the stash or commit. */
export interface DirtyOutcome {
  readonly kind: "stashed" | "committed" | "ignored";
  readonly ref: string | null;
}

/** What is known of an ended round. */
export interface RoundResult {
  readonly round_num: number;
  readonly phase: string | null;
  /** ISO 8601, UTC. */
  readonly started_at: string;
  readonly ended_at: string;
  /** Negative: the signal. */
  readonly exit_code: number;
  readonly duration_s: number;
  /** As `agent_exit.timed_out`: also true when an idle or stalled agent was ended. */
  readonly timed_out: boolean;
  readonly killed_for_grace: boolean;
  readonly log_path: string;
  readonly dirty_files: readonly string[];
  readonly stashed: boolean;
  readonly dirty_outcome: DirtyOutcome | null;
  readonly ending: Ending;
  /** `productive`, `no_work`, `limited`, `failed`, `timed_out`, … as in `round_end`. */
  readonly verdict: string;
}

export interface Detector {
  readonly severity: "info" | "warning" | "critical";
  readonly auto_action?: "none" | "stop_service";
  /** @param state the document of `peek --json`; null: all is well */
  detect(state: Json): { readonly message: string } | null | Promise<{ readonly message: string } | null>;
}

/** What a plugin saw in the agent's output. `raw` is the CLI's own wording, uncut and unredacted, "" where it has none. */
export type Finding =
  | LimitFinding
  /** The server said that this window (null: the one without a name) admits requests again. */
  | { readonly kind: "limit_cleared"; readonly window: string | null }
  /** A server-side failure that passes: HTTP 500, 502, 503, 504 or 529. */
  | { readonly kind: "overloaded"; readonly status: number; readonly raw: string }
  | { readonly kind: "api_timeout"; readonly raw: string }
  | { readonly kind: "auth_failed"; readonly raw: string }
  | { readonly kind: "billing"; readonly raw: string }
  | UsageFinding
  /** The CLI's closing record. `ok` cancels what was found before it. */
  | { readonly kind: "result"; readonly ok: boolean; readonly raw: string }
  | { readonly kind: "waiting_for_human"; readonly what: string }
  /** A tool call began (`open`) or ended. */
  | { readonly kind: "tool"; readonly open: boolean }
  | RepetitionFinding
  /** A plugin's own class of limit, obeyed as given. */
  | {
    readonly kind: "other_limit";
    readonly classification: string;
    readonly resetAt: Instant;
    readonly raw: string;
  };

/**
 * The server refuses further requests.
 * `resetAt` comes from the server and is obeyed; null means that the wait has to be estimated.
 */
export interface LimitFinding {
  readonly kind: "limit";
  readonly scope: "account" | "model";
  /** The server's name of the window, such as `five_hour`; null where it names none. */
  readonly window: string | null;
  readonly resetAt: Instant | null;
  readonly raw: string;
}

/** Token counts of the round as the CLI reports them; `inputTokens` without cache reads. */
export interface UsageFinding {
  readonly kind: "usage";
  /** `unknown` where the output names none. */
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly cacheCreationTokens: number;
  readonly toolCalls: number;
  /** US dollars, null where the CLI does not say. */
  readonly usd: number | null;
  readonly durationMs: number;
  readonly models: Readonly<Record<string, Readonly<Record<string, number>>>> | null;
}

/** The same tool was called on the same target `count` times within the last `window` calls. */
export interface RepetitionFinding {
  readonly kind: "repetition";
  readonly tool: string;
  /** At most 100 characters. */
  readonly target: string | null;
  readonly count: number;
  readonly window: number;
}
