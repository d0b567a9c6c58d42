/**
 * A project of its own in a temporary folder, with a real agent-runner at work on it.
 *
 * @module
 */
import { EXIT } from "../../lib/core/exit_code.ts";
import { ROOT } from "../rules/tree.ts";

/** One event as it stands in the log. */
export interface LogLine {
  readonly ts: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** What of the configuration differs from test to test. */
export interface ProjectOptions {
  readonly command: readonly string[];
  readonly args?: readonly string[];
  readonly agent?: Readonly<Record<string, unknown>>;
  readonly runtime?: Readonly<Record<string, unknown>>;
  readonly prompt?: string;
  /** Made in this folder instead of the system's for temporary files. */
  readonly under?: string;
}

/** How agent-runner is started. */
export interface StartOptions {
  /** The program's first file; `main.ts` unless another one is named. */
  readonly entry?: string;
  /** Words before the command line. */
  readonly before?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A started agent-runner. */
export interface Running {
  readonly pid: number;
  /** Resolves when it has ended; a signal's code is 128 + n. */
  readonly ended: Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
}

/** Between two looks at something that takes its time (ms). */
const LOOK_MS = 20;

export class Project {
  readonly dir: string;
  readonly logDir: string;
  readonly workDir: string;
  /** In the environment of everything that runs here, and of nothing else on this machine. */
  readonly token: string;
  readonly #started: Promise<unknown>[] = [];

  constructor({ command, args = [], agent = {}, runtime = {}, prompt = "", under }: ProjectOptions) {
    this.dir = Deno.realPathSync(
      Deno.makeTempDirSync({ prefix: "agent-runner-", ...(under === undefined ? {} : { dir: under }) }),
    );
    this.logDir = `${this.dir}/logs`;
    this.workDir = `${this.dir}/work`;
    this.token = `token-${crypto.randomUUID()}`;
    Deno.mkdirSync(this.workDir);
    Deno.writeTextFileSync(`${this.dir}/prompt.md`, `${prompt}\n${"Do the next piece of work. ".repeat(25)}`);
    Deno.writeTextFileSync(
      this.config,
      toml({
        agent: {
          command: command.map((word) => word === "TOKEN" ? this.token : word),
          prompt_arg_template: args.map((word) => word === "TOKEN" ? this.token : word),
          prompt_delivery: "stdin",
          ...agent,
          env: { TEST_TOKEN: this.token },
        },
        runtime: {
          work_dir: this.workDir,
          log_dir: this.logDir,
          stop_file: this.stopFile,
          kill_grace_s: 1,
          round_timeout_s: 60,
          restart_delay_s: 0,
          disk_min_free_mb: 0,
          ...runtime,
        },
        prompt: { file: `${this.dir}/prompt.md` },
        vcs: { dirty_action: "ignore" },
      }),
    );
  }

  get stopFile(): string {
    return `${this.dir}/STOP`;
  }

  get config(): string {
    return `${this.dir}/agent-runner.toml`;
  }

  /** Starts agent-runner with these words; its own output is kept. */
  start(
    words: readonly string[],
    { entry = `${ROOT}main.ts`, before = [], env = {} }: StartOptions = {},
  ): Running {
    const argv = [...before, Deno.execPath(), "run", "-A", "--quiet", entry, ...words];
    const child = new Deno.Command(argv[0]!, {
      args: [...argv.slice(1), "--config", this.config],
      cwd: this.dir,
      env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", TEST_RUN: this.token, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const ended = child.output().then(({ code, stdout, stderr }) => ({
      code,
      stdout: new TextDecoder().decode(stdout),
      stderr: new TextDecoder().decode(stderr),
    }));
    this.#started.push(ended);
    return { pid: child.pid, ended };
  }

  /** Runs agent-runner to its end. */
  async run(words: readonly string[], options?: StartOptions) {
    return await this.start(words, options).ended;
  }

  /** All events so far, in order; a line that is still being written is left out. */
  events(): readonly LogLine[] {
    const names = list(this.logDir).filter((name) => /^events-.*\.jsonl$/.test(name)).sort();
    const lines = names.flatMap((name) =>
      Deno.readTextFileSync(`${this.logDir}/${name}`).split("\n").slice(0, -1)
    );
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  /** Events of one kind. */
  of(kind: string): readonly LogLine[] {
    return this.events().filter(({ event }) => event === kind);
  }

  /** The agent's output, of one round or of all. */
  output(round?: number): string {
    const start = round === undefined ? "R" : `R${round}-`;
    const names = list(`${this.logDir}/rounds`).filter((name) => name.startsWith(start)).sort();
    return names.map((name) => Deno.readTextFileSync(`${this.logDir}/rounds/${name}`)).join("");
  }

  /** A file of the log directory, "" where it is not there. */
  read(name: string): string {
    return text(`${this.logDir}/${name}`);
  }

  /** What another supervisor would find of the running round. */
  record() {
    return JSON.parse(this.read("running-round.json"));
  }

  /** Pids of agents and launchers of this project that live at this moment. */
  living(): readonly number[] {
    return livingWith(`TEST_TOKEN=${this.token}`, this.token);
  }

  /** Ends whatever runs of this project, supervisors too, and removes it. */
  async close(): Promise<void> {
    const words = [`TEST_RUN=${this.token}`, this.token] as const;
    await eventually("everything of the test has ended", () => {
      const all = new Set([...this.living(), ...livingWith(...words)]);
      for (const pid of all) kill(pid, "SIGKILL");
      return all.size === 0;
    });
    await Promise.all(this.#started);
    Deno.removeSync(this.dir, { recursive: true });
  }
}

/** Makes a project, lets the test act on it and clears it away, whatever came of it. */
export async function withProject(
  options: ProjectOptions,
  act: (project: Project) => Promise<void>,
): Promise<void> {
  const project = new Project(options);
  try {
    await act(project);
  } finally {
    await project.close();
  }
}

/** Absolute path of one of the programs in `tests/agents`, with what runs it. */
export function agent(name: string): readonly string[] {
  return [name.endsWith(".py") ? "python3" : "sh", `${ROOT}tests/agents/${name}`];
}

/** Resolves once the condition holds; the test fails where it does not come true. */
export async function eventually(what: string, condition: () => boolean, withinMs = 20_000): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`did not happen within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Signals a process that may have gone. */
export function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Whether a process is there and no zombie. */
export function isAlive(pid: number): boolean {
  const state = text(`/proc/${pid}/stat`).replace(/^.*\) /s, "")[0];
  return state !== undefined && state !== "Z" && state !== "X";
}

/** Seconds between two events. */
export function secondsBetween(from: LogLine | undefined, to: LogLine | undefined): number {
  return (Date.parse(to?.ts ?? "") - Date.parse(from?.ts ?? "")) / 1000;
}

/** Exit code of a process that SIGKILL ended. */
export const KILLED = 137;

export const DONE: number = EXIT.done;

/** Living processes with this entry in their environment or this word in their arguments. */
function livingWith(entry: string, word: string): readonly number[] {
  return list("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) =>
    pid !== Deno.pid && isAlive(pid) &&
    (text(`/proc/${pid}/environ`).split("\0").includes(entry) ||
      text(`/proc/${pid}/cmdline`).split("\0").includes(word))
  );
}

function list(dir: string): readonly string[] {
  try {
    return [...Deno.readDirSync(dir)].map(({ name }) => name);
  } catch {
    return [];
  }
}

/** "" where the process has gone meanwhile. */
function text(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** Strings and lists are the same in JSON; a table inside is a header of its own. */
function toml(tables: Readonly<Record<string, object>>, under = ""): string {
  return Object.entries(tables).map(([name, table]) => {
    const inner = Object.entries(table).filter(([, value]) => value?.constructor === Object);
    const rows = Object.entries(table).filter(([, value]) => value?.constructor !== Object);
    const lines = rows.map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
    return `[${under}${name}]\n${lines.join("\n")}\n${toml(Object.fromEntries(inner), `${under}${name}.`)}`;
  }).join("\n");
}
