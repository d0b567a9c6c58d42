import type { Config } from "../core/config.ts";
import type { Ending } from "../core/verdict.ts";
import { emptyEvidence, type Evidence, withFinding } from "../core/evidence.ts";
import type { Finding } from "../core/plugin.ts";
import type { OpenReader, OutputReader, RoundToRead, Soon } from "../extend/output_reader.ts";
import type { Host, ReadFile } from "../host.ts";
import { BLOCK, chunksForward } from "../store/blocks.ts";
import type { Hole } from "./log_cap.ts";

/** What the plugin's reader is told about the round. */
export function readerContext({ monitor }: Config, round_num: number): RoundToRead {
  const { anomaly_repetitive_window: window, anomaly_repetitive_threshold: threshold } = monitor;
  return { round_num, repetition: window > 0 && threshold > 0 ? { window, threshold } : null };
}

/**
 * Follows the running round's log and keeps the sum of what the plugin's reader found in it. Only lines with one of
 * the plugin's `interest` strings are handed to it; without a plugin nothing is read at all.
 */
export class RoundReader {
  readonly #file: ReadFile | null;
  readonly #reader: OpenReader | null;
  readonly #interest: RegExp | null;
  readonly #room = new Uint8Array(BLOCK);
  #evidence = emptyEvidence();
  #offset = 0;
  #inside = false;
  #size = 0;
  #hasMore = false;
  /** The reader is busy with what it was given. */
  #later: Promise<void> | null = null;
  #hole: Hole | null;

  /** @param hole range of the file that is to be passed over, with the lines that it cuts */
  constructor(
    host: Host,
    path: string,
    reader: OutputReader | null,
    context: RoundToRead,
    hole: Hole | null = null,
  ) {
    this.#hole = hole;
    this.#file = host.files.open(path);
    this.#reader = reader?.open(context) ?? null;
    this.#interest = anyOf(reader?.interest ?? []);
  }

  get evidence(): Evidence {
    return this.#evidence;
  }

  /** Bytes that nobody needs to read again. */
  get readUpTo(): number {
    return this.#reader === null ? this.#size : this.#offset;
  }

  /** Bytes of output so far. */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes in what was written since; true when there was something. A reader that answers later is not waited for: what
   * comes meanwhile is read when it has.
   */
  read(): boolean {
    const size = this.#file?.size() ?? 0;
    const grew = size !== this.#size;
    this.#size = size;
    this.#hasMore ||= grew;
    if (this.#hasMore && this.#later === null && this.#file !== null && this.#reader !== null) {
      this.#hasMore = false;
      // Not what is written meanwhile: an agent that is faster than the reader would hold everything up.
      this.#takeAll(this.#readAround(endingAt(this.#file, size), this.#reader));
    }
    return grew;
  }

  /** The output is over: a last line without its newline counts too. */
  async end(ending: Ending): Promise<Evidence> {
    await this.#later;
    this.read();
    await this.#later;
    if (this.#reader !== null) {
      this.#take(await this.#reader.lines([...linesWith(this.#interest, this.#lastLine())]));
      this.#take(await this.#reader.end(ending));
    }
    return this.#evidence;
  }

  close(): void {
    this.#file?.close();
  }

  *#readAround(file: ReadFile, reader: OpenReader): Findings {
    const hole = this.#hole;
    if (hole !== null) {
      yield* this.#readLines(endingAt(file, hole.from), reader);
      this.#offset = hole.to;
      this.#inside = true;
      this.#hole = null;
    }
    yield* this.#readLines(file, reader);
  }

  *#readLines(file: ReadFile, reader: OpenReader): Findings {
    let lines: string[] = [];
    let blocks = 0;
    for (
      const { text, end, inside } of chunksForward(file, this.#offset, {
        inside: this.#inside,
        room: this.#room,
      })
    ) {
      lines.push(...linesWith(this.#interest, text));
      this.#offset = end;
      this.#inside = inside;
      if (++blocks % reader.blocksAtOnce !== 0) continue;
      yield reader.lines(lines);
      lines = [];
    }
    if (lines.length > 0) yield reader.lines(lines);
  }

  #lastLine(): string {
    const size = this.#size - this.#offset;
    if (this.#file === null || this.#inside || size <= 0) return "";
    const bytes = new Uint8Array(size);
    this.#file.readAt(this.#offset, bytes);
    return new TextDecoder().decode(bytes);
  }

  #takeAll(all: Findings): void {
    for (let next = all.next(); next.done !== true; next = all.next()) {
      const found = next.value;
      if (!(found instanceof Promise)) this.#take(found);
      else {
        this.#later = this.#takeLater(found, all);
        return;
      }
    }
  }

  async #takeLater(first: Promise<readonly Finding[]>, all: Findings): Promise<void> {
    this.#take(await first);
    for (const found of all) this.#take(await found);
    this.#later = null;
  }

  #take(findings: readonly Finding[]): void {
    this.#evidence = findings.reduce(withFinding, this.#evidence);
  }
}

type Findings = Generator<Soon<readonly Finding[]>>;

/** The file as if it ended there. */
function endingAt(file: ReadFile, end: number): ReadFile {
  return {
    inode: file.inode,
    size: () => Math.min(file.size(), end),
    readAt: (offset, into) => file.readAt(offset, into.subarray(0, Math.max(0, end - offset))),
    close: () => {},
  };
}

/** Null: every line is of interest. */
function anyOf(words: readonly string[]): RegExp | null {
  if (words.length === 0) return null;
  const any = words.map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|");
  const pattern = new RegExp(any, "g");
  for (let times = 0; times < 2; times++) pattern.exec(FIRST_TEXT);
  return pattern;
}

/**
 * The engine lays a search out by the first texts that it meets. After one without the letters of words it leaps over
 * what cannot match, where it would else look at each character: four times as fast in an agent's output.
 */
const FIRST_TEXT = "0".repeat(1024);

/** The lines of the text that match. One search over the whole text is many times faster than one for each line. */
function* linesWith(pattern: RegExp | null, text: string): Generator<string> {
  if (pattern === null) {
    for (const line of text.split("\n")) if (line !== "") yield line;
    return;
  }
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const start = text.lastIndexOf("\n", match.index) + 1;
    const newline = text.indexOf("\n", match.index);
    const end = newline < 0 ? text.length : newline;
    yield text.slice(start, end);
    pattern.lastIndex = end;
  }
}
