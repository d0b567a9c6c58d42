/**
 * Reads Claude Code's `--output-format stream-json` (and the single record of `json`).
 *
 * Field names as recorded from Claude Code 2.1.330. No field is relied on: each is coerced by itself, so that one odd
 * value costs what it would have said and nothing else.
 *
 * @module
 */
import type {
  Finding,
  Instant,
  LimitFinding,
  Plugin,
  Reader,
  ReaderContext,
  UsageFinding,
} from "../lib/core/plugin.ts";
import { CallWindow } from "./call_window.ts";
import { countOf, type Fields, instantOf, listOf, numberOf, objectOf, parsed, textOf } from "./fields.ts";
import { findingOfStatus } from "./http_status.ts";

/** The plugin for the `claude` command. */
export const claude = {
  apiVersion: 1,
  name: "claude_error_detector",
  agents: ["claude"],
  // Quoted values instead of `"type":"…"`: spacing does not matter, and inside of a tool's text the quotes are escaped.
  interest: ['"assistant"', '"result"', '"rate_limit_event"', '"api_retry"'],
  reader(context: ReaderContext): Reader {
    return new ClaudeReader(context);
  },
  ownWords(line: string): string | null {
    if (line.startsWith('{"') && !line.includes('"result"') && !line.includes(SYNTHETIC)) return null;
    const value = parsed(line);
    // A torn record may carry what a tool said; only what was never a record is the CLI's own.
    if (value === undefined) return line.startsWith('{"') || line.trim() === "" ? null : line;
    return wordsOf(objectOf(value) ?? {});
  },
} satisfies Plugin;

/** The model name of messages that the CLI wrote itself. */
const SYNTHETIC = "<synthetic>";

/**
 * HTTP statuses behind the words in `api_error_type`, `api_error` and a synthetic message's `error`, for records without
 * a status. `server_error` without one is a request that got no answer; what got none counts as 408.
 */
const STATUS_OF_WORD: ReadonlyMap<string, number> = new Map([
  ["authentication_error", 401],
  ["authentication_failed", 401],
  ["oauth_org_not_allowed", 401],
  ["billing_error", 402],
  ["permission_error", 403],
  ["connection_failed", 408],
  ["server_error", 408],
  ["timeout_error", 408],
  ["rate_limit", 429],
  ["rate_limit_error", 429],
  ["api_error", 500],
  ["overloaded", 529],
  ["overloaded_error", 529],
]);

interface OpenTools {
  messageId: unknown;
  count: number;
}

class ClaudeReader implements Reader {
  readonly #calls: CallWindow | null;
  /** Windows that refuse requests as far as the output tells. */
  readonly #rejected = new Set<string | null>();
  /** By the call that a subagent runs in, "" for the main thread. */
  readonly #openTools = new Map<string, OpenTools>();
  #model = "unknown";
  #toolCalls = 0;
  /** The `error` of the last synthetic message. */
  #errorWord: unknown = null;
  /** What the retry that is under way says, until something good comes. */
  #retrying: Finding | null = null;

  constructor(context: ReaderContext) {
    const limits = context.repetition;
    this.#calls = limits === null ? null : new CallWindow(limits.window, limits.threshold);
  }

  line(text: string): readonly Finding[] {
    const record = objectOf(parsed(text)) ?? {};
    switch (record.type) {
      case "assistant":
        return this.#message(record);
      case "result":
        return this.#result(record);
      case "rate_limit_event":
        return this.#windows(objectOf(record.rate_limit_info) ?? {});
      case "system":
        if (record.subtype === "api_retry") this.#retrying = retryOf(record);
    }
    return [];
  }

  end(): readonly Finding[] {
    return this.#retrying === null ? [] : [this.#retrying];
  }

  #message(record: Fields): readonly Finding[] {
    const message = objectOf(record.message);
    if (message === null) return [];
    const thread = textOf(record.parent_tool_use_id);
    const findings = this.#closeTools(thread, message.id);
    if (message.model === SYNTHETIC) {
      this.#errorWord = record.error;
      return findings;
    }
    this.#errorWord = null;
    this.#retrying = null;
    this.#model = textOf(message.model) || this.#model;
    for (const item of listOf(message.content)) {
      const part = objectOf(item);
      if (part?.type !== "tool_use") continue;
      this.#toolCalls += 1;
      this.#openTool(thread, message.id);
      findings.push({ kind: "tool", open: true });
      const repeated = this.#calls?.add(textOf(part.name) || "?", targetOf(objectOf(part.input) ?? {}));
      if (repeated) findings.push(repeated);
    }
    return findings;
  }

  #openTool(thread: string, messageId: unknown): void {
    const open = this.#openTools.get(thread);
    if (open === undefined) this.#openTools.set(thread, { messageId, count: 1 });
    else open.count += 1;
  }

  /**
   * Tools end when their thread speaks again: their own records are most of the output and are not decoded. Calls of one
   * message run side by side and come as lines with the same id.
   */
  #closeTools(thread: string, messageId: unknown): Finding[] {
    const findings: Finding[] = [];
    for (const [name, open] of this.#openTools) {
      const concerned = thread === "" || name === thread;
      const goesOn = name === thread && messageId !== undefined && open.messageId === messageId;
      if (!concerned || goesOn) continue;
      this.#openTools.delete(name);
      for (let n = 0; n < open.count; n++) findings.push({ kind: "tool", open: false });
    }
    return findings;
  }

  #windows(info: Fields): readonly Finding[] {
    const findings = windowsOf(info);
    for (const finding of findings) {
      if (finding.kind === "limit") this.#rejected.add(finding.window);
      if (finding.kind === "limit_cleared") this.#rejected.delete(finding.window);
    }
    return findings;
  }

  #result(record: Fields): readonly Finding[] {
    const findings = this.#closeTools("", undefined);
    const words = wordsOf(record);
    const failure = words === null ? null : failureOf(record, this.#errorWord, words);
    const known = failure?.kind === "limit" && failure.resetAt === null && this.#rejected.size > 0;
    if (failure !== null && !known) findings.push(failure);
    const usage = objectOf(record.usage);
    if (usage !== null && Object.keys(usage).length > 0) findings.push(this.#usage(record, usage));
    const ok = words === null && (record.is_error ?? false) === false;
    findings.push({ kind: "result", ok, raw: words ?? "" });
    if (ok) this.#rejected.clear();
    this.#retrying = null;
    this.#errorWord = null;
    return findings;
  }

  #usage(record: Fields, usage: Fields): UsageFinding {
    return {
      kind: "usage",
      model: this.#model,
      inputTokens: countOf(usage.input_tokens),
      outputTokens: countOf(usage.output_tokens),
      cachedTokens: countOf(usage.cache_read_input_tokens),
      cacheCreationTokens: countOf(usage.cache_creation_input_tokens),
      toolCalls: this.#toolCalls,
      usd: numberOf(record.total_cost_usd),
      durationMs: countOf(record.duration_ms),
      models: null,
    };
  }
}

/** Characters of a call's target that are told. */
const TARGET_MAX = 100;

function targetOf(input: Fields): string | null {
  const candidates = [input.file_path, input.path, input.pattern, input.command];
  const target = candidates.find((value) => typeof value === "string");
  if (target === undefined || target.length <= TARGET_MAX) return target ?? null;
  // So many characters are at most twice as many code units; cutting by characters leaves no half of a pair.
  return [...target.slice(0, 2 * TARGET_MAX)].slice(0, TARGET_MAX).join("");
}

/** What a retry notice stands for if nothing follows; a refused login is not among it: the CLI is renewing its token. */
function retryOf(record: Fields): Finding | null {
  const finding = findingOfStatus(statusOf(record.error_status, [record.error]) ?? 408, textOf(record.error));
  return finding?.kind === "auth_failed" || finding?.kind === "billing" ? null : finding;
}

/**
 * `status` is about the request, `unifiedWindows` about every window of the plan. On a refusal all refusing windows of the
 * account count: those of a model may belong to another than the one in use, and credits for extra usage come back later
 * than the window that they stand in for.
 */
function windowsOf(info: Fields): readonly Finding[] {
  const refused = info.status === "rejected" || info.status === "blocked";
  if (!refused && !isAllowed(info.status)) return [];
  const claim = textOf(info.rateLimitType) || null;
  const unified = objectOf(info.unifiedWindows) ?? {};
  const names = Object.keys(unified).filter((name) => name !== claim);
  const onCredit = info.isUsingOverage === true;
  if (!refused || onCredit) {
    const admitted = names.filter((name) => onCredit || isAllowed(objectOf(unified[name])?.status));
    return [claim, ...admitted].map(clearedOf);
  }
  const findings: Finding[] = names.filter((name) => isAllowed(objectOf(unified[name])?.status)).map(
    clearedOf,
  );
  const others = names.filter((name) => objectOf(unified[name])?.status === "rejected" && isOfPlan(name))
    .map((name) => limitOf(name, instantOf(objectOf(unified[name])?.resetsAt)));
  findings.push(...others);
  const resetAt = instantOf(info.resetsAt) ?? instantOf(objectOf(unified[claim ?? ""])?.resetsAt);
  const standsIn = claim === "overage" && others.length > 0;
  if (!standsIn && (claim !== null || resetAt !== null)) findings.push(limitOf(claim, resetAt));
  return findings;
}

function clearedOf(window: string | null): Finding {
  return { kind: "limit_cleared", window };
}

function limitOf(window: string | null, resetAt: Instant | null): LimitFinding {
  return { kind: "limit", scope: isOfModel(window ?? "") ? "model" : "account", window, resetAt, raw: "" };
}

function isOfPlan(window: string): boolean {
  return window !== "overage" && !isOfModel(window);
}

function isOfModel(window: string): boolean {
  return window.endsWith("_opus") || window.endsWith("_sonnet");
}

function isAllowed(status: unknown): boolean {
  return status === "allowed" || status === "allowed_warning";
}

/** Why a failed result failed, as far as the next round has to know. */
function failureOf(record: Fields, errorWord: unknown, raw: string): Finding | null {
  const named = /usage limit reached\|(\d+)/i.exec(raw);
  if (named !== null) {
    return { kind: "limit", scope: "account", window: null, resetAt: instantOf(named[1]), raw };
  }
  if (errorWord === "billing_error" || /credit balance is too low/i.test(raw)) {
    return { kind: "billing", raw };
  }
  if (record.api_error === "usage_limit_reached") {
    return { kind: "limit", scope: "account", window: null, resetAt: null, raw };
  }
  const status = statusOf(record.api_error_status, [record.api_error_type, record.api_error, errorWord]);
  if (status !== null) return findingOfStatus(status, raw);
  return raw.startsWith("Request timed out") ? { kind: "api_timeout", raw } : null;
}

function statusOf(status: unknown, words: readonly unknown[]): number | null {
  const known = words.map((word) => STATUS_OF_WORD.get(textOf(word))).find((found) => found !== undefined);
  return numberOf(status) ?? known ?? null;
}

/** The CLI's own words in a failed result or an error message, null for every other record. */
function wordsOf(record: Fields): string | null {
  if (record.type === "result") {
    const failed = record.is_error === true || textOf(record.subtype).startsWith("error");
    if (!failed) return null;
    return textOf(record.result) || listOf(record.errors).map(textOf).join("\n");
  }
  const message = objectOf(record.message) ?? {};
  if (record.type !== "assistant" || message.model !== SYNTHETIC) return null;
  return listOf(message.content).map((part) => textOf(objectOf(part)?.text)).join("\n");
}
