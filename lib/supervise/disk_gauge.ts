import type { Host } from "../host.ts";

/** A measurement holds for so long (ms): it costs a process. */
const FRESH_MS = 10_000;

const MIB = 1024 * 1024;

/** Free space of one folder's file system, measured at most every ten seconds. */
export class DiskGauge {
  readonly #host: Host;
  readonly #dir: string;
  #measured: { readonly atMs: number; readonly freeMb: number | null } | null = null;

  constructor(host: Host, dir: string) {
    this.#host = host;
    this.#dir = dir;
  }

  /** MiB, null where nobody knows. */
  async freeMb(): Promise<number | null> {
    const atMs = this.#host.clock.monotonicMs();
    if (this.#measured === null || atMs - this.#measured.atMs >= FRESH_MS) {
      const bytes = await this.#host.files.freeBytes(this.#dir);
      this.#measured = { atMs, freeMb: bytes === null ? null : Math.floor(bytes / MIB) };
    }
    return this.#measured.freeMb;
  }
}
