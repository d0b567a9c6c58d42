import type { DiskSize, Host } from "../host.ts";

/** A measurement holds for so long (ms): it costs a process. */
const FRESH_MS = 10_000;

const MIB = 1024 * 1024;

/** The size of one folder's file system, measured at most every ten seconds. */
export class DiskGauge {
  readonly #host: Host;
  readonly #dir: string;
  #measured: { readonly atMs: number; readonly size: DiskSize | null } | null = null;

  constructor(host: Host, dir: string) {
    this.#host = host;
    this.#dir = dir;
  }

  /** As last measured; null where that was never, or where nobody knows. */
  get size(): DiskSize | null {
    return this.#measured?.size ?? null;
  }

  /** Measures, unless the last measurement still holds. */
  async measure(): Promise<void> {
    const atMs = this.#host.clock.monotonicMs();
    if (this.#measured !== null && atMs - this.#measured.atMs < FRESH_MS) return;
    this.#measured = { atMs, size: await this.#host.vitals.disk(this.#dir) };
  }

  /** What a user may still write (MiB), null where nobody knows. */
  async freeMb(): Promise<number | null> {
    await this.measure();
    return this.size === null ? null : Math.floor(this.size.available / MIB);
  }
}
