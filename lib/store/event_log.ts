import { type Draft, EVENTS, type LoggedEvent } from "../core/events.ts";
import { bestEffort, FileError } from "../core/file_error.ts";
import { evolve, type ProjectState } from "../core/project_state.ts";
import type { Host } from "../host.ts";
import { type Instant, instantOf, isoOf } from "../core/instant.ts";
import { EventFile, foldAnew, isTornAt, LINE_END } from "./event_file.ts";
import {
  eventFileName,
  eventFileOf,
  type Folded,
  foldFile,
  foldLog,
  foldOn,
  isWhole,
  lastPlausibleName,
  markOf,
  UNSEEN_TAIL,
  writeCheckpoint,
} from "./fold.ts";
import type { Layout } from "./layout.ts";
import { encodeLine, LineBytes, stamp, stampForeign } from "./line_format.ts";
import { freeReserve, keepReserve } from "./reserve.ts";

/** Lines that may come between two checkpoints. */
const CHECKPOINT_EVERY = 2000;

/**
 * The log directory's one writer in this process. Other processes may append to the same files at any time; their
 * lines are folded as they are met.
 */
export class EventLog {
  readonly #host: Host;
  readonly #layout: Layout;
  readonly #bytes = new LineBytes();
  readonly #own: EventFile;
  #folded: Folded;
  /** State with the queued lines in it. */
  #state: ProjectState;
  #queue: string[] = [];
  #fault: FileError | null = null;
  /** The file has been taken away and could not be made again: nobody would see what is written. */
  #isAway = false;
  #sinceCheckpoint = 0;
  /** All that was written until then is folded. */
  #seenAt: string;
  #beginnings = 0;

  /** Called with each event that this process appends, also while the disk takes none. */
  onAppend: (event: LoggedEvent) => void = () => {};

  /** Called when the disk begins to refuse lines. */
  onFault: (fault: FileError) => void = () => {};

  /** Called when somebody has cut, moved or removed the file, perhaps with its folder: it is begun anew. */
  onReplaced: (path: string) => void = () => {};

  private constructor(host: Host, layout: Layout, own: EventFile) {
    this.#host = host;
    this.#layout = layout;
    this.#own = own;
    this.#seenAt = isoOf(host.clock.now());
    this.#folded = foldLog(host, layout);
    this.#state = this.#folded.state;
  }

  /**
   * Opens the log for writing, ends a torn last line and folds what is there.
   * @throws FileError when the directory does not take a file
   */
  static open(host: Host, layout: Layout): EventLog {
    const log = new EventLog(host, layout, new EventFile(host, layout));
    keepReserve(host, layout);
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

  /** Whether the file is not where it was: the next `poll` begins it anew. */
  get hasMoved(): boolean {
    return this.#isAway || this.#own.hasMoved;
  }

  /** How often the file was begun anew, perhaps with its folder. */
  get beginnings(): number {
    return this.#beginnings;
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
    if (this.#isAway) this.#beginAgain();
    if (this.#queue.length > 0) this.#flush();
    if (eventFileOf(event) !== this.#own.name) this.#followMonth();
    const line = encodeLine(event);
    if (this.#isAway || this.#queue.length > 0 || !this.#write(line, event)) {
      this.#queue.push(line);
      this.#state = evolve(this.#state, event);
    } else if (synced) this.#sync();
    this.onAppend(event);
    if (++this.#sinceCheckpoint >= CHECKPOINT_EVERY) this.checkpoint();
  }

  /**
   * Takes in what others have appended, and writes what was queued if the disk takes it again. A file that somebody has
   * moved or removed is begun anew, with its folder; what it told lives on in the state and its checkpoint.
   */
  poll(): void {
    if (this.hasMoved) this.#beginAgain();
    if (this.#isAway) return;
    if (this.#queue.length > 0) this.#flush();
    this.#foldNew();
  }

  /**
   * Removes old files: what they told lives on in the state and its checkpoint. Nothing is removed when the disk does
   * not take that; where the next fold finds one of them all the same, it begins at the start.
   */
  retire(names: readonly string[]): void {
    const before = this.#folded;
    const kept = Object.entries(before.files).filter(([name]) => !names.includes(name));
    this.#folded = { ...before, files: Object.fromEntries(kept) };
    if (!names.includes(this.#own.name) && this.checkpoint()) {
      for (const name of names) bestEffort(() => this.#host.files.remove(`${this.#layout.dir}/${name}`));
    } else this.#folded = before;
  }

  /** Makes the next fold short. False when the disk does not take it, which costs only time. */
  checkpoint(): boolean {
    this.#sinceCheckpoint = 0;
    const mark = this.#folded.files[this.#own.name];
    if (this.#queue.length > 0 || mark === undefined) return false;
    const files = { ...this.#folded.files, [this.#own.name]: markOf(this.#own.file, mark.offset) };
    this.#folded = { ...this.#folded, files };
    return bestEffort(() => writeCheckpoint(this.#host, this.#layout, this.#folded)) === null;
  }

  close(): void {
    this.checkpoint();
    this.#own.file.close();
  }

  /** Writes the line and folds up to its end. False when the disk refused it. */
  #write(line: string, event: LoggedEvent): boolean {
    const bytes = this.#bytes.of(line);
    const known = this.#folded.files[this.#own.name]?.offset ?? 0;
    const end = this.#tolerating(() => this.#own.file.append(bytes));
    if (end === null) return false;
    const start = end - bytes.length;
    if (start !== known) return this.#foldMixed(bytes, start, known, event.ts);
    this.#foldOwn(event, end);
    this.#seenAt = event.ts;
    return true;
  }

  /** The usual case: nobody else has written since. */
  #foldOwn(event: LoggedEvent, end: number): void {
    const { counts, files } = this.#folded;
    const state = evolve(this.#folded.state, event);
    const mark = { inode: this.#own.file.inode, offset: end, tail: UNSEEN_TAIL };
    this.#folded = {
      state,
      counts: { ...counts, lines: counts.lines + 1 },
      files: { ...files, [this.#own.name]: mark },
    };
    this.#state = state;
  }

  /**
   * Others have written too, or cut the file. If one of them left half a line, ours hangs on it and is written once
   * more. False when the disk refused that.
   */
  #foldMixed(bytes: Uint8Array, start: number, known: number, ts: string): boolean {
    const before = this.#folded.counts;
    const standsAlone = !isTornAt(this.#own.file, start) ||
      this.#tolerating(() => this.#own.file.append(bytes)) !== null;
    if (start < known) this.#foldAnew(Math.min(timeOf(this.#seenAt), timeOf(ts) - 1));
    else this.#adopt(foldFile(this.#folded, this.#own.name, this.#own.file, known));
    this.#sinceCheckpoint += Math.max(0, this.#folded.counts.lines - before.lines);
    return standsAlone;
  }

  #flush(): void {
    if (this.#isAway) return;
    const rest = this.#queue;
    const torn = this.#endTornLine();
    while (torn && rest.length > 0) {
      const bytes = this.#bytes.of(rest[0]!);
      if (this.#tolerating(() => this.#own.file.append(bytes)) === null) break;
      rest.shift();
    }
    if (rest.length > 0) return;
    this.#sync();
    keepReserve(this.#host, this.#layout);
    this.#foldNew();
  }

  /** What a full disk took in part is ended, so that the line written again stands alone. */
  #endTornLine(): boolean {
    return !isTornAt(this.#own.file, this.#own.file.size()) ||
      this.#tolerating(() => this.#own.file.append(LINE_END)) !== null;
  }

  /** Moves to a new month's file, never back to an older one. */
  #followMonth(): void {
    const now = this.#host.clock.now();
    const isBeyond = this.#own.name > lastPlausibleName(now);
    if (!isBeyond && eventFileName(now) <= this.#own.name) return;
    if (this.#tolerating(() => this.#own.followMonth()) !== null) this.#foldNew();
  }

  /** The file is made again, with its folder, or is back as it was. */
  #beginAgain(): void {
    this.#isAway = this.#tolerating(() => this.#own.reopen()) === null;
    if (this.#isAway) return;
    this.#beginnings += 1;
    this.#foldNew();
    if (this.#queue.length > 0) this.#flush();
    else keepReserve(this.#host, this.#layout);
    this.checkpoint();
  }

  #foldNew(): void {
    const on = foldOn(this.#host, this.#layout, this.#folded);
    if (on === null) this.#foldAnew();
    else this.#adopt(on);
  }

  /** Somebody has changed what was folded. */
  #foldAnew(seenAt = timeOf(this.#seenAt)): void {
    const { [this.#own.name]: own } = this.#folded.files;
    const isOwnWhole = own !== undefined && isWhole(this.#host, this.#layout, { [this.#own.name]: own });
    this.#adopt(foldAnew(this.#host, this.#layout, this.#folded, seenAt));
    this.checkpoint();
    if (!isOwnWhole) this.onReplaced(this.#own.path);
  }

  /** Queued lines are in the state, though not yet in the files. */
  #adopt(folded: Folded): void {
    this.#folded = folded;
    this.#seenAt = isoOf(this.#host.clock.now());
    this.#state = this.#queue.reduce(
      (state, line) => evolve(state, JSON.parse(line) as LoggedEvent),
      folded.state,
    );
  }

  #sync(): void {
    this.#tolerating(() => this.#own.file.sync());
  }

  /** Runs a write; a refusal is remembered instead of thrown, and frees the reserve. */
  #tolerating<T>(write: () => T): T | null {
    try {
      const result = write();
      this.#fault = null;
      return result;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (this.#fault === null) this.onFault(error);
      this.#fault = error;
      if (error.fault === "full") freeReserve(this.#host, this.#layout);
      return null;
    }
  }
}

/** Of a time stamp of our own. */
function timeOf(ts: string): Instant {
  return instantOf(ts) ?? -Infinity;
}
