import { FileError } from "../core/file_error.ts";
import type { AppendFile, Entry, Files, FileStat, Lock, ReadFile } from "../host.ts";
import { nullIfMissing, refusing } from "./refusal.ts";

/** The machine's file system. */
export function systemFiles(): Files {
  return {
    readText,
    sha256: async (source) =>
      await (await import("./sha256.ts" as string) as typeof import("./sha256.ts")).sha256(source),
    open: openForReading,
    openAppend: openForAppending,
    write,
    replace,
    remove,
    rename,
    makeDir,
    makeTempDir,
    list,
    stat,
    realPath,
    link,
    punch: async (path, from, length) =>
      await (await import("./disk_space.ts" as string) as typeof import("./disk_space.ts")).punch(
        path,
        from,
        length,
      ),
    lock,
  };
}

function readText(path: string): string | null {
  return nullIfMissing(path, () => Deno.readTextFileSync(path));
}

/** `Files.open`. */
function openForReading(path: string): ReadFile | null {
  const file = nullIfMissing(path, () => Deno.openSync(path, { read: true }));
  return file === null ? null : new OpenFile(path, file);
}

/** `Files.openAppend`. */
function openForAppending(path: string): AppendFile {
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

function write(path: string, text: string): void {
  refusing(path, () => Deno.writeTextFileSync(path, text, { mode: 0o600 }));
}

function replace(path: string, text: string, durability: "lasting" | "whole"): void {
  throughTemporary(path, (tmp) => {
    const file = Deno.openSync(tmp, { write: true, createNew: true, mode: 0o600 });
    try {
      writeFully(file, new TextEncoder().encode(text));
      if (durability === "lasting") file.syncDataSync();
    } finally {
      file.close();
    }
  });
  if (durability === "lasting") refusing(path, () => syncFolderOf(path));
}

function remove(path: string): boolean {
  const removed = nullIfMissing(path, () => {
    Deno.removeSync(path);
    return true;
  });
  return removed ?? false;
}

function rename(from: string, to: string): void {
  refusing(from, () => Deno.renameSync(from, to));
}

function makeDir(path: string): void {
  refusing(path, () => Deno.mkdirSync(path, { recursive: true, mode: 0o700 }));
}

function makeTempDir(prefix: string): string {
  return refusing(`temporary folder ${prefix}`, () => Deno.realPathSync(Deno.makeTempDirSync({ prefix })));
}

function list(path: string): readonly Entry[] | null {
  return nullIfMissing(path, () => {
    const entries: Entry[] = [];
    for (const entry of Deno.readDirSync(path)) {
      entries.push({ name: entry.name, isFile: entry.isFile, isLink: entry.isSymlink });
    }
    return entries;
  });
}

function stat(path: string): FileStat | null {
  const info = nullIfMissing(path, () => Deno.statSync(path));
  if (info === null) return null;
  return {
    size: info.size,
    inode: info.ino ?? 0,
    mtime: info.mtime?.getTime() ?? 0,
    isFile: info.isFile,
    isDir: info.isDirectory,
    executable: ((info.mode ?? 0) & 0o111) !== 0,
    isOwn: info.uid === Deno.uid(),
  };
}

function realPath(path: string): string | null {
  return nullIfMissing(path, () => Deno.realPathSync(path));
}

function link(path: string, target: string): void {
  throughTemporary(path, (tmp) => Deno.symlinkSync(target, tmp));
}

/** Every open is a new owner to the kernel, so a second lock in this process is refused as well. */
function lock(path: string): Lock | null {
  return refusing(path, () => {
    const file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o644 });
    let held = false;
    try {
      held = file.tryLockSync(true);
    } finally {
      if (!held) file.close();
    }
    // Unlocked by name: a child of ours that has not come as far as its exec yet still holds a copy of the descriptor.
    return held ? { release: () => (file.unlockSync(), file.close()) } : null;
  });
}

/** Lets `make` create a file beside `path` and puts it in the place of `path`; leaves nothing behind on a failure. */
function throughTemporary(path: string, make: (tmp: string) => void): void {
  const tmp = `${path}.${Math.random().toString(36).slice(2, 10)}.tmp`;
  refusing(path, () => {
    try {
      make(tmp);
      Deno.renameSync(tmp, path);
    } catch (error) {
      removeQuietly(tmp);
      throw error;
    }
  });
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was never made, or the disk refuses that too: the first refusal is the one to report.
  }
}

function writeFully(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}

/** A rename is on the disk only when the folder is. */
function syncFolderOf(path: string): void {
  const slash = path.lastIndexOf("/");
  const folder = Deno.openSync(slash < 0 ? "." : path.slice(0, slash + 1), { read: true });
  try {
    folder.syncSync();
  } finally {
    folder.close();
  }
}
