/**
 * The scripted agent's words: Claude Code's stream-json, cut down to what a reader may look at.
 *
 * @module
 */
import type { ApiError } from "./fake_scenarios.ts";

/** One line of output before it is encoded. */
export type FakeRecord = Readonly<Record<string, unknown>>;

const MODEL = "fake-agent-1";

/** Claude Code's name for the author of messages that it wrote itself. */
const SYNTHETIC = "<synthetic>";

export function initRecord(sessionId: string, cwd: string): FakeRecord {
  return {
    type: "system",
    subtype: "init",
    cwd,
    session_id: sessionId,
    tools: ["Bash", "Write"],
    model: MODEL,
  };
}

/** @param nth number of the message within the round; records of one message share it */
export function textRecord(nth: number, text: string): FakeRecord {
  return message(`msg_${nth}`, MODEL, [{ type: "text", text }]);
}

/** @param nth as in `textRecord`; the tool call gets the same number */
export function toolRecord(nth: number, name: string, input: FakeRecord): FakeRecord {
  return message(`msg_${nth}`, MODEL, [{ type: "tool_use", id: `toolu_${nth}`, name, input }]);
}

/** @param nth number of the tool call that ended */
export function toolResultRecord(nth: number, content: string, isError: boolean): FakeRecord {
  const part = { type: "tool_result", tool_use_id: `toolu_${nth}`, content, is_error: isError };
  return { type: "user", message: { role: "user", content: [part] }, parent_tool_use_id: null };
}

/** The server refuses requests until `resetEpochS` (Unix seconds). */
export function refusalRecord(window: string, resetEpochS: number): FakeRecord {
  return {
    type: "rate_limit_event",
    rate_limit_info: {
      status: "rejected",
      resetsAt: resetEpochS,
      rateLimitType: window,
      isUsingOverage: false,
      unifiedWindows: { [window]: { utilization: 1, resetsAt: resetEpochS, status: "rejected" } },
    },
  };
}

/** The CLI's message in place of the model's answer. */
export function errorRecord(nth: number, { status, word, type, text }: ApiError): FakeRecord {
  return {
    ...message(`msg_${nth}`, SYNTHETIC, [{ type: "text", text }]),
    error: word,
    is_api_error_message: true,
    api_error_status: status,
    api_error_type: type,
  };
}

/** What a closing record says about the round. */
export interface RoundFacts {
  readonly sessionId: string;
  readonly turns: number;
  readonly durationMs: number;
}

export function resultRecord(facts: RoundFacts): FakeRecord {
  return {
    ...closing(facts),
    is_error: false,
    result: "Done.",
    total_cost_usd: 0.0125,
    usage: tokens(1200, 340, 8000, 300),
  };
}

export function failedResultRecord(facts: RoundFacts, error: ApiError): FakeRecord {
  return {
    ...closing(facts),
    is_error: true,
    api_error_status: error.status,
    api_error_type: error.type,
    result: error.text,
    total_cost_usd: 0,
    usage: tokens(0, 0, 0, 0),
  };
}

function message(id: string, model: string, content: readonly unknown[]): FakeRecord {
  return {
    type: "assistant",
    message: { id, type: "message", role: "assistant", model, content },
    parent_tool_use_id: null,
  };
}

function closing({ sessionId, turns, durationMs }: RoundFacts): FakeRecord {
  return {
    type: "result",
    subtype: "success",
    session_id: sessionId,
    num_turns: turns,
    duration_ms: Math.round(durationMs),
  };
}

function tokens(input: number, output: number, cacheRead: number, cacheCreation: number): FakeRecord {
  return {
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheCreation,
  };
}
