import type {
  Cgroups,
  Clock,
  Environment,
  Git,
  Host,
  Random,
  SignalName,
  Signals,
  Terminal,
  Vitals,
  Web,
} from "../../lib/host.ts";
import type { Happening } from "./sim_clock.ts";
import { Dead } from "./sim_crash.ts";
import { CWD } from "./sim_disk.ts";
import { SimFiles } from "./sim_files.ts";
import { simGit } from "./sim_git.ts";
import type { Machine } from "./sim_machine.ts";
import { type SimProcess, SimProcesses } from "./sim_processes.ts";

/** The simulated machine has no network. */
const NO_WEB: Web = { get: () => Promise.resolve({ kind: "refused", why: "no network" }) };

/**
 * One program from its start to its end, as a `Host`. After the end each synchronous call throws `Dead` and each
 * asynchronous one waits for ever: nothing of an old life can reach into a new one.
 */
export class SimLife implements Host {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: SimFiles;
  readonly processes: SimProcesses;
  readonly cgroups: Cgroups;
  readonly git: Git;
  readonly signals: Signals;
  readonly terminal: Terminal;
  readonly env: Environment;
  readonly vitals: Vitals;
  readonly web = NO_WEB;
  readonly process: SimProcess;
  readonly locks = new Set<{ drop(): void }>();
  dead: Dead | null = null;
  readonly #bornT: number;
  readonly #sleepers = new Set<Happening>();
  readonly #handlers = new Map<SignalName, Set<() => void>>();
  readonly #atDeath = new Set<() => void>();

  constructor(readonly machine: Machine) {
    this.#bornT = machine.timeline.t;
    this.process = machine.table.spawn({
      name: "agent-runner",
      argv: PROGRAM,
      onSignal: (name) => this.receive(name),
      onPowerLoss: () => this.die("power lost"),
    });
    this.clock = this.#clock();
    this.random = { next: () => this.#whileAlive(() => machine.programPrng.next()) };
    this.files = new SimFiles(this);
    this.processes = new SimProcesses(this);
    this.cgroups = NO_CGROUPS;
    this.git = simGit(this, machine.tree);
    this.signals = { on: (name, handler) => this.#on(name, handler) };
    this.terminal = this.#terminal();
    this.env = this.#environment();
    this.vitals = this.#vitals();
  }

  /** Throws when this life is over. */
  alive(): void {
    if (this.dead !== null) throw this.dead;
    if (--this.machine.callsLeft > 0) return;
    this.die("call limit reached: the program calls its host without end");
    throw this.dead;
  }

  /** A change of the outside world; a planned crash may strike before it, after `half` of it, or after it. */
  effect<T>(all: () => T, half: () => void = nothing): T {
    this.alive();
    const reached = this.machine.crash.reachedByEffect();
    if (reached === null) return all();
    return this.dieAfter(`crash at an effect, ${reached} done`, { nothing, half, all }[reached]);
  }

  dieAfter(why: string, last: () => void): never {
    try {
      last();
    } catch {
      // A refusal that nobody lives to see.
    }
    this.die(why);
    throw this.dead;
  }

  /** Ends this life as SIGKILL does. */
  die(why: string): void {
    if (this.dead !== null) return;
    const { timeline, seed, table } = this.machine;
    this.dead = new Dead(`Program ${this.process.pid} died at t=${timeline.t} (seed ${seed}): ${why}`);
    for (const sleeper of this.#sleepers) sleeper.cancel();
    for (const lock of [...this.locks]) lock.drop();
    for (const action of this.#atDeath) action();
    table.end(this.process);
    timeline.woke = true;
  }

  /** Calls `action` when this life ends. */
  onDeath(action: () => void): () => void {
    this.#atDeath.add(action);
    return () => this.#atDeath.delete(action);
  }

  /** A signal arrives. */
  receive(name: SignalName): void {
    if (this.dead !== null) return;
    const handlers = this.#handlers.get(name);
    if (name === "SIGKILL") return this.die("SIGKILL");
    if (handlers === undefined || handlers.size === 0) {
      return name === "SIGWINCH" ? undefined : this.die(`${name} without a handler`);
    }
    this.machine.timeline.woke = true;
    for (const handler of [...handlers]) handler();
  }

  /** Waits in virtual time; for ever when this life is over. */
  pause(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.dead !== null) return forever();
    this.alive();
    if (this.machine.crash.inSleep()) {
      this.die("crash at a sleep");
      return forever();
    }
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#sleep(ms, signal, resolve));
  }

  #sleep(ms: number, signal: AbortSignal | undefined, resolve: () => void): void {
    const { timeline } = this.machine;
    const wake = () => {
      sleeper.cancel();
      this.#sleepers.delete(sleeper);
      signal?.removeEventListener("abort", wake);
      timeline.woke = true;
      resolve();
    };
    const sleeper = timeline.after(Math.trunc(ms), wake);
    this.#sleepers.add(sleeper);
    signal?.addEventListener("abort", wake);
  }

  #clock(): Clock {
    const { clock, timeline, seed } = this.machine;
    return {
      now: () => this.#whileAlive(() => clock.now()),
      monotonicMs: () => this.#whileAlive(() => timeline.t - this.#bornT),
      boot: () => this.#whileAlive(() => ({ id: clock.bootId, ms: clock.bootMs() })),
      sleep: (ms, signal) => {
        if (ms >= 0 && ms <= SLEEP_MS_MAX) return this.pause(ms, signal);
        throw new RangeError(`Cannot sleep ${ms} ms: expected 0 to ${SLEEP_MS_MAX} (seed ${seed})`);
      },
    };
  }

  #on(name: SignalName, handler: () => void): () => void {
    this.alive();
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers);
    handlers.add(handler);
    return () => handlers.delete(handler);
  }

  #terminal(): Terminal {
    const { screen, options } = this.machine;
    const stream = (name: "out" | "err") => ({
      write: (text: string) =>
        this.#whileAlive(() => {
          if (!screen.closed) screen[name] += text;
        }),
      get closed() {
        return screen.closed;
      },
      get isTerminal() {
        return options.outIsTerminal;
      },
      isBehind: false,
      columns: () => 80,
    });
    return {
      out: stream("out"),
      err: stream("err"),
      stdinIsTerminal: options.outIsTerminal,
      dontWait: () => {},
      finish: () => {},
      isOutUnread: () => false,
      readLine: () => Promise.resolve(null),
    };
  }

  #environment(): Environment {
    const { options } = this.machine;
    return {
      get: (name) => options.env[name],
      all: () => ({ ...options.env }),
      cwd: CWD,
      home: options.env.HOME ?? null,
      program: PROGRAM,
      runtime: null,
      zoneOffsetMin: () => options.zoneOffsetMin,
    };
  }

  /** A quiet machine whose two processors are busy for a quarter of the time. */
  #vitals(): Vitals {
    const { clock, disk } = this.machine;
    return {
      memory: () => this.#whileAlive(() => ({ total: 8192 * MIB, available: 6144 * MIB })),
      load: () => this.#whileAlive(() => [0.5, 0.25, 0.125]),
      cpu: () => this.#whileAlive(() => ({ busy: clock.bootMs() / 2, total: 2 * clock.bootMs() })),
      disk: async () => {
        await this.pause(1);
        return { total: 100 * GIB, used: 100 * GIB - disk.freeBytes, available: disk.freeBytes };
      },
    };
  }

  #whileAlive<T>(action: () => T): T {
    this.alive();
    return action();
  }
}

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const PROGRAM = ["agent-runner"];
/** The longest delay of `setTimeout`. */
const SLEEP_MS_MAX = 2 ** 31 - 1;

/** A promise of its own each time: a shared one would keep every dead life in memory. */
function forever(): Promise<never> {
  return new Promise(nothing);
}

function nothing(): void {}

/** The simulated machine has none: rounds are ended by group and marker. */
const NO_CGROUPS: Cgroups = {
  root: null,
  prepareJoin: nothing,
  make: (path) => path,
  members: () => [],
  isPopulated: () => false,
  cpuMs: () => null,
  kill: nothing,
  remove: () => true,
};
