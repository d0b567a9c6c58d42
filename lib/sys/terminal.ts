import { FileError } from "../core/file_error.ts";
import type { Stream, Terminal } from "../host.ts";
import { libc } from "./libc.ts";
import { refusalOf } from "./refusal.ts";

/**
 * The three standard streams. What `err` cannot take is dropped, since words are no reason to end; `out` throws a
 * `FileError` then (a full disk), since its data are what was asked for. A reader that has gone is neither.
 */
export function systemTerminal(): Terminal {
  const out = new StandardStream("standard output", Deno.stdout, 1, true);
  const err = new StandardStream("standard error", Deno.stderr, 2, false);
  return {
    out,
    err,
    dontWait() {
      out.dontWait();
      err.dontWait();
    },
    finish() {
      out.finish();
      err.finish();
    },
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

const NONE = new Uint8Array(0);

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** What `Deno.stdout` and `Deno.stderr` have in common, as far as it is used. */
interface Sink {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

const COLUMNS_UNKNOWN = 80;

/** Milliseconds until the next try on a stream that somebody has set to non-blocking and whose reader is slow. */
const RETRY_MS = 5;

/** What is kept for a reader that takes nothing (bytes). */
const KEPT_MAX = 1024 * 1024;

/** A pipe that can be written to takes so much without waiting (PIPE_BUF in pipe(7)), a socket more (bytes). */
const PIPE_PIECE = 4096;

/** A terminal makes room in steps of this size. A newline becomes two characters there, so it is written by itself (bytes). */
const TERMINAL_PIECE = 256;

/** Milliseconds until a reader that took nothing is asked again. */
const ASK_MS = 100;

/** How long a reader is waited for at the end (ms). */
const LAST_MS = 1000;

class StandardStream implements Stream {
  readonly #name: string;
  readonly #sink: Sink;
  readonly #fd: number;
  readonly #mustWrite: boolean;
  #closed = false;
  /** Whether a write waits for the reader. */
  #waits = true;
  /** What the reader has not taken yet. */
  #kept: Uint8Array = NONE;
  #isAsking = false;
  /** The sink has taken a part of a line and refused the rest: what comes next begins a new line. */
  #torn = false;

  constructor(name: string, sink: Sink, fd: number, mustWrite: boolean) {
    this.#name = name;
    this.#sink = sink;
    this.#fd = fd;
    this.#mustWrite = mustWrite;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get isBehind(): boolean {
    return !this.#closed && this.#kept.length > 0;
  }

  get isTerminal(): boolean {
    return this.#sink.isTerminal();
  }

  write(text: string): void {
    if (this.isBehind) this.#putKept();
    if (this.#closed) return;
    const bytes = new TextEncoder().encode(this.#torn ? `\n${text}` : text);
    if (!this.isBehind) this.#put(bytes);
    else if (this.#kept.length + bytes.length <= KEPT_MAX) this.#kept = joined(this.#kept, bytes);
    else if (this.#mustWrite) throw new FileError("other", this.#name, "its reader takes nothing");
  }

  /** From now on what the reader does not take at once is kept. */
  dontWait(): void {
    this.#waits = false;
  }

  /** Gives the reader a second to take what is kept. */
  finish(): void {
    const end = performance.now() + LAST_MS;
    for (let left = LAST_MS; this.isBehind && left > 0; left = Math.ceil(end - performance.now())) {
      if (canTake(this.#fd, left)) this.#putKept();
    }
  }

  #put(bytes: Uint8Array): void {
    let written = 0;
    try {
      while (written < bytes.length && (this.#waits || canTake(this.#fd, 0))) {
        const rest = bytes.subarray(written);
        const taken = this.#writeSome(this.#waits ? rest : pieceOf(rest, this.isTerminal));
        if (taken === 0 && !this.#waits) break;
        written += taken;
      }
      this.#torn = false;
      this.#keep(bytes.subarray(written));
    } catch (error) {
      this.#kept = NONE;
      if (written > 0) this.#torn = bytes[written - 1] !== NEWLINE;
      this.#closed = hasGone(error);
      if (!this.#closed && this.#mustWrite) throw refusalOf(error, this.#name);
    }
  }

  #keep(rest: Uint8Array): void {
    this.#kept = rest;
    if (rest.length === 0 || this.#isAsking) return;
    this.#isAsking = true;
    Deno.unrefTimer(setTimeout(() => {
      this.#isAsking = false;
      if (this.isBehind) this.#putKept();
    }, ASK_MS));
  }

  #putKept(): void {
    try {
      this.#put(this.#kept);
    } catch (error) {
      // The next write meets it too, and somebody is there to be told.
      if (!(error instanceof FileError)) throw error;
    }
  }

  #writeSome(bytes: Uint8Array): number {
    try {
      return this.#sink.writeSync(bytes);
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      if (this.#waits) pause(RETRY_MS);
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

/** As much of it as is taken without waiting where anything is; to a pipe in whole lines, for others may write to it too. */
function pieceOf(bytes: Uint8Array, isTerminal: boolean): Uint8Array {
  if (!isTerminal) return bytes.subarray(0, bytes.lastIndexOf(NEWLINE, PIPE_PIECE - 1) + 1 || PIPE_PIECE);
  const piece = bytes.subarray(0, TERMINAL_PIECE);
  const end = piece.indexOf(NEWLINE);
  return end < 0 ? piece : piece.subarray(0, Math.max(1, end));
}

/** What poll(2) answers: it can be written to; it is a pipe whose last reader has gone, and so on. */
const POLLOUT = 4;
const POLLERR = 8;

function isOutUnread(): boolean {
  return (polled(1, 0, 0) & POLLERR) !== 0;
}

/** Whether a write would not wait, as far as that can be seen; within so many milliseconds. A refusal counts as well. */
function canTake(fd: number, ms: number): boolean {
  return libc() === null || polled(fd, POLLOUT, ms) !== 0;
}

/** A `struct pollfd` is the number of the file, and 16 bits each to ask and to answer. */
function polled(fd: number, asked: number, ms: number): number {
  const pollfd = new Int32Array([fd, asked]);
  libc()?.poll(pollfd, 1n, ms);
  return pollfd[1]! >> 16;
}

/** EIO is what a terminal that was hung up answers. */
function hasGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || (error as { readonly code?: unknown }).code === "EIO";
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
