/**
 * One real `serve`: started, listened to, killed.
 *
 * @module
 */
import type { Line } from "./moment.ts";

/** How to start the program. */
export interface Program {
  /** One script, as bundled. */
  readonly script: string;
}

/** The words that start the program. */
export function wordsOf({ script }: Program, args: readonly string[]): readonly string[] {
  return [Deno.execPath(), "run", "-A", "--no-config", "--no-lock", script, ...args];
}

export class Supervisor {
  readonly #child: Deno.ChildProcess;
  readonly #waiting = new Set<() => void>();
  readonly #heard: string[] = [];
  readonly #listening: Promise<void>;
  #over = false;

  /** Resolves with the exit code, 137 after a kill. */
  readonly ended: Promise<number>;

  /** Runs `words` in `cwd`; what it says goes to `talk`, its events are heard. */
  constructor(words: readonly string[], cwd: string, talk: string) {
    const [program = "", ...args] = words;
    // The shell only puts the talk into a file: `exec` makes the pid the program's own.
    this.#child = new Deno.Command("/bin/sh", {
      args: ["-c", 'talk=$1; shift; exec "$@" 2>>"$talk"', "sh", talk, program, ...args],
      cwd,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#listening = this.#listen();
    this.ended = this.#child.status.then(({ code }) => {
      this.#over = true;
      this.#tell();
      return code;
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Event lines that it has told so far. */
  get heard(): readonly string[] {
    return this.#heard;
  }

  /** Resolves when the event has been heard so many times, or at the end of the process or of the time: then false. */
  async hears(event: string, times: number, withinMs: number): Promise<boolean> {
    const isEnough = () => this.#heard.filter((line) => kindOf(line) === event).length >= times;
    const until = performance.now() + withinMs;
    while (!isEnough()) {
      const leftMs = until - performance.now();
      if (this.#over || leftMs <= 0) return false;
      await this.#next(leftMs);
    }
    return true;
  }

  signal(name: Deno.Signal): void {
    try {
      this.#child.kill(name);
    } catch {
      // It has ended by itself: `ended` says how.
    }
  }

  /** Kills it, unless it has ended; resolves when it is dead and everything it said has been heard. */
  async kill(): Promise<number> {
    this.signal("SIGKILL");
    const code = await this.ended;
    await this.#listening;
    return code;
  }

  async #listen(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.#heard.push(...lines);
      this.#tell();
    }
  }

  #tell(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #next(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, withinMs);
      const waiting = this.#waiting;
      function done(): void {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      }
      waiting.add(done);
    });
  }
}

function kindOf(line: string): string {
  return (JSON.parse(line) as Line).event;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
