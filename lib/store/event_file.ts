import type { Instant } from "../core/instant.ts";
import type { ProjectState } from "../core/project_state.ts";
import type { AppendFile, Host } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";
import {
  eventFileName,
  eventFileNames,
  type Folded,
  foldLog,
  foldOnTop,
  isWhole,
  lastPlausibleName,
} from "./fold.ts";
import type { Layout } from "./layout.ts";

/** The file that this program appends to. */
export class EventFile {
  readonly #host: Host;
  readonly #layout: Layout;
  #name: string;
  #file: AppendFile;

  /** @throws FileError when the directory does not take a file */
  constructor(host: Host, layout: Layout) {
    this.#host = host;
    this.#layout = layout;
    this.#name = currentName(host, layout);
    this.#file = openWhole(host, layout, this.#name);
  }

  get name(): string {
    return this.#name;
  }

  get file(): AppendFile {
    return this.#file;
  }

  get path(): string {
    return `${this.#layout.dir}/${this.#name}`;
  }

  /** Somebody has moved or removed it; false where that cannot be seen. */
  get hasMoved(): boolean {
    let hasMoved = false;
    bestEffort(() => {
      hasMoved = this.#host.files.stat(this.path)?.inode !== this.#file.inode;
    });
    return hasMoved;
  }

  /**
   * Goes on with the file that has the name now, or with a new one.
   * @throws FileError
   */
  reopen(): void {
    this.#host.files.makeDir(this.#layout.dir);
    this.#take(this.#name);
  }

  /**
   * Goes on with the file of the month.
   * @throws FileError
   */
  followMonth(): void {
    this.#take(currentName(this.#host, this.#layout));
  }

  #take(name: string): void {
    const file = openWhole(this.#host, this.#layout, name);
    this.#file.close();
    this.#name = name;
    this.#file = file;
  }
}

/** Name of the file that an event of now belongs into: never an older one than is there. */
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
  if (isTornAt(file, file.size())) file.append(LINE_END);
  return file;
}

export const LINE_END = new Uint8Array([10]);

/** Whether the line that ends at this offset lacks its end. */
export function isTornAt(file: AppendFile, offset: number): boolean {
  const byte = LINE_END.slice();
  if (offset > 0) file.readAt(offset - 1, byte);
  return byte[0] !== LINE_END[0];
}

/**
 * The fold after somebody has changed what was folded. What is known is not forgotten with lines that are gone: then the
 * state goes on, and what was written after `seenAt` comes on top.
 */
export function foldAnew(host: Host, layout: Layout, known: Folded, seenAt: Instant): Folded {
  const anew = isWhole(host, layout, known.files) ? foldLog(host, layout) : null;
  return anew === null || hasForgotten(anew.state, known.state)
    ? foldOnTop(host, layout, known, seenAt)
    : anew;
}

/** Whether a fold from the start lacks what is known, as when older months were removed. */
function hasForgotten(anew: ProjectState, known: ProjectState): boolean {
  return anew.highestRound < known.highestRound || anew.roundsEnded < known.roundsEnded ||
    (anew.serve.kind === "never" && known.serve.kind !== "never");
}
