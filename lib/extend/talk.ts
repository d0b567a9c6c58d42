/**
 * Speaking with one loaded plugin: in a process of its own, or in this one. Whatever the plugin does, a call ends.
 *
 * @module
 */
import type { Host, Sandbox, SandboxSpec } from "../host.ts";
import { readFault, wordOf } from "./faults.ts";
import { type Call, EMITS_MAX, type Fault, faultOf, Guest, type Outlet } from "./guest.ts";
import GUEST from "./guest.ts" with { type: "text" };
import { isShallow } from "./json_depth.ts";

/** How a call went. After a fault that is the `end`, the plugin cannot be spoken to any more. */
export type Called =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "fault"; readonly fault: Fault; readonly end: boolean };

export interface Talk {
  call(call: Call, limitMs: number): Promise<Called>;
  /** The running call may take no longer than this from now on (ms). */
  hurry(limitMs: number): void;
  end(): Promise<void>;
}

/** Memory that a plugin's process may hold (bytes). */
const RESIDENT_MAX = 512 * 1024 * 1024;

/** Between two looks at its memory and the time that it takes (ms). */
const LOOK_MS = 100;

/** Things that one call may ask for; more is a flood. */
const ASKS_MAX = 10;

/** Starts a process and gives it the part that speaks with us. Rejects with FileError. */
export async function talkWithProcess(
  host: Host,
  spec: Omit<SandboxSpec, "module">,
  outlet: Outlet,
): Promise<Talk & { readonly sandbox: Sandbox }> {
  return new ProcessTalk(host, await host.processes.sandbox({ ...spec, module: GUEST }), outlet);
}

class ProcessTalk implements Talk {
  readonly sandbox: Sandbox;
  readonly #host: Host;
  readonly #outlet: Outlet;
  readonly #over = new AbortController();
  #calls = 0;
  #deadlineMs = Infinity;
  #why: Fault | null = null;

  constructor(host: Host, sandbox: Sandbox, outlet: Outlet) {
    this.#host = host;
    this.sandbox = sandbox;
    this.#outlet = outlet;
    this.#watch();
  }

  async call(call: Call, limitMs: number): Promise<Called> {
    const id = ++this.#calls;
    this.#deadlineMs = this.#host.clock.monotonicMs() + limitMs;
    this.sandbox.send(JSON.stringify({ id, ...call }));
    try {
      return await this.#answer(id, limitMs);
    } finally {
      this.#deadlineMs = Infinity;
    }
  }

  hurry(limitMs: number): void {
    // Between two calls it may rest for as long as it likes.
    if (this.#deadlineMs === Infinity) return;
    this.#deadlineMs = Math.min(this.#deadlineMs, this.#host.clock.monotonicMs() + limitMs);
  }

  async end(): Promise<void> {
    this.#over.abort();
    await this.sandbox.end();
  }

  async #answer(id: number, limitMs: number): Promise<Called> {
    for (let emitted = 0, asked = 0;;) {
      const line = await this.sandbox.next();
      if (line === null) return await this.#ended(limitMs);
      const message = parsed(line);
      if (message === null) {
        return await this.#end("ProtocolError", `it wrote what is no message: ${line.slice(0, 80)}`);
      }
      if ("emit" in message) {
        if (++emitted > EMITS_MAX) {
          return await this.#end("FloodError", `more than ${EMITS_MAX} events in one call`);
        }
        this.#outlet.emit(wordOf(message.emit), message.fields);
      } else if ("ask" in message) {
        if (++asked > ASKS_MAX) return await this.#end("FloodError", `asked more than ${ASKS_MAX} times`);
        await this.#reply(message.ask, wordOf(message.what));
      } else if (message.id === id && message.fault === undefined) {
        return { kind: "value", value: message.value ?? null };
      } else if (message.id === id) return { kind: "fault", fault: readFault(message.fault), end: false };
      else return await this.#end("ProtocolError", "it answered what was not asked");
    }
  }

  /** One after the other. What it asks for may take its time, which is not the plugin's. */
  async #reply(answer: unknown, what: string): Promise<void> {
    const left = this.#deadlineMs - this.#host.clock.monotonicMs();
    this.#deadlineMs = Infinity;
    try {
      this.sandbox.send(JSON.stringify({ answer, value: await this.#outlet.ask(what) ?? null }));
    } catch (error) {
      this.sandbox.send(JSON.stringify({ answer, fault: faultOf(error) }));
    } finally {
      this.#deadlineMs = this.#host.clock.monotonicMs() + left;
    }
  }

  /** Ends it when a call takes too long, or when it takes too much memory. */
  async #watch(): Promise<void> {
    const { clock, processes } = this.#host;
    for (; !this.#over.signal.aborted; await clock.sleep(LOOK_MS, this.#over.signal)) {
      if (clock.monotonicMs() > this.#deadlineMs) {
        this.#why ??= { type: "TimeoutError", message: "", stack: "" };
      } else if ((processes.residentBytes(this.sandbox.pid) ?? 0) > RESIDENT_MAX) {
        const message = `it held more than ${RESIDENT_MAX / 1024 / 1024} MiB of memory`;
        this.#why ??= { type: "MemoryError", message, stack: "" };
      }
      if (this.#why === null) continue;
      this.sandbox.kill();
      return;
    }
  }

  async #ended(limitMs: number): Promise<Called> {
    const why = this.#why;
    if (why?.type === "TimeoutError") {
      return await this.#end(why.type, `no answer within ${limitMs / 1000} s`);
    }
    if (why !== null) return await this.#end(why.type, why.message);
    return await this.#end("ExitError", "its process ended, or wrote a line without end");
  }

  async #end(type: string, message: string): Promise<Called> {
    await this.end();
    return { kind: "fault", fault: { type, message, stack: this.sandbox.errors }, end: true };
  }
}

interface Message {
  readonly id?: unknown;
  readonly value?: unknown;
  readonly fault?: unknown;
  readonly emit?: unknown;
  readonly fields?: unknown;
  readonly ask?: unknown;
  readonly what?: unknown;
}

function parsed(line: string): Message | null {
  try {
    const value: unknown = isShallow(line) ? JSON.parse(line) : null;
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    // What is no JSON is said by the caller.
    return null;
  }
}

/** The plugin runs in this process, with all that this process may do. Code that never yields cannot be ended. */
export function talkInProcess(host: Host, outlet: Outlet): Talk {
  const guest = new Guest(outlet);
  let hurried = Promise.withResolvers<void>();
  return {
    async call(call, limitMs) {
      const done = new AbortController();
      hurried = Promise.withResolvers();
      const message = `no answer within ${limitMs / 1000} s`;
      const late = Promise.race([host.clock.sleep(limitMs, done.signal), hurried.promise]).then(
        (): Called => (
          { kind: "fault", fault: { type: "TimeoutError", message, stack: "" }, end: true }
        ),
      );
      const answer = guest.call(call).then(
        (value): Called => ({ kind: "value", value: plain(value) }),
      ).catch((error): Called => ({ kind: "fault", fault: faultOf(error), end: false }));
      try {
        return await Promise.race([answer, late]);
      } finally {
        done.abort();
      }
    },
    hurry(limitMs) {
      const { resolve } = hurried;
      host.clock.sleep(limitMs).then(resolve);
    },
    end: () => Promise.resolve(),
  };
}

/** As it would come out of a process of its own. Throws where it is no plain JSON. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value ?? null) ?? "null";
  if (!isShallow(text)) throw new RangeError("its answer is nested too deeply");
  return JSON.parse(text);
}
