import type { Config } from "../core/config.ts";
import type { Ending } from "../core/ending.ts";
import { emptyEvidence, type Evidence, withFinding } from "../core/evidence.ts";
import type { Finding, Plugin, Reader, ReaderContext } from "../core/plugin.ts";
import type { Host, ReadFile } from "../host.ts";
import { chunksForward } from "../store/blocks.ts";
import type { Hole } from "./log_cap.ts";

/** What the plugin's reader is told about the round. */
export function readerContext({ monitor }: Config, roundNum: number): ReaderContext {
  const { anomaly_repetitive_window: window, anomaly_repetitive_threshold: threshold } = monitor;
  return { roundNum, repetition: window > 0 && threshold > 0 ? { window, threshold } : null };
}

/**
 * Follows the running round's log and keeps the sum of what the plugin's reader found in it. Only lines with one of
 * the plugin's `interest` strings are handed to it; without a plugin nothing is read at all.
 */
export class RoundReader {
  readonly #file: ReadFile | null;
  readonly #reader: Reader | null;
  readonly #interest: RegExp | null;
  #evidence = emptyEvidence();
  #offset = 0;
  #inside = false;
  #size = 0;
  #hole: Hole | null;

  /** @param hole range of the file that is to be passed over, with the lines that it cuts */
  constructor(
    host: Host,
    path: string,
    plugin: Plugin | null,
    context: ReaderContext,
    hole: Hole | null = null,
  ) {
    this.#hole = hole;
    this.#file = host.files.open(path);
    this.#reader = plugin?.reader(context) ?? null;
    this.#interest = plugin === null ? null : anyOf(plugin.interest);
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

  /** Takes in what was written since; true when there was something. */
  read(): boolean {
    const size = this.#file?.size() ?? 0;
    const grew = size !== this.#size;
    this.#size = size;
    if (grew && this.#file !== null && this.#reader !== null) this.#readAround(this.#file, this.#reader);
    return grew;
  }

  /** The output is over: a last line without its newline counts too. */
  end(ending: Ending): Evidence {
    this.read();
    if (this.#reader !== null) {
      this.#take(this.#lastLine());
      this.#add(this.#reader.end(ending));
    }
    return this.#evidence;
  }

  close(): void {
    this.#file?.close();
  }

  #readAround(file: ReadFile, reader: Reader): void {
    const hole = this.#hole;
    if (hole !== null) {
      this.#readLines(endingAt(file, hole.from), reader);
      this.#offset = hole.to;
      this.#inside = true;
      this.#hole = null;
    }
    this.#readLines(file, reader);
  }

  #readLines(file: ReadFile, reader: Reader): void {
    for (
      const { text, end, inside } of chunksForward(file, this.#offset, { inside: this.#inside })
    ) {
      for (const line of linesWith(this.#interest, text)) this.#add(reader.line(line));
      this.#offset = end;
      this.#inside = inside;
    }
  }

  #lastLine(): string {
    const size = this.#size - this.#offset;
    if (this.#file === null || this.#inside || size <= 0) return "";
    const bytes = new Uint8Array(size);
    this.#file.readAt(this.#offset, bytes);
    return new TextDecoder().decode(bytes);
  }

  #take(text: string): void {
    for (const line of linesWith(this.#interest, text)) this.#add(this.#reader?.line(line) ?? []);
  }

  #add(findings: readonly Finding[]): void {
    this.#evidence = findings.reduce(withFinding, this.#evidence);
  }
}

/** The file as if it ended there. */
function endingAt(file: ReadFile, end: number): ReadFile {
  return {
    inode: file.inode,
    size: () => Math.min(file.size(), end),
    readAt: (offset, into) => file.readAt(offset, into.subarray(0, Math.max(0, end - offset))),
    close: () => {},
  };
}

function anyOf(words: readonly string[]): RegExp {
  return new RegExp(words.map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|"), "g");
}

/** The lines of the text that match. One search over the whole text is many times faster than one for each line. */
function* linesWith(pattern: RegExp | null, text: string): Generator<string> {
  if (pattern === null) return;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const start = text.lastIndexOf("\n", match.index) + 1;
    const newline = text.indexOf("\n", match.index);
    const end = newline < 0 ? text.length : newline;
    yield text.slice(start, end);
    pattern.lastIndex = end;
  }
}
