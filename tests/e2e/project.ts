/**
 * A project in a temporary folder, and the real program that supervises it. Everything that it starts is ended with it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Kind, LoggedEvent } from "../../lib/core/events.ts";
import { type Layout, layoutOf } from "../../lib/store/layout.ts";

type TomlValue = string | number | boolean | readonly TomlValue[];

/** Tables of a configuration by name, such as `agent.env`. */
export type Tables = Readonly<Record<string, Readonly<Record<string, TomlValue>>>>;

/** The words that start the program from its sources. */
export const PROGRAM: readonly string[] = [
  Deno.execPath(),
  "run",
  "-A",
  "--no-prompt",
  "--quiet",
  new URL("../../main.ts", import.meta.url).pathname,
];

/** `agent.command` of the scripted agent. */
export function fakeAgent(...scenarios: string[]): readonly string[] {
  return [...PROGRAM, "fake-agent", ...scenarios];
}

/** As long as start-up checks want a prompt to be, and then some. */
export const PROMPT = "Do the next piece of work, check that it works, and commit it.\n".repeat(10);

/** A git project with a configuration of its own and a home of its own. */
export class Project implements AsyncDisposable {
  /** Everything of the project is in here, the home too. */
  readonly dir: string;
  readonly home: string;
  readonly workDir: string;
  readonly configPath: string;
  readonly layout: Layout;
  readonly #runs: Run[] = [];

  private constructor(dir: string, logDir: string) {
    this.dir = dir;
    this.home = `${dir}/home`;
    this.workDir = `${dir}/site`;
    this.configPath = `${this.workDir}/agent-runner.toml`;
    this.layout = layoutOf(`${dir}/${logDir}`);
  }

  /**
   * Makes the project with `configToml`, and a prompt where the presets expect one.
   * @param logDir where that configuration has its log directory, relative to `dir`
   */
  static async make(configToml: (project: Project) => string, logDir = "logs"): Promise<Project> {
    const project = new Project(await Deno.makeTempDir({ prefix: "agent-runner-e2e-" }), logDir);
    await Deno.mkdir(project.home);
    await Deno.mkdir(`${project.workDir}/prompts`, { recursive: true });
    await Deno.writeTextFile(`${project.home}/.gitconfig`, "[user]\nname = e2e\nemail = e2e@localhost\n");
    await Deno.writeTextFile(`${project.workDir}/prompts/main.md`, PROMPT);
    await Deno.writeTextFile(project.configPath, configToml(project));
    await project.git("init", "--quiet");
    await project.git("add", "--all");
    await project.git("commit", "--quiet", "--message=all that is there");
    return project;
  }

  /** Makes a project whose agent is `command` and speaks as Claude Code does. */
  static async with(command: readonly string[], tables: Tables = {}): Promise<Project> {
    const agent = { reader: "claude", ...tables.agent };
    return await Project.make((project) => project.toml(command, { ...tables, agent }));
  }

  /** A configuration with that agent: `tables` are added to what most tests have in common. */
  toml(command: readonly string[], tables: Tables = {}): string {
    const base: Tables = {
      agent: { name: "e2e", command, prompt_arg_template: [], prompt_delivery: "stdin" },
      runtime: { work_dir: ".", log_dir: this.layout.dir, restart_delay_s: 0, kill_grace_s: 1 },
      prompt: { file: "./prompts/main.md" },
      throttle: { jitter_min_s: 0, jitter_max_s: 1 },
    };
    const names = new Set([...Object.keys(base), ...Object.keys(tables)]);
    return [...names].map((name) => tomlTable(name, { ...base[name], ...tables[name] })).join("\n");
  }

  async git(...args: string[]): Promise<void> {
    const options = { args, cwd: this.workDir, env: { HOME: this.home } };
    const { success, stderr } = await new Deno.Command("git", options).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  }

  /** Starts the program with these arguments, as a service would: no terminal anywhere. */
  start(args: readonly string[], options: RunOptions = {}): Run {
    const words = [...(options.before ?? []), ...(options.program ?? PROGRAM), ...args];
    const env = { ...this.environment(), ...options.env };
    const run = new Run(this, words, options.cwd ?? this.workDir, env);
    this.#runs.push(run);
    return run;
  }

  /** Runs the program to its end. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const run = this.start(args, options);
    return await run.until("its end", () => run.hasEnded || null).then(() => run.ended);
  }

  /** The whole environment of the program; agents inherit it, which is how they are found. */
  environment(): Readonly<Record<string, string>> {
    return {
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      HOME: this.home,
      DENO_DIR: denoDir,
      DENO_NO_UPDATE_CHECK: "1",
      TZ: "UTC",
    };
  }

  /** The whole log so far, without lines that are no JSON. */
  events(): readonly LoggedEvent[] {
    const { dir } = this.layout;
    const names = namesIn(dir).filter((name) => /^events-.*\.jsonl$/.test(name)).sort();
    return names.flatMap((name) => Deno.readTextFileSync(`${dir}/${name}`).split("\n").slice(0, -1))
      .flatMap(parsed);
  }

  /** Kinds of the whole log so far, in order. */
  kinds(): readonly Kind[] {
    return this.events().map(({ event }) => event);
  }

  /** The events of one kind so far. */
  all<K extends Kind>(kind: K): readonly LoggedEvent<K>[] {
    return this.events().filter(({ event }) => event === kind) as unknown as LoggedEvent<K>[];
  }

  /** The only event of a kind. */
  only<K extends Kind>(kind: K): LoggedEvent<K> {
    const [first, ...more] = this.all(kind);
    assert.ok(first !== undefined && more.length === 0, `not one ${kind} in ${this.kinds().join(" ")}`);
    return first;
  }

  status(): Readonly<Record<string, unknown>> {
    return JSON.parse(Deno.readTextFileSync(this.layout.status));
  }

  /** Processes of this project that live, the program itself included: all those with this home. */
  processes(): readonly Living[] {
    return namesIn("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
      const environment = readOr(`/proc/${name}/environ`, "");
      if (!environment.includes(this.dir)) return [];
      return [{ pid: Number(name), words: readOr(`/proc/${name}/cmdline`, "").replaceAll("\0", " ").trim() }];
    });
  }

  /** Ends whatever still runs and removes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await until("the end of all processes", () => {
      const living = this.processes();
      for (const { pid } of living) endByForce(pid);
      return living.length === 0 || null;
    });
    await Promise.all(this.#runs.map((run) => run.ended));
    await Deno.remove(this.dir, { recursive: true });
  }
}

export interface Living {
  readonly pid: number;
  readonly words: string;
}

export interface RunOptions {
  /** Default: the project's work folder. */
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of the program from its sources. */
  readonly program?: readonly string[];
  /** Words before the program's own. */
  readonly before?: readonly string[];
}

export interface Ended {
  /** 128 + n for signal n. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One run of the program. */
export class Run {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly #project: Project;
  #out = "";
  #err = "";
  #hasEnded = false;

  constructor(
    project: Project,
    words: readonly string[],
    cwd: string,
    env: Readonly<Record<string, string>>,
  ) {
    const [program = "", ...args] = words;
    const child = new Deno.Command(program, {
      args,
      cwd,
      env: { ...env },
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#project = project;
    this.pid = child.pid;
    this.ended = Promise.all([
      child.status,
      collect(child.stdout, (text) => this.#out += text),
      collect(child.stderr, (text) => this.#err += text),
    ]).then(([{ code }]) => {
      this.#hasEnded = true;
      return { code, out: this.#out, err: this.#err };
    });
  }

  /** What it has printed so far. */
  get out(): string {
    return this.#out;
  }

  get err(): string {
    return this.#err;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  signal(name: Deno.Signal): void {
    Deno.kill(this.pid, name);
  }

  /** Waits for the first such event in the log, older ones included. */
  async event<K extends Kind>(
    kind: K,
    fits: (event: LoggedEvent<K>) => boolean = () => true,
  ): Promise<LoggedEvent<K>> {
    return await this.until(`event ${kind}`, () => this.#project.all(kind).find(fits) ?? null);
  }

  /** Waits for words on standard error. */
  async says(words: string): Promise<void> {
    await this.until(`"${words}"`, () => this.#err.includes(words) || null);
  }

  /** Waits for something that this run brings about; in vain when it has ended without it. */
  async until<T>(what: string, look: () => T | null): Promise<T> {
    return await until(what, () => {
      const over = this.#hasEnded;
      const found = look();
      if (found === null && over) assert.fail(`ended without ${what}: ${this.#report()}`);
      return found;
    }, () => this.#report());
  }

  #report(): string {
    return `${this.#project.kinds().join(" ")}\n${this.#out}\n${this.#err}`;
  }
}

/** How long something may take that usually takes a moment (ms): machines that test are busy ones. */
const LIMIT_MS = 60_000;

/** Between two looks (ms). */
const LOOK_MS = 20;

/**
 * Waits for an event: resolves with what `look` finds as soon as it is no longer null.
 * @throws Error with what was waited for and the report, after a minute
 */
export async function until<T>(
  what: string,
  look: () => T | null,
  report: () => string = () => "",
): Promise<T> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const found = look();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}: ${report()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Lets time pass where the time between two steps is what is tested. */
export async function letPass(ms: number): Promise<void> {
  const end = performance.now() + ms;
  await until(`${ms} ms`, () => performance.now() >= end || null);
}

/** Seconds since the epoch at which the event was written. */
export function epochOf({ ts }: LoggedEvent): number {
  return Date.parse(ts) / 1000;
}

/** One table as TOML, whose strings, numbers and lists look as in JSON. */
export function tomlTable(name: string, values: Tables[string]): string {
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  return `[${name}]\n${lines.join("")}`;
}

/** Where the modules already are: nothing is downloaded by the program under test. */
export const denoDir: string = await findDenoDir();

async function findDenoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>, add: (text: string) => void) {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) add(text);
}

function namesIn(dir: string): readonly string[] {
  try {
    return [...Deno.readDirSync(dir)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}

function parsed(line: string): readonly LoggedEvent[] {
  try {
    return [JSON.parse(line)];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** A process may vanish, or belong to somebody else, between two looks. */
function readOr(path: string, otherwise: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return otherwise;
  }
}

function endByForce(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    // It was faster.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
