/**
 * A reader of the event files that remembers every whole line it has met.
 *
 * @module
 */
import type { Line } from "./moment.ts";

const NAME = /^events-\d{4}-\d{2}\.jsonl$/;

export class EventReader {
  readonly #dir: string;
  readonly #seen = new Map<string, Uint8Array>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Takes in what is new; what is wrong with what was there before is returned in a sentence, else null. */
  look(): string | null {
    for (const name of this.#names()) {
      const bytes = Deno.readFileSync(`${this.#dir}/${name}`);
      const before = this.#seen.get(name) ?? new Uint8Array();
      if (bytes.length < before.length || before.some((byte, at) => bytes[at] !== byte)) {
        return `${name} is no longer what a reader saw: ${before.length} bytes were there`;
      }
      this.#seen.set(name, bytes.subarray(0, bytes.lastIndexOf(10) + 1));
    }
    const gone = [...this.#seen.keys()].filter((name) => !this.#names().includes(name));
    return gone.length === 0 ? null : `${gone.join(", ")} went away`;
  }

  /** All whole lines, in the order of the files. */
  get text(): string {
    const decoder = new TextDecoder();
    return this.#names().map((name) => decoder.decode(this.#seen.get(name) ?? new Uint8Array())).join("");
  }

  /** The lines as events; a line that is no JSON stands as the event "". */
  get lines(): readonly Line[] {
    return this.text.split("\n").filter((line) => line !== "").map(parsed);
  }

  #names(): readonly string[] {
    try {
      return [...Deno.readDirSync(this.#dir)].map(({ name }) => name).filter((name) => NAME.test(name))
        .sort();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }
}

function parsed(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    // A torn line is a finding of its own, made where the lines are judged.
    return { event: "" };
  }
}
