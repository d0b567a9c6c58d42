import { type Draft, EVENTS, type LoggedEvent } from "../core/events.ts";
import { FileError } from "../core/file_error.ts";
import { evolve, type ProjectState } from "../core/project_state.ts";
import type { AppendFile, Host } from "../host.ts";
import { bestEffort } from "./best_effort.ts";
import {
  eventFileName,
  eventFileNames,
  eventFileOf,
  type Folded,
  foldFile,
  foldLog,
  foldOn,
  lastPlausibleName,
  markOf,
  UNSEEN_TAIL,
  writeCheckpoint,
} from "./fold.ts";
import type { Layout } from "./layout.ts";
import { encodeLine, LineBytes, stamp, stampForeign } from "./line_format.ts";

/** Lines that may come between two checkpoints. */
const CHECKPOINT_EVERY = 2000;

/** Given back to a full disk, so that the first lines after it was noticed still fit (bytes). */
const RESERVE = 64 * 1024;

/**
 * The log directory's one writer in this process. Other processes may append to the same files at any time; their
 * lines are folded as they are met.
 */
export class EventLog {
  readonly #host: Host;
  readonly #layout: Layout;
  readonly #bytes = new LineBytes();
  #name: string;
  #file: AppendFile;
  #folded: Folded;
  /** State with the queued lines in it. */
  #state: ProjectState;
  #queue: string[] = [];
  #fault: FileError | null = null;
  #sinceCheckpoint = 0;

  /** Called with each event that this process appends, also while the disk takes none. */
  onAppend: (event: LoggedEvent) => void = () => {};

  private constructor(host: Host, layout: Layout, name: string, file: AppendFile) {
    this.#host = host;
    this.#layout = layout;
    this.#name = name;
    this.#file = file;
    this.#folded = foldLog(host, layout);
    this.#state = this.#folded.state;
  }

  /**
   * Opens the log for writing, ends a torn last line and folds what is there.
   * @throws FileError when the directory does not take a file
   */
  static open(host: Host, layout: Layout): EventLog {
    const name = currentName(host, layout);
    const file = openWhole(host, layout, name);
    const log = new EventLog(host, layout, name, file);
    log.#keepReserve();
    log.checkpoint();
    return log;
  }

  get state(): ProjectState {
    return this.#state;
  }

  get folded(): Folded {
    return this.#folded;
  }

  /** Why the disk does not take lines at the moment, null when it does. Nothing is lost meanwhile. */
  get fault(): FileError | null {
    return this.#fault;
  }

  /** Whether events wait for the disk to take them. */
  get isBehind(): boolean {
    return this.#queue.length > 0;
  }

  /** Stamps, writes and folds one event. Never throws: what the disk refuses is queued in order. */
  append(draft: Draft): LoggedEvent {
    const event = stamp(draft, this.#host.clock.now());
    this.#put(event, EVENTS[event.event].synced);
    return event;
  }

  /** As `append`, for a kind that a plugin has declared; its words are redacted, and none is longer than 2000 characters. */
  appendForeign(kind: string, fields: Readonly<Record<string, unknown>>): void {
    this.#put(stampForeign(kind, fields, this.#host.clock.now()), false);
  }

  #put(event: LoggedEvent, synced: boolean): void {
    if (this.#queue.length > 0) this.#flush();
    if (eventFileOf(event) !== this.#name) this.#followMonth();
    const line = encodeLine(event);
    if (this.#queue.length > 0 || !this.#write(line, event)) {
      this.#queue.push(line);
      this.#state = evolve(this.#state, event);
    } else if (synced) this.#sync();
    this.onAppend(event);
    if (++this.#sinceCheckpoint >= CHECKPOINT_EVERY) this.checkpoint();
  }

  /** Takes in what others have appended, and writes what was queued if the disk takes it again. */
  poll(): void {
    if (this.#queue.length > 0) this.#flush();
    const on = foldOn(this.#host, this.#layout, this.#folded);
    if (on === null) this.#reopenIfMoved();
    this.#adopt(on ?? foldLog(this.#host, this.#layout));
  }

  /**
   * Removes old files: what they told lives on in the state and its checkpoint. Nothing is removed when the disk does
   * not take that; where the next fold finds one of them all the same, it begins at the start.
   */
  retire(names: readonly string[]): void {
    const before = this.#folded;
    const kept = Object.entries(before.files).filter(([name]) => !names.includes(name));
    this.#folded = { ...before, files: Object.fromEntries(kept) };
    if (!names.includes(this.#name) && this.checkpoint()) {
      for (const name of names) bestEffort(() => this.#host.files.remove(`${this.#layout.dir}/${name}`));
    } else this.#folded = before;
  }

  /** Makes the next fold short. False when the disk does not take it, which costs only time. */
  checkpoint(): boolean {
    this.#sinceCheckpoint = 0;
    const mark = this.#folded.files[this.#name];
    if (this.#queue.length > 0 || mark === undefined) return false;
    const files = { ...this.#folded.files, [this.#name]: markOf(this.#file, mark.offset) };
    this.#folded = { ...this.#folded, files };
    return bestEffort(() => writeCheckpoint(this.#host, this.#layout, this.#folded)) === null;
  }

  close(): void {
    this.checkpoint();
    this.#file.close();
  }

  /** Writes the line and folds up to its end. False when the disk refused it. */
  #write(line: string, event: LoggedEvent): boolean {
    const bytes = this.#bytes.of(line);
    const known = this.#folded.files[this.#name]?.offset ?? 0;
    const end = this.#tolerating(() => this.#file.append(bytes));
    if (end === null) return false;
    const start = end - bytes.length;
    if (start !== known) return this.#foldMixed(bytes, start, known);
    this.#foldOwn(event, end);
    return true;
  }

  /** The usual case: nobody else has written since. */
  #foldOwn(event: LoggedEvent, end: number): void {
    const { counts, files } = this.#folded;
    const state = evolve(this.#folded.state, event);
    const mark = { inode: this.#file.inode, offset: end, tail: UNSEEN_TAIL };
    this.#folded = {
      state,
      counts: { ...counts, lines: counts.lines + 1 },
      files: { ...files, [this.#name]: mark },
    };
    this.#state = state;
  }

  /**
   * Others have written too, or cut the file. If one of them left half a line, ours hangs on it and is written once
   * more. False when the disk refused that.
   */
  #foldMixed(bytes: Uint8Array, start: number, known: number): boolean {
    const before = this.#folded.counts;
    const standsAlone = !this.#isTornBefore(start) ||
      this.#tolerating(() => this.#file.append(bytes)) !== null;
    this.#adopt(
      start < known
        ? foldLog(this.#host, this.#layout)
        : foldFile(this.#folded, this.#name, this.#file, known),
    );
    this.#sinceCheckpoint += Math.max(0, this.#folded.counts.lines - before.lines);
    return standsAlone;
  }

  #isTornBefore(start: number): boolean {
    if (start === 0) return false;
    const byte = new Uint8Array(1);
    this.#file.readAt(start - 1, byte);
    return byte[0] !== 10;
  }

  #flush(): void {
    const rest = this.#queue;
    const torn = this.#endTornLine();
    while (torn && rest.length > 0) {
      const bytes = this.#bytes.of(rest[0]!);
      if (this.#tolerating(() => this.#file.append(bytes)) === null) break;
      rest.shift();
    }
    if (rest.length > 0) return;
    this.#sync();
    this.#keepReserve();
    this.#adopt(foldOn(this.#host, this.#layout, this.#folded) ?? foldLog(this.#host, this.#layout));
  }

  /** What a full disk took in part is ended, so that the line written again stands alone. */
  #endTornLine(): boolean {
    const size = this.#file.size();
    const byte = new Uint8Array([10]);
    if (size > 0) this.#file.readAt(size - 1, byte);
    return byte[0] === 10 || this.#tolerating(() => this.#file.append(new Uint8Array([10]))) !== null;
  }

  /** Moves to a new month's file, never back to an older one. */
  #followMonth(): void {
    const now = this.#host.clock.now();
    const isBeyond = this.#name > lastPlausibleName(now);
    if (!isBeyond && eventFileName(now) <= this.#name) return;
    const opened = this.#tolerating(() => {
      const name = currentName(this.#host, this.#layout);
      return { name, file: openWhole(this.#host, this.#layout, name) };
    });
    if (opened === null) return;
    this.#file.close();
    this.#name = opened.name;
    this.#file = opened.file;
    this.#adopt(foldOn(this.#host, this.#layout, this.#folded) ?? foldLog(this.#host, this.#layout));
  }

  /** Somebody has moved or removed the file: what comes now belongs into a new one of its name. */
  #reopenIfMoved(): void {
    const path = `${this.#layout.dir}/${this.#name}`;
    if (this.#host.files.stat(path)?.inode === this.#file.inode) return;
    const file = this.#tolerating(() => openWhole(this.#host, this.#layout, this.#name));
    if (file === null) return;
    this.#file.close();
    this.#file = file;
  }

  /** Queued lines are in the state, though not yet in the files. */
  #adopt(folded: Folded): void {
    this.#folded = folded;
    this.#state = this.#queue.reduce(
      (state, line) => evolve(state, JSON.parse(line) as LoggedEvent),
      folded.state,
    );
  }

  #sync(): void {
    this.#tolerating(() => this.#file.sync());
  }

  #keepReserve(): void {
    const { reserve } = this.#layout;
    if (this.#host.files.stat(reserve) !== null) return;
    if (bestEffort(() => this.#host.files.write(reserve, " ".repeat(RESERVE))) !== null) this.#freeReserve();
  }

  /** Runs a write; a refusal is remembered instead of thrown, and frees the reserve. */
  #tolerating<T>(write: () => T): T | null {
    try {
      const result = write();
      this.#fault = null;
      return result;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#fault = error;
      if (error.fault === "full") this.#freeReserve();
      return null;
    }
  }

  #freeReserve(): void {
    bestEffort(() => this.#host.files.remove(this.#layout.reserve));
  }
}

function currentName(host: Host, layout: Layout): string {
  const now = host.clock.now();
  const newest = lastPlausibleName(now);
  const last = eventFileNames(host, layout).filter((name) => name <= newest).at(-1) ?? "";
  const wanted = eventFileName(now);
  return last > wanted ? last : wanted;
}

/** Opens for appending, with the last line ended. */
function openWhole(host: Host, layout: Layout, name: string): AppendFile {
  const file = host.files.openAppend(`${layout.dir}/${name}`);
  const size = file.size();
  const byte = new Uint8Array([10]);
  if (size > 0) file.readAt(size - 1, byte);
  if (byte[0] !== 10) file.append(byte.fill(10));
  return file;
}
