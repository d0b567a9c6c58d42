import { createHash } from "node:crypto";
import { FileError } from "../../lib/core/file_error.ts";
import type { AppendFile, Entry, Files, FileStat, Lock, ReadFile } from "../../lib/host.ts";
import type { SimDisk, SimNode } from "./sim_disk.ts";
import type { SimFile } from "./sim_file.ts";
import type { SimLife } from "./sim_life.ts";

/** One program's access to the machine's disk; dead with the program. */
export class SimFiles implements Files {
  readonly #disk: SimDisk;

  constructor(private readonly life: SimLife) {
    this.#disk = life.machine.disk;
  }

  readText(path: string): string | null {
    return this.#fileAt(path)?.text() ?? null;
  }

  async sha256(source: { readonly path: string } | { readonly text: string }): Promise<string | null> {
    await this.life.pause(1);
    const text = "text" in source ? source.text : this.#fileAt(source.path)?.text() ?? null;
    return text === null ? null : createHash("sha256").update(text).digest("hex");
  }

  open(path: string): ReadFile | null {
    const file = this.#fileAt(path);
    return file === null ? null : new SimHandle(this.life, file, path);
  }

  openAppend(path: string): AppendFile {
    return this.life.effect(() => new SimHandle(this.life, this.#disk.fileToChange(path), path));
  }

  write(path: string, text: string): void {
    const bytes = ENCODER.encode(text);
    const put = (length: number) => {
      const file = this.#disk.fileToChange(path);
      this.#disk.free(file.size);
      file.truncate(this.#disk.clock.now());
      this.#disk.append(file, path, bytes.subarray(0, length));
    };
    this.life.effect(() => put(bytes.length), () => put(this.life.machine.prng.int(bytes.length + 1)));
  }

  replace(path: string, text: string, durability: "lasting" | "whole"): void {
    const bytes = ENCODER.encode(text);
    this.life.effect(() => this.#replace(path, bytes, durability), () => {
      const half = bytes.subarray(0, this.life.machine.prng.int(bytes.length + 1));
      this.#replace(`${path}.tmp`, half, durability);
    });
  }

  remove(path: string): boolean {
    return this.life.effect(() => {
      if (this.#disk.place(path, false)?.node == null) return false;
      const place = this.#disk.placeToChange(path, false);
      if (place.node?.kind === "dir" && place.node.entries.size > 0) {
        throw new FileError("other", path, "Directory not empty");
      }
      this.#disk.detach(place);
      return true;
    });
  }

  rename(from: string, to: string): void {
    this.life.effect(() => this.#disk.rename(from, to));
  }

  makeDir(path: string): void {
    this.life.effect(() => {
      if (this.#disk.find(path)?.kind === "dir") return;
      this.#disk.refuseWhenReadOnly(path);
      this.#disk.makeDir(path);
    });
  }

  makeTempDir(prefix: string): string {
    const { prng } = this.life.machine;
    const path = `/tmp/${prefix}${prng.int(1_000_000_000).toString(36)}`;
    this.makeDir(path);
    return path;
  }

  list(path: string): readonly Entry[] | null {
    this.life.alive();
    const dir = this.#disk.find(path);
    if (dir?.kind !== "dir") return null;
    return this.life.machine.prng.shuffle([...dir.entries].map(entryOf));
  }

  stat(path: string): FileStat | null {
    this.life.alive();
    const node = this.#disk.find(path);
    if (node === null) return null;
    const isFile = node.kind === "file";
    return {
      size: isFile ? node.size : 4096,
      inode: node.inode,
      mtime: node.mtime,
      isFile,
      isDir: !isFile,
      executable: isFile ? node.executable : true,
      isOwn: true,
    };
  }

  realPath(path: string): string | null {
    this.life.alive();
    return this.#disk.realPath(path);
  }

  link(path: string, target: string): void {
    this.life.effect(() =>
      this.#disk.attach(this.#disk.placeToChange(path, false), { kind: "link", target })
    );
  }

  /** The simulated file systems cannot do it. */
  async punch(): Promise<boolean> {
    await this.life.pause(1);
    return false;
  }

  lock(path: string): Lock | null {
    return this.life.effect(() => {
      const file = this.#disk.fileToChange(path);
      if (file.lockedBy !== null) return null;
      const lock = new SimLock(this.life, file);
      file.lockedBy = lock;
      this.life.locks.add(lock);
      return lock;
    });
  }

  #fileAt(path: string): SimFile | null {
    this.life.alive();
    const node = this.#disk.find(path);
    if (node?.kind === "dir") throw new FileError("other", path, "Is a directory");
    return node;
  }

  /** A new file in the old one's place; a full disk leaves the old one as it is. */
  #replace(path: string, bytes: Uint8Array, durability: "lasting" | "whole"): void {
    const place = this.#disk.placeToChange(path, false);
    if (place.node?.kind === "dir") throw new FileError("other", path, "Is a directory");
    const file = this.#disk.looseFile();
    this.#disk.append(file, path, bytes);
    if (durability === "lasting") file.synced();
    if (place.node?.kind === "file") this.#disk.free(place.node.size);
    this.#disk.attach(place, file);
  }
}

class SimHandle implements AppendFile {
  readonly inode: number;
  #open = true;

  constructor(private readonly life: SimLife, private readonly file: SimFile, private readonly path: string) {
    this.inode = file.inode;
  }

  size(): number {
    this.#alive();
    return this.file.size;
  }

  readAt(offset: number, into: Uint8Array): number {
    this.#alive();
    return this.file.readAt(offset, into);
  }

  append(bytes: Uint8Array): number {
    this.#alive();
    const { crash, disk, prng } = this.life.machine;
    const write = (length: number) => disk.append(this.file, this.path, bytes.subarray(0, length));
    const prefix = crash.prefixOfAppend(this.path, bytes.length);
    if (prefix !== null) this.life.dieAfter("crash in an append to the events", () => write(prefix));
    this.life.effect(() => write(bytes.length), () => write(prng.int(bytes.length + 1)));
    return this.file.size;
  }

  sync(): void {
    this.#alive();
    this.life.effect(() => this.file.synced());
  }

  close(): void {
    this.life.alive();
    this.#open = false;
  }

  #alive(): void {
    this.life.alive();
    if (!this.#open) throw new FileError("other", this.path, "Bad file descriptor (used after close)");
  }
}

class SimLock implements Lock {
  constructor(private readonly life: SimLife, private readonly file: SimFile) {}

  release(): void {
    this.life.alive();
    this.drop();
  }

  /** As the kernel does when the holder has died. */
  drop(): void {
    if (this.file.lockedBy === this) this.file.lockedBy = null;
    this.life.locks.delete(this);
  }
}

const ENCODER = new TextEncoder();

function entryOf([name, node]: readonly [string, SimNode]): Entry {
  return { name, isFile: node.kind === "file", isLink: node.kind === "link" };
}
