import type { Instant } from "../../lib/core/instant.ts";

/** One inode's bytes; appending costs amortised constant time. */
export class SimFile {
  readonly kind = "file";
  size = 0;
  executable = false;
  /** Who holds the `flock`, null when nobody does. */
  lockedBy: unknown = null;
  #bytes = new Uint8Array(0);
  /** Bytes that survive a power cut for sure. */
  #sureSize = 0;
  /** Bytes written by `#pendingT`; they are on the disk `WRITE_BACK_MS` later. */
  #pendingSize = 0;
  #pendingT = 0;

  constructor(readonly inode: number, public mtime: Instant) {}

  append(bytes: Uint8Array, now: Instant, t: number): void {
    if (bytes.length === 0) return;
    this.#reserve(this.size + bytes.length);
    this.#bytes.set(bytes, this.size);
    this.size += bytes.length;
    this.mtime = now;
    if (this.#pendingSize > this.#sureSize && t - this.#pendingT < WRITE_BACK_MS) return;
    this.#sureSize = Math.max(this.#sureSize, this.#pendingSize);
    this.#pendingSize = this.size;
    this.#pendingT = t;
  }

  truncate(now: Instant): void {
    this.cut(0);
    this.mtime = now;
  }

  /** Takes away what lies behind the first `size` bytes. */
  cut(size: number): void {
    this.size = Math.min(this.size, size);
    this.#sureSize = this.#pendingSize = this.size;
  }

  synced(): void {
    this.#sureSize = this.#pendingSize = this.size;
  }

  sureSize(t: number): number {
    return t - this.#pendingT < WRITE_BACK_MS ? this.#sureSize : Math.max(this.#sureSize, this.#pendingSize);
  }

  readAt(offset: number, into: Uint8Array): number {
    const part = this.#bytes.subarray(offset, Math.min(this.size, offset + into.length));
    into.set(part);
    return part.length;
  }

  text(): string {
    return DECODER.decode(this.#bytes.subarray(0, this.size));
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(256, size, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.size));
    this.#bytes = larger;
  }
}

/** Linux writes dirty pages back after 30 s (`vm.dirty_expire_centisecs`). */
const WRITE_BACK_MS = 30_000;

const DECODER = new TextDecoder();
