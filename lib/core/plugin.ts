/**
 * The contract between the supervisor and a plugin that reads one agent CLI's output.
 *
 * A reader says what it *saw* (findings, in the order of the output); what follows from them is decided by the
 * same pure rules for every reader (`evidence.ts`).
 *
 * @module
 */
import type { Ending } from "./ending.ts";
import type { Instant } from "./instant.ts";

export type { Ending, Instant };

/** The version of this contract; a plugin names the one that it was written for. */
export const API_VERSION = 1;

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

/** What a reader is told about the round that it reads. */
export interface ReaderContext {
  readonly roundNum: number;
  /** `[monitor] anomaly_repetitive_window` and `_threshold`; null where the check is off. */
  readonly repetition: { readonly window: number; readonly threshold: number } | null;
}

/** Reads one round's output. Both functions must return at once and must not throw. */
export interface Reader {
  /** One line without its newline; only lines that contain one of the plugin's `interest` strings arrive. */
  line(text: string): readonly Finding[];
  /** The output is over. */
  end(ending: Ending): readonly Finding[];
}

/** One agent CLI's plugin. */
export interface Plugin {
  readonly apiVersion: typeof API_VERSION;
  /** Unique; usable in `[plugins] disable`. */
  readonly name: string;
  /** The word for this agent in `[agent] reader` and in the events' `agent` field. */
  readonly agent: string;
  /** Base names of commands whose output it reads without being told to. */
  readonly binaries: readonly string[];
  /** Strings of which a line must contain one to be decoded at all. Few and rare ones make the reader fast. */
  readonly interest: readonly string[];
  reader(context: ReaderContext): Reader;
  /**
   * The words of a line that the CLI itself wrote (a message on stderr, an error text), or null where the line
   * carries what the model or a tool said. Text patterns are only ever looked for in these words.
   */
  ownWords(line: string): string | null;
}
