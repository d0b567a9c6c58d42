import type { Entry, Files, FileStat, Lock } from "../host.ts";
import { openForAppending, openForReading } from "./open_file.ts";
import { nullIfMissing, refusing } from "./refusal.ts";

/** The machine's file system. */
export function systemFiles(): Files {
  return {
    readText,
    sha256: async (source) => await (await import("./sha256.ts")).sha256(source),
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
    punch: async (path, from, length) => await (await import("./disk_space.ts")).punch(path, from, length),
    lock,
  };
}

function readText(path: string): string | null {
  return nullIfMissing(path, () => Deno.readTextFileSync(path));
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
