/**
 * A model API on loopback that says what a test wants: as much of the Anthropic messages dialect as the real Claude
 * Code CLI needs for a headless run.
 *
 * @module
 */

/** What the API answers to one request of a main turn. Epochs are in seconds. */
export type ApiStep =
  | { readonly kind: "ok"; readonly text?: string }
  /** The model asks for one Bash call; the request that brings its result gets `then` (by default an ordinary ok). */
  | { readonly kind: "ok_tool"; readonly command: string; readonly then?: ApiStep }
  | { readonly kind: "five_hour" | "seven_day"; readonly resetAtEpoch: number }
  /** A bare error status, without any rate-limit header: 401, 500, 529, … */
  | { readonly kind: "status"; readonly status: number }
  /** The answer begins and never goes on. */
  | { readonly kind: "stall" };

/** One request as the server saw it. */
export interface ApiRequest {
  /** Milliseconds since the epoch, by the server's own clock. */
  readonly at: number;
  readonly path: string;
  /** "" where the request names none. */
  readonly model: string;
  /** Whether it is a turn of the agent, as opposed to a title, a token count or a connection check. */
  readonly main: boolean;
}

/** Chooses the answer to a main request; asked once for each, except for the one that brings a tool's result. */
export type Script = (request: ApiRequest) => ApiStep;

export interface FakeApi {
  /** For `ANTHROPIC_BASE_URL`. */
  readonly url: string;
  /** All requests so far, in order of arrival; grows. */
  readonly requests: readonly ApiRequest[];
  /** Replaces the script; until then every answer is ok. */
  script(script: Script): void;
  /** Drops open connections, stalled ones too. */
  close(): Promise<void>;
}

/** Starts the API on a free port of 127.0.0.1; `now` is its clock, in milliseconds since the epoch. */
export function startFakeApi(now: () => number = Date.now): FakeApi {
  const requests: ApiRequest[] = [];
  const afterTool = new Map<string, ApiStep>();
  const stop = new AbortController();
  let script = inTurn([]);

  async function handle(http: Request): Promise<Response> {
    const path = new URL(http.url).pathname;
    const body = parseBody(await http.text());
    const isMessage = http.method === "POST" && path === "/v1/messages";
    const main = isMessage && body.tools.length > 0;
    const request = { at: now(), path, model: body.model, main };
    requests.push(request);
    if (!isMessage) return answerAside(http.method, path);
    const step = main ? takeAfterTool(afterTool, body) ?? script(request) : { kind: "ok" } as const;
    return answer(step, body, request.at, afterTool);
  }

  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen: ignoreListening },
    handle,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    script(next) {
      script = next;
    },
    async close() {
      stop.abort();
      await server.finished;
    },
  };
}

/** Gives each main request the next step, and ok when there are no more. */
export function inTurn(steps: readonly ApiStep[]): Script {
  const left = [...steps];
  return function nextStep() {
    return left.shift() ?? { kind: "ok" };
  };
}

/** Refuses with the plan's limit until the server's clock has reached the reset, and answers `after` from then on. */
export function limitedUntil(
  resetAtEpoch: number,
  window: "five_hour" | "seven_day",
  after: ApiStep = { kind: "ok" },
): Script {
  return function limitOrAfter(request) {
    return request.at < resetAtEpoch * 1000 ? { kind: window, resetAtEpoch } : after;
  };
}

interface MessagesBody {
  readonly model: string;
  readonly stream: boolean;
  readonly tools: readonly unknown[];
  readonly messages: readonly { readonly content: string | readonly RequestBlock[] }[];
}

interface RequestBlock {
  readonly type: string;
  readonly tool_use_id?: string;
}

type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: object };

interface ApiEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

function parseBody(text: string): MessagesBody {
  const body: Partial<MessagesBody> = text === "" ? {} : JSON.parse(text);
  return { model: "", stream: false, tools: [], messages: [], ...body };
}

function answerAside(method: string, path: string): Response {
  if (method === "HEAD") return new Response(null);
  if (path === "/v1/messages/count_tokens") return Response.json({ input_tokens: 1000 });
  return Response.json(errorBody("not_found_error", "Not found"), { status: 404 });
}

function takeAfterTool(afterTool: Map<string, ApiStep>, body: MessagesBody): ApiStep | null {
  for (const { content } of body.messages) {
    if (typeof content === "string") continue;
    for (const { tool_use_id: id = "" } of content) {
      const step = afterTool.get(id);
      if (step === undefined) continue;
      afterTool.delete(id);
      return step;
    }
  }
  return null;
}

function answer(step: ApiStep, body: MessagesBody, at: number, afterTool: Map<string, ApiStep>): Response {
  switch (step.kind) {
    case "ok":
      return sendMessage(body, at, [{ type: "text", text: step.text ?? "Done." }]);
    case "ok_tool": {
      const id = `toolu_${crypto.randomUUID()}`;
      afterTool.set(id, step.then ?? { kind: "ok" });
      const input = { command: step.command, description: "Does what the test wants" };
      return sendMessage(body, at, [{ type: "tool_use", id, name: "Bash", input }]);
    }
    case "five_hour":
    case "seven_day":
      return refuse(429, {
        ...unifiedHeaders(at, step.kind, step.resetAtEpoch),
        "retry-after": String(Math.max(0, Math.ceil(step.resetAtEpoch - at / 1000))),
      });
    case "status":
      return refuse(step.status, { "x-should-retry": String(step.status >= 500) });
    case "stall":
      return stall(body);
  }
}

function sendMessage(body: MessagesBody, at: number, content: readonly Block[]): Response {
  const headers = unifiedHeaders(at, null, Math.ceil(at / 1000) + 5 * 3600);
  const stopReason = content.some(isToolUse) ? "tool_use" : "end_turn";
  if (!body.stream) return Response.json(message(body.model, content, stopReason), { headers });
  const events: readonly ApiEvent[] = [
    { type: "message_start", message: message(body.model, [], null) },
    ...content.flatMap(blockEvents),
    {
      type: "message_delta",
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { output_tokens: 20 },
    },
    { type: "message_stop" },
  ];
  return new Response(events.map(serverSentEvent).join(""), {
    headers: { ...headers, "content-type": "text/event-stream" },
  });
}

function isToolUse(block: Block): boolean {
  return block.type === "tool_use";
}

function message(model: string, content: readonly Block[], stopReason: string | null): object {
  return {
    id: `msg_${crypto.randomUUID()}`,
    type: "message",
    role: "assistant",
    model,
    content,
    stop_reason: stopReason,
    stop_sequence: null,
    usage: { input_tokens: 1000, output_tokens: 20 },
  };
}

function blockEvents(block: Block, index: number): readonly ApiEvent[] {
  const [start, delta] = block.type === "text"
    ? [{ ...block, text: "" }, { type: "text_delta", text: block.text }]
    : [{ ...block, input: {} }, { type: "input_json_delta", partial_json: JSON.stringify(block.input) }];
  return [
    { type: "content_block_start", index, content_block: start },
    { type: "content_block_delta", index, delta },
    { type: "content_block_stop", index },
  ];
}

function serverSentEvent(event: ApiEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function stall(body: MessagesBody): Response {
  const begin = serverSentEvent({ type: "message_start", message: message(body.model, [], null) });
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(begin));
    },
  });
  return new Response(stream, { headers: { "content-type": "text/event-stream" } });
}

function refuse(status: number, headers: Record<string, string>): Response {
  return Response.json(errorBody(ERROR_TYPES[status] ?? "api_error", `The test wants ${status}`), {
    status,
    headers,
  });
}

function errorBody(type: string, text: string): object {
  return { type: "error", error: { type, message: text } };
}

/** Names of the public API's error reference. */
const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** What a plan login gets with every answer: the state of both windows, and which of them speaks for the whole. */
function unifiedHeaders(
  at: number,
  rejected: "five_hour" | "seven_day" | null,
  resetAtEpoch: number,
): Record<string, string> {
  const prefix = "anthropic-ratelimit-unified";
  const claim = rejected ?? "five_hour";
  const headers: Record<string, string> = {
    [`${prefix}-status`]: rejected === null ? "allowed" : "rejected",
    [`${prefix}-reset`]: String(resetAtEpoch),
    [`${prefix}-representative-claim`]: claim,
    [`${prefix}-overage-status`]: "rejected",
    [`${prefix}-overage-disabled-reason`]: "org_level_disabled",
  };
  const windows = [["5h", "five_hour", 5], ["7d", "seven_day", 7 * 24]] as const;
  for (const [short, name, hours] of windows) {
    const reset = name === claim ? resetAtEpoch : Math.ceil(at / 1000) + hours * 3600;
    headers[`${prefix}-${short}-status`] = name === rejected ? "rejected" : "allowed";
    headers[`${prefix}-${short}-reset`] = String(reset);
    // So little used that the CLI does not warn of a window that is being used up too fast.
    headers[`${prefix}-${short}-utilization`] = name === rejected ? "1.0" : "0.01";
  }
  return headers;
}

function ignoreListening(): void {}
