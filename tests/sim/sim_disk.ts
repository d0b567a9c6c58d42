import { FileError } from "../../lib/core/file_error.ts";
import type { Instant } from "../../lib/core/instant.ts";
import type { Prng } from "./prng.ts";
import { SimFile } from "./sim_file.ts";

export interface SimDir {
  readonly kind: "dir";
  readonly inode: number;
  readonly entries: Map<string, SimNode>;
  parent: SimDir | null;
  name: string;
  mtime: Instant;
}

export interface SimLink {
  readonly kind: "link";
  readonly target: string;
}

export type SimNode = SimFile | SimDir | SimLink;

/** Where a path leads: the folder, the last name in it, and what is there. */
export interface Place {
  readonly dir: SimDir;
  readonly name: string;
  readonly node: SimNode | null;
}

/** What the disk needs from the machine. */
export interface DiskClock {
  now(): Instant;
  /** Virtual milliseconds, for the faults' ends and the kernel's write-back. */
  readonly t: number;
}

/**
 * The machine's disk: folders, files and links, with faults on demand. It outlives every program and every boot.
 * The `Files` of a program stand on it, and so do agents, foreign writers and the tests.
 */
export class SimDisk {
  readonly root: SimDir;
  #fullUntilT = 0;
  #readOnlyUntilT = 0;
  /** Bytes that a full disk still takes; what is removed adds to it. */
  #room = 0;
  #inodes = 1;
  readonly #splits = new Map<string, readonly string[]>();

  constructor(readonly clock: DiskClock, private readonly prng: Prng) {
    this.root = this.#newDir(null, "");
  }

  /** Until then every write is refused; about half of the appends take a part before. */
  fillUntil(t: number): void {
    this.#fullUntilT = t;
    this.#room = 0;
  }

  /** What a look at the file system says: nothing while it is full, plenty otherwise. */
  get freeBytes(): number {
    return this.clock.t < this.#fullUntilT ? this.#room : PLENTY;
  }

  readOnlyUntil(t: number): void {
    this.#readOnlyUntilT = t;
  }

  /** The whole text of a file, null where there is none. */
  text(path: string): string | null {
    const node = this.find(path);
    return node?.kind === "file" ? node.text() : null;
  }

  /** Puts a file there with its folders, whatever the disk's faults: for the test itself. */
  put(path: string, text: string | Uint8Array, options: { readonly executable?: boolean } = {}): void {
    const bytes = typeof text === "string" ? ENCODER.encode(text) : text;
    const place = this.place(path, true) ?? this.#placeWithFolders(path);
    const file = place.node?.kind === "file" ? place.node : this.newFile(place);
    file.truncate(this.clock.now());
    file.append(bytes, this.clock.now(), this.clock.t);
    file.synced();
    file.executable = options.executable ?? false;
  }

  makeDir(path: string): SimDir {
    let dir = this.root;
    for (const name of this.#split(absolute(path))) {
      const node = name === ".." ? dir.parent ?? dir : this.#follow(dir, name);
      if (node === null) dir = this.#newDir(dir, name);
      else if (node.kind === "dir") dir = node;
      else throw new FileError("other", path, "Not a directory");
    }
    return dir;
  }

  find(path: string): SimFile | SimDir | null {
    const node = this.place(path, true)?.node ?? null;
    return node?.kind === "link" ? null : node;
  }

  /** @returns null where a folder on the way is missing */
  place(path: string, followLast: boolean): Place | null {
    return this.#walk(this.root, this.#split(absolute(path)), path, followLast);
  }

  /** As `place`, for what is about to change the disk there. */
  placeToChange(path: string, followLast: boolean): Place {
    this.refuseWhenReadOnly(path);
    const place = this.place(path, followLast);
    if (place === null) throw new FileError("missing", path, "No such file or directory");
    return place;
  }

  /** The file for appending or truncating, created where missing. */
  fileToChange(path: string): SimFile {
    const place = this.placeToChange(path, true);
    if (place.node === null) return this.newFile(place);
    if (place.node.kind === "file") return place.node;
    throw new FileError("other", path, "Is a directory");
  }

  refuseWhenReadOnly(path: string): void {
    if (this.clock.t < this.#readOnlyUntilT) throw new FileError("read_only", path, "Read-only file system");
  }

  /** A file that has no name yet. */
  looseFile(): SimFile {
    return new SimFile(this.#inodes++, this.clock.now());
  }

  newFile(place: Place): SimFile {
    const file = this.looseFile();
    this.attach(place, file);
    return file;
  }

  /** Puts a node where the place is, instead of what was there. */
  attach(place: Place, node: SimNode): void {
    place.dir.entries.set(place.name, node);
    place.dir.mtime = this.clock.now();
    if (node.kind !== "dir") return;
    node.parent = place.dir;
    node.name = place.name;
  }

  detach(place: Place): void {
    place.dir.entries.delete(place.name);
    place.dir.mtime = this.clock.now();
    if (place.node?.kind === "file") this.free(place.node.size);
  }

  rename(from: string, to: string): void {
    const source = this.placeToChange(from, false);
    if (source.node === null) throw new FileError("missing", from, "No such file or directory");
    const target = this.placeToChange(to, false);
    if (target.node === source.node) return;
    if (target.node?.kind === "dir") throw new FileError("other", to, "Is a directory");
    source.dir.entries.delete(source.name);
    this.attach(target, source.node);
  }

  free(bytes: number): void {
    this.#room += bytes;
  }

  /** One write at the file's end. @throws FileError, after a part has been taken or not */
  append(file: SimFile, path: string, bytes: Uint8Array): void {
    this.refuseWhenReadOnly(path);
    const taken = this.#taken(bytes.length);
    file.append(taken === bytes.length ? bytes : bytes.subarray(0, taken), this.clock.now(), this.clock.t);
    if (taken < bytes.length) throw new FileError("full", path, "No space left on device");
  }

  realPath(path: string): string | null {
    const place = this.place(path, true);
    if (place === null || place.node === null) return null;
    const names = place.name === "" ? [] : [place.name];
    for (let dir: SimDir | null = place.dir; dir !== null && dir.name !== ""; dir = dir.parent) {
      names.unshift(dir.name);
    }
    return "/" + names.join("/");
  }

  /** What had not reached the disk yet is cut at a random byte. */
  losePower(): void {
    this.#eachFile(this.root, (file) => {
      const sure = file.sureSize(this.clock.t);
      file.cut(sure + this.prng.int(file.size - sure + 1));
    });
  }

  #taken(length: number): number {
    if (this.clock.t >= this.#fullUntilT) return length;
    if (length <= this.#room) {
      this.#room -= length;
      return length;
    }
    return this.prng.chance(0.5) ? this.prng.int(length) : 0;
  }

  #walk(from: SimDir, path: readonly string[], text: string, followLast: boolean): Place | null {
    let dir = from;
    let names = path;
    let hops = 0;
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      if (name === "..") {
        dir = dir.parent ?? dir;
        continue;
      }
      const node = dir.entries.get(name) ?? null;
      const last = i === names.length - 1;
      if (node?.kind === "link" && (followLast || !last)) {
        if (++hops > 40) throw new FileError("other", text, "Too many levels of symbolic links");
        if (node.target.startsWith("/")) dir = this.root;
        names = [...this.#split(node.target), ...names.slice(i + 1)];
        i = -1;
        continue;
      }
      if (last) return { dir, name, node };
      if (node?.kind !== "dir") return null;
      dir = node;
    }
    return { dir: dir.parent ?? dir, name: dir.name, node: dir };
  }

  #follow(dir: SimDir, name: string): SimFile | SimDir | null {
    const node = this.#walk(dir, [name], name, true)?.node ?? null;
    return node?.kind === "link" ? null : node;
  }

  #placeWithFolders(path: string): Place {
    const slash = absolute(path).lastIndexOf("/");
    const dir = this.makeDir(absolute(path).slice(0, slash));
    return { dir, name: absolute(path).slice(slash + 1), node: null };
  }

  #newDir(parent: SimDir | null, name: string): SimDir {
    const dir: SimDir = {
      kind: "dir",
      inode: this.#inodes++,
      entries: new Map(),
      parent,
      name,
      mtime: this.clock.now(),
    };
    parent?.entries.set(name, dir);
    return dir;
  }

  #split(path: string): readonly string[] {
    const known = this.#splits.get(path);
    if (known !== undefined) return known;
    const names = path.split("/").filter((name) => name !== "" && name !== ".");
    if (this.#splits.size < 10_000) this.#splits.set(path, names);
    return names;
  }

  #eachFile(dir: SimDir, visit: (file: SimFile) => void): void {
    for (const node of dir.entries.values()) {
      if (node.kind === "file") visit(node);
      else if (node.kind === "dir") this.#eachFile(node, visit);
    }
  }
}

/** The working folder of every simulated program. */
export const CWD = "/project";

const ENCODER = new TextEncoder();

function absolute(path: string): string {
  return path.startsWith("/") ? path : `${CWD}/${path}`;
}

const PLENTY = 1e12;
