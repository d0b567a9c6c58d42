import type { Stream, Terminal } from "../host.ts";
import { libc } from "./libc.ts";
import { refusalOf } from "./refusal.ts";

/**
 * The three standard streams. What `err` cannot take is dropped, since words are no reason to end; `out` throws a
 * `FileError` then (a full disk), since its data are what was asked for. A reader that has gone is neither.
 */
export function systemTerminal(): Terminal {
  return {
    out: new StandardStream("standard output", Deno.stdout, true),
    err: new StandardStream("standard error", Deno.stderr, false),
    get stdinIsTerminal() {
      return Deno.stdin.isTerminal();
    },
    isOutUnread,
    readLine,
  };
}

/** Byte by byte: what follows the line is for whoever reads next. */
async function readLine(): Promise<string | null> {
  const line: number[] = [];
  const byte = new Uint8Array(1);
  while (await Deno.stdin.read(byte) !== null) {
    if (byte[0] === NEWLINE) return new TextDecoder().decode(new Uint8Array(line));
    line.push(byte[0]!);
  }
  return line.length === 0 ? null : new TextDecoder().decode(new Uint8Array(line));
}

const NEWLINE = 10;

/** What `Deno.stdout` and `Deno.stderr` have in common, as far as it is used. */
interface Sink {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

const COLUMNS_UNKNOWN = 80;

/** Milliseconds until the next try on a stream that somebody has set to non-blocking and whose reader is slow. */
const RETRY_MS = 5;

class StandardStream implements Stream {
  readonly #name: string;
  readonly #sink: Sink;
  readonly #mustWrite: boolean;
  #closed = false;
  /** The sink has taken a part of a line and refused the rest: what comes next begins a new line. */
  #torn = false;

  constructor(name: string, sink: Sink, mustWrite: boolean) {
    this.#name = name;
    this.#sink = sink;
    this.#mustWrite = mustWrite;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get isTerminal(): boolean {
    return this.#sink.isTerminal();
  }

  write(text: string): void {
    if (this.#closed) return;
    const bytes = new TextEncoder().encode(this.#torn ? `\n${text}` : text);
    let written = 0;
    try {
      while (written < bytes.length) written += this.#writeSome(bytes.subarray(written));
      this.#torn = false;
    } catch (error) {
      if (written > 0) this.#torn = bytes[written - 1] !== NEWLINE;
      this.#closed = hasGone(error);
      if (!this.#closed && this.#mustWrite) throw refusalOf(error, this.#name);
    }
  }

  #writeSome(bytes: Uint8Array): number {
    try {
      return this.#sink.writeSync(bytes);
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      pause(RETRY_MS);
      return 0;
    }
  }

  columns(): number {
    try {
      const { columns } = Deno.consoleSize();
      return columns > 0 ? columns : COLUMNS_UNKNOWN;
    } catch {
      return COLUMNS_UNKNOWN;
    }
  }
}

/** poll(2) says so of a pipe that is written to when its last reader has gone. */
const POLLERR = 8;

/** As `Terminal` says. What is asked is a `struct pollfd`: the number of the file, and 16 bits each to ask and to answer. */
function isOutUnread(): boolean {
  const pollfd = new Int32Array([1, 0]);
  libc()?.poll(pollfd, 1n, 0);
  return (pollfd[1]! >> 16 & POLLERR) !== 0;
}

/** EIO is what a terminal that was hung up answers. */
function hasGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || (error as { readonly code?: unknown }).code === "EIO";
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
