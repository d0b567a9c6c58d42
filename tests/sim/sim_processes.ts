import { FileError } from "../../lib/core/file_error.ts";
import type {
  Launch,
  LaunchSpec,
  Processes,
  ProcessInfo,
  RunOptions,
  RunResult,
  Sandbox,
  SignalName,
} from "../../lib/host.ts";
import type { Prng } from "./prng.ts";
import type { MachineClock } from "./sim_clock.ts";
import { SimLaunch } from "./sim_launch.ts";
import type { SimLife } from "./sim_life.ts";

export interface SimProcess {
  readonly pid: number;
  parent: number;
  readonly group: number;
  readonly session: number;
  readonly name: string;
  readonly argv: readonly string[];
  readonly startTime: string;
  /** The round's marker in its environment, null where there is none. */
  readonly round: string | null;
  zombie: boolean;
  readonly suspended: boolean;
  /** CPU time that it has used so far (ms). */
  readonly cpuMs: () => number;
  readonly onSignal: (name: SignalName) => void;
  /** The power is gone; the table forgets the process by itself. */
  readonly onPowerLoss: () => void;
}

export interface SpawnFacts {
  readonly name: string;
  readonly argv: readonly string[];
  /** Whose group and session it joins; its own ones when absent. */
  readonly joins?: SimProcess;
  /** The init process when absent. */
  readonly parent?: SimProcess;
  readonly round?: string;
  /** The next free one when absent. */
  readonly pid?: number;
  /** None when absent. */
  readonly cpuMs?: () => number;
  readonly onSignal: (name: SignalName) => void;
  readonly onPowerLoss: () => void;
}

/** The machine's processes: programs, launchers, agents with their children, and strangers. */
export class ProcessTable {
  #byPid = new Map<number, SimProcess>();
  #lastPid: number;

  constructor(
    private readonly clock: MachineClock,
    private readonly prng: Prng,
    private readonly options: { readonly reapMs: number },
  ) {
    this.#lastPid = 1000 + prng.int(1000);
    this.#startInit();
  }

  spawn(facts: SpawnFacts): SimProcess {
    const pid = facts.pid ?? this.#nextPid();
    const process: SimProcess = {
      pid,
      parent: facts.parent?.pid ?? INIT,
      group: facts.joins?.group ?? pid,
      session: facts.joins?.session ?? pid,
      name: facts.name,
      argv: facts.argv,
      startTime: this.clock.ticks(),
      round: facts.round ?? null,
      zombie: false,
      suspended: false,
      cpuMs: facts.cpuMs ?? (() => 0),
      onSignal: facts.onSignal,
      onPowerLoss: facts.onPowerLoss,
    };
    this.#byPid.set(pid, process);
    return process;
  }

  /** The process has ended; an orphan stays as a zombie until the init process reaps it. */
  end(process: SimProcess): void {
    if (this.#byPid.get(process.pid) !== process) return;
    for (const child of this.#byPid.values()) {
      if (child.parent === process.pid) this.#orphan(child);
    }
    process.zombie = true;
    if (process.parent === INIT) this.#reapLater(process);
    else this.#byPid.delete(process.pid);
  }

  find(pid: number): SimProcess | null {
    return this.#byPid.get(pid) ?? null;
  }

  list(): SimProcess[] {
    return [...this.#byPid.values()];
  }

  /** As `kill(2)`: true for a zombie too. */
  signal(pid: number, name: SignalName): boolean {
    const reached = this.list().filter((process) => pid > 0 ? process.pid === pid : process.group === -pid);
    for (const process of reached) {
      if (!process.zombie) process.onSignal(name);
    }
    return reached.length > 0;
  }

  losePower(): void {
    const gone = this.list();
    this.#byPid = new Map();
    for (const process of gone) process.onPowerLoss();
    this.#lastPid = 300 + this.prng.int(300);
    this.#startInit();
  }

  #orphan(child: SimProcess): void {
    child.parent = INIT;
    if (child.zombie) this.#reapLater(child);
  }

  #reapLater(process: SimProcess): void {
    if (this.options.reapMs === 0) this.#reap(process);
    else this.clock.timeline.after(this.options.reapMs, () => this.#reap(process));
  }

  #reap(process: SimProcess): void {
    if (this.#byPid.get(process.pid) === process) this.#byPid.delete(process.pid);
  }

  #nextPid(): number {
    do this.#lastPid += 1 + this.prng.int(3); while (this.#byPid.has(this.#lastPid));
    return this.#lastPid;
  }

  #startInit(): void {
    this.spawn({ pid: INIT, name: "init", argv: ["/sbin/init"], onSignal: nothing, onPowerLoss: nothing });
  }
}

/** One program's access to the machine's processes; dead with the program. */
export class SimProcesses implements Processes {
  constructor(private readonly life: SimLife) {}

  get self(): Processes["self"] {
    return { pid: this.life.process.pid, startTime: this.life.process.startTime };
  }

  get hasFlock(): boolean {
    return this.life.machine.options.hasFlock;
  }

  launch(spec: LaunchSpec): Launch {
    return this.life.effect(() => {
      if (this.life.machine.disk.find(spec.cwd)?.kind !== "dir") {
        throw new FileError("missing", spec.cwd, "No such directory to work in");
      }
      return new SimLaunch(this.life, spec);
    });
  }

  async run(argv: readonly string[], options: RunOptions): Promise<RunResult> {
    await this.life.pause(START_MS);
    const program = this.life.machine.programs.get(argv[0] ?? "");
    if (program === undefined) {
      return { code: 127, stdout: new Uint8Array(), stderr: `${argv[0]}: not found\n` };
    }
    const { code, stdout = "", stderr = "", tookMs = START_MS } = program(argv, options);
    await this.life.pause(Math.min(tookMs, options.timeoutMs));
    const ended = tookMs <= options.timeoutMs;
    return { code: ended ? code : null, stdout: ENCODER.encode(stdout), stderr };
  }

  sandbox(): Promise<Sandbox> {
    return Promise.reject(new FileError("denied", "plugin process", "there is none in the simulation"));
  }

  removeSandboxFolder(): Promise<void> {
    return Promise.resolve();
  }

  residentBytes(): number | null {
    this.life.alive();
    return null;
  }

  releasePages(): void {
    this.life.alive();
  }

  spawnIdle(seconds: number): number {
    const { table, timeline } = this.life.machine;
    return this.life.effect(() => {
      const idle: SimProcess = table.spawn({
        name: "sleep",
        argv: ["sleep", String(seconds)],
        parent: this.life.process,
        joins: this.life.process,
        onSignal: (name) => name === "SIGWINCH" || name === "SIGCONT" ? undefined : table.end(idle),
        onPowerLoss: nothing,
      });
      timeline.after(seconds * 1000, () => table.end(idle));
      return idle.pid;
    });
  }

  inspect(pid: number): ProcessInfo | null {
    this.life.alive();
    const process = this.life.machine.table.find(pid);
    return process === null ? null : infoOf(process);
  }

  list(): readonly ProcessInfo[] {
    this.life.alive();
    return this.life.machine.prng.shuffle(this.life.machine.table.list()).map(infoOf);
  }

  commandLine(pid: number): string {
    this.life.alive();
    const process = this.life.machine.table.find(pid);
    return process === null || process.zombie ? "" : process.argv.join(" ");
  }

  cpuMs(pid: number): number | null {
    this.life.alive();
    return this.life.machine.table.find(pid)?.cpuMs() ?? null;
  }

  marked(id: string): readonly number[] {
    this.life.alive();
    return this.life.machine.table.list().filter(({ round, zombie }) => round === id && !zombie).map((
      { pid },
    ) => pid);
  }

  signal(pid: number, name: SignalName): boolean {
    return this.life.effect(() => this.life.machine.table.signal(pid, name));
  }
}

const INIT = 1;
/** From the start of a helper program to its first line. */
const START_MS = 2;
const ENCODER = new TextEncoder();

function infoOf(process: SimProcess): ProcessInfo {
  const { pid, parent, group, session, name, startTime, zombie, suspended } = process;
  return { pid, parent, group, session, name, startTime, zombie, suspended };
}

function nothing(): void {}
