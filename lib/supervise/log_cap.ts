/**
 * Keeps a round's log below its bound: the beginning and the end stay, the middle goes.
 *
 * @module
 */
import type { Host, ReadFile } from "../host.ts";

/** A range of a running log that has been given back to the file system. */
export interface Hole {
  readonly from: number;
  readonly to: number;
}

/** Holes begin and end at whole pages (bytes). */
const PAGE = 4096;

/** Bytes copied at a time. */
const BLOCK = 256 * 1024;

/** Between two holes (ms): the agent cannot write while one is made, 60 ms for each gigabyte. */
const PAUSE_MS = 1000;

/** Parts of the bound: this much of the beginning stays, half of it at the end. */
const HEAD_PART = 4;
const TAIL_PART = 2;

/** The log of one running round. */
export class LogCap {
  readonly #host: Host;
  readonly #path: string;
  readonly #capBytes: number;
  readonly #onHole: (hole: Hole | null) => void;
  #hole: Hole | null;
  #work: Promise<void> | null = null;
  #nextMs: number;
  #impossible = false;

  /** @param onHole told of each hole before it is made, and of the one before again when it could not be */
  constructor(
    host: Host,
    path: string,
    options: {
      readonly capMb: number;
      readonly hole: Hole | null;
      readonly onHole: (hole: Hole | null) => void;
    },
  ) {
    this.#host = host;
    this.#path = path;
    this.#capBytes = options.capMb * 1024 * 1024;
    this.#hole = options.hole;
    this.#onHole = options.onHole;
    this.#nextMs = host.clock.monotonicMs() + PAUSE_MS;
  }

  /**
   * Frees the middle of a log that has grown too large, without holding anybody up. The agent's own offsets stay
   * valid, and nothing that has not been read is touched.
   */
  look(size: number, readUpTo: number): void {
    if (this.#work !== null || this.#impossible || this.#kept(size) <= this.#capBytes) return;
    const nowMs = this.#host.clock.monotonicMs();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + PAUSE_MS;
    const from = this.#hole?.to ?? pages(this.#capBytes / HEAD_PART);
    const to = pages(Math.min(readUpTo, size) - this.#capBytes / TAIL_PART);
    if (to > from) this.#work = this.#punch(from, to).finally(() => this.#work = null);
  }

  /** After the round: a file without holes, for readers that know nothing of them. */
  async finish(): Promise<void> {
    await this.#work;
    const file = this.#host.files.open(this.#path);
    if (file === null) return;
    try {
      if (this.#hole !== null || file.size() > this.#capBytes) this.#makeDense(file);
    } finally {
      file.close();
    }
  }

  #kept(size: number): number {
    return size - (this.#hole === null ? 0 : this.#hole.to - this.#hole.from);
  }

  async #punch(from: number, to: number): Promise<void> {
    const hole = { from: this.#hole?.from ?? from, to };
    this.#onHole(hole);
    if (await this.#host.files.punch(this.#path, from, to - from)) this.#hole = hole;
    else {
      this.#impossible = true;
      this.#onHole(this.#hole);
    }
  }

  /** What agents that live on still write into the old file is lost: the round is over. */
  #makeDense(file: ReadFile): void {
    const size = file.size();
    const headEnd = endOfWhole(file, this.#hole?.from ?? pages(this.#capBytes / HEAD_PART));
    const tailStart = startOfWhole(
      file,
      Math.max(this.#hole?.to ?? 0, headEnd, size - this.#capBytes / TAIL_PART),
    );
    const { files } = this.#host;
    const path = `${this.#path}.tmp`;
    files.remove(path);
    const dense = files.openAppend(path);
    try {
      copy(file, 0, headEnd, (bytes) => dense.append(bytes));
      const mark = `\n[agent-runner: ${tailStart - headEnd} bytes cut here, round_log_max_mb]\n`;
      dense.append(new TextEncoder().encode(mark));
      copy(file, tailStart, size, (bytes) => dense.append(bytes));
    } finally {
      dense.close();
    }
    files.rename(path, this.#path);
  }
}

function pages(bytes: number): number {
  return Math.max(0, Math.floor(bytes / PAGE) * PAGE);
}

/** Bytes of a character in UTF-8 that may follow its first. */
const REST_MAX = 3;

/** Where the last whole character before `end` ends: readers that insist on UTF-8 fail on half a one. */
function endOfWhole(file: ReadFile, end: number): number {
  const bytes = new Uint8Array(REST_MAX);
  file.readAt(end - REST_MAX, bytes);
  const first = bytes.findLastIndex((byte) => byte >> 6 !== 0b10);
  const lead = bytes[first] ?? 0;
  const length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return first + length > REST_MAX ? end - REST_MAX + first : end;
}

/** Where the first whole character from `start` on begins. */
function startOfWhole(file: ReadFile, start: number): number {
  const bytes = new Uint8Array(REST_MAX);
  const read = file.readAt(start, bytes);
  const first = bytes.subarray(0, read).findIndex((byte) => byte >> 6 !== 0b10);
  return first > 0 ? start + first : start;
}

function copy(file: ReadFile, from: number, to: number, take: (bytes: Uint8Array) => void): void {
  const buffer = new Uint8Array(BLOCK);
  for (let at = from; at < to;) {
    const read = file.readAt(at, buffer.subarray(0, Math.min(BLOCK, to - at)));
    if (read === 0) return;
    take(buffer.subarray(0, read));
    at += read;
  }
}
