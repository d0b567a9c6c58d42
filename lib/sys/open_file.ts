import { FileError } from "../core/file_error.ts";
import type { AppendFile, ReadFile } from "../host.ts";
import { nullIfMissing, refusing } from "./refusal.ts";

/** `Files.open`. */
export function openForReading(path: string): ReadFile | null {
  const file = nullIfMissing(path, () => Deno.openSync(path, { read: true }));
  return file === null ? null : new OpenFile(path, file);
}

/** `Files.openAppend`. */
export function openForAppending(path: string): AppendFile {
  const options = { append: true, read: true, create: true, mode: 0o600 };
  return new OpenFile(path, refusing(path, () => Deno.openSync(path, options)));
}

class OpenFile implements AppendFile {
  readonly inode: number;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  /** Where the next read would begin, null when that is not known. */
  #position: number | null = 0;

  constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
    this.inode = refusing(path, () => file.statSync()).ino ?? 0;
  }

  size(): number {
    return refusing(this.#path, () => this.#file.statSync()).size;
  }

  readAt(offset: number, into: Uint8Array): number {
    return refusing(this.#path, () => {
      if (offset !== this.#position) this.#file.seekSync(offset, Deno.SeekMode.Start);
      this.#position = null;
      let filled = 0;
      while (filled < into.length) {
        const count = this.#file.readSync(into.subarray(filled));
        if (count === null || count === 0) break;
        filled += count;
      }
      this.#position = offset + filled;
      return filled;
    });
  }

  append(bytes: Uint8Array): number {
    this.#position = null;
    const taken = refusing(this.#path, () => this.#file.writeSync(bytes));
    // A local disk cuts a write short only when it has no room for the rest.
    if (taken < bytes.length) {
      throw new FileError("full", this.#path, `only ${taken} of ${bytes.length} bytes were written`);
    }
    // O_APPEND leaves the position behind what was written, wherever readAt had moved it.
    return refusing(this.#path, () => this.#file.seekSync(0, Deno.SeekMode.Current));
  }

  sync(): void {
    refusing(this.#path, () => this.#file.syncDataSync());
  }

  close(): void {
    this.#file.close();
  }
}
