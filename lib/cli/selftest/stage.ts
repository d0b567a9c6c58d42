/**
 * Where the self-test plays: a temporary folder, and everything that was started there. `close` ends and removes all
 * of it; what it should fail to end ends by itself within two minutes.
 *
 * @module
 */
import { FileError } from "../../core/file_error.ts";
import type { Host, Launch, LaunchSpec } from "../../host.ts";
import { type Containment, endRound, livingMembers } from "../../supervise/contain.ts";

/** Between two looks (ms). */
const LOOK_MS = 25;

/** A program that was started, known as a round's agent is. */
export interface Actor {
  readonly launch: Launch;
  /** By group and marker, never by cgroup. */
  readonly containment: Containment;
  readonly hasEnded: () => boolean;
  /** What it has written so far, to both streams. */
  readonly output: () => string;
}

export class Stage {
  readonly host: Host;
  /** Absolute path of the temporary folder. */
  readonly dir: string;
  /** Aborted when the time is up or somebody asked to stop: then every wait is over. */
  readonly over: AbortSignal;
  readonly #actors: Actor[] = [];
  readonly #closers: (() => string | null | Promise<string | null>)[] = [];

  /** @throws FileError when there can be no temporary folder */
  constructor(host: Host, over: AbortSignal) {
    this.host = host;
    this.over = over;
    this.dir = host.files.makeTempDir("agent-runner-selftest-");
  }

  /** A name that nobody else has. */
  newName(): string {
    return `selftest-${this.host.random.next().toString(36).slice(2, 12)}`;
  }

  /** Starts a program through the gated launcher, as a round's agent is started. */
  start(
    argv: readonly string[],
    options: Partial<Pick<LaunchSpec, "id" | "lockPath" | "cgroup">> = {},
  ): Actor {
    const { files, processes, env } = this.host;
    const logPath = `${this.dir}/${this.newName()}.log`;
    const id = options.id ?? this.newName();
    const launch = processes.launch({
      id,
      argv,
      cwd: this.dir,
      env: env.all(),
      stdinPath: "/dev/null",
      logPath,
      statusPath: `${logPath}.status`,
      lockPath: options.lockPath ?? null,
      cgroup: options.cgroup ?? null,
    });
    let ended = false;
    launch.ended.then(() => ended = true);
    const containment = { pid: launch.pid, startTime: launch.startTime, id, cgroup: null };
    const output = () => files.readText(logPath) ?? "";
    const actor: Actor = { launch, containment, hasEnded: () => ended, output };
    this.#actors.push(actor);
    launch.openGate();
    return actor;
  }

  /** @param closer called by `close` when no actor runs any more; says what it could not do, null when all is done */
  atClose(closer: () => string | null | Promise<string | null>): void {
    this.#closers.push(closer);
  }

  /** True as soon as the condition holds, false when the time is over. */
  async until(withinMs: number, condition: () => boolean): Promise<boolean> {
    const { clock } = this.host;
    const untilMs = clock.monotonicMs() + withinMs;
    while (!condition()) {
      if (this.over.aborted || clock.monotonicMs() >= untilMs) return false;
      await clock.sleep(LOOK_MS, this.over);
    }
    return true;
  }

  /** Ends everything and removes the folder; what could not be ended or removed is returned in words. */
  async close(): Promise<readonly string[]> {
    const left = await Promise.all(this.#actors.map((actor) => this.#end(actor)));
    left.push(...await Promise.all(this.#closers.map((closer) => closer())));
    left.push(this.#removeAll());
    return left.filter((words) => words !== null);
  }

  async #end({ containment, hasEnded, launch }: Actor): Promise<string | null> {
    if (hasEnded() && livingMembers(this.host, containment).length === 0) return null;
    await endRound(this.host, containment, 0);
    const remaining = livingMembers(this.host, containment);
    if (remaining.length > 0) return `still running: ${remaining.map(({ pid }) => `pid ${pid}`).join(", ")}`;
    await launch.ended;
    return null;
  }

  #removeAll(): string | null {
    try {
      removeTree(this.host, this.dir);
      return null;
    } catch (error) {
      if (error instanceof FileError) return `not removed: ${error.message}`;
      throw error;
    }
  }
}

function removeTree(host: Host, path: string): void {
  for (const { name, isFile, isLink } of host.files.list(path) ?? []) {
    if (isFile || isLink) host.files.remove(`${path}/${name}`);
    else removeTree(host, `${path}/${name}`);
  }
  host.files.remove(path);
}
