import { FileError } from "../../lib/core/file_error.ts";
import type { Instant } from "../../lib/core/instant.ts";
import type { Host, SignalName } from "../../lib/host.ts";
import { type CrashPlan, Dead } from "./sim_crash.ts";
import type { SimDisk } from "./sim_disk.ts";
import type { SimTree } from "./sim_git.ts";
import type { LaunchRecord } from "./sim_launch.ts";
import { SimLife } from "./sim_life.ts";
import { type Machine, machineOf, type MachineOptions, type Program } from "./sim_machine.ts";
import type { SimProcess } from "./sim_processes.ts";

export interface SimOptions {
  readonly seed: number;
  /** The wall clock at the beginning. */
  readonly startAt?: Instant;
  readonly machine?: Partial<MachineOptions>;
  /** Happenings until `run` gives up. */
  readonly stepsMax?: number;
  /** Calls of the host until `run` gives up. */
  readonly callsMax?: number;
}

/**
 * A machine in memory on a virtual clock, for one program at a time (`life`) and what lives beside it. As a `Host`
 * it stands for the present life; prefer the one that `run` hands to its task, which dies with its own life.
 * The same seed and the same calls give the same run.
 */
export class SimHost implements Host {
  readonly seed: number;
  readonly disk: SimDisk;
  readonly tree: SimTree;
  readonly crash: CrashPlan;
  life: SimLife;
  readonly #machine: Machine;
  readonly #stepsMax: number;
  readonly #callsMax: number;

  constructor(options: SimOptions) {
    this.seed = options.seed;
    this.#stepsMax = options.stepsMax ?? 2_000_000;
    this.#callsMax = options.callsMax ?? 50_000_000;
    this.#machine = machineOf(options.seed, options.startAt ?? MONDAY, options.machine ?? {});
    this.disk = this.#machine.disk;
    this.tree = this.#machine.tree;
    this.crash = this.#machine.crash;
    this.life = new SimLife(this.#machine);
  }

  /**
   * Runs the task in the present life: drains what can go on at once, then jumps to the next happening.
   * @throws Dead when the life ended; an error "deadlock" when the task waits for what will never happen
   */
  async run<T>(task: (host: SimLife) => Promise<T>): Promise<T> {
    globalThis.addEventListener("unhandledrejection", forgiveTheDead);
    try {
      return await this.#drive(task);
    } catch (error) {
      throw this.#signed(error);
    } finally {
      globalThis.removeEventListener("unhandledrejection", forgiveTheDead);
    }
  }

  /** Lets time pass while no program runs. */
  elapse(ms: number): void {
    const { timeline } = this.#machine;
    let over = false;
    timeline.after(ms, () => over = true);
    for (let left = this.#stepsMax; !over; left--) {
      if (left === 0) throw this.#error(`step limit of ${this.#stepsMax} reached`);
      timeline.advance();
    }
  }

  /** The program ends (if it has not yet) and starts anew; `power: true` cuts the power, which ends all else too. */
  reboot(options: { readonly power: boolean; readonly downMs?: number }): SimLife {
    const { clock, disk, table } = this.#machine;
    if (options.power) {
      table.losePower();
      disk.losePower();
    }
    this.life.die("reboot");
    this.elapse(options.downMs ?? (options.power ? POWER_LOST_MS : 0));
    if (options.power) clock.reboot();
    this.life = new SimLife(this.#machine);
    return this.life;
  }

  /** A second program beside the present one: a monitor, another supervisor. */
  secondProgram(): SimLife {
    return new SimLife(this.#machine);
  }

  /** Ends the present life as SIGKILL does. */
  kill(): void {
    this.life.die("SIGKILL");
  }

  send(name: SignalName): void {
    this.life.receive(name);
  }

  /** Schedules an action at `t` virtual milliseconds since the beginning. */
  at(t: number, action: () => void): void {
    const { timeline } = this.#machine;
    timeline.after(t - timeline.t, () => {
      timeline.woke = true;
      action();
    });
  }

  /** Virtual milliseconds since the beginning, without suspended time. */
  get t(): number {
    return this.#machine.timeline.t;
  }

  /** Moves the wall clock alone. */
  stepClock(ms: number): void {
    this.#machine.clock.step(ms);
  }

  /** The machine sleeps: wall and boot clock go on, nothing else does. */
  suspend(ms: number): void {
    this.#machine.clock.suspend(ms);
  }

  /** Which agent the `nth` launch (from 0) starts. */
  set agent(choose: Machine["agent"]) {
    this.#machine.agent = choose;
  }

  get launches(): readonly LaunchRecord[] {
    return this.#machine.launches;
  }

  /** How many agents are alive and ever were at a time. */
  get agents(): { readonly alive: number; readonly aliveMax: number } {
    return this.#machine.agents;
  }

  /** Living processes that an agent or its children are. */
  leftovers(): readonly SimProcess[] {
    return this.#machine.table.list().filter((process) => process.round !== null && !process.zombie);
  }

  /** A process that has nothing to do with the program; SIGKILL and SIGTERM end it. */
  stranger(name: string, argv: readonly string[] = [name], pid?: number): SimProcess {
    const { table } = this.#machine;
    const process: SimProcess = table.spawn({
      name,
      argv,
      ...(pid === undefined ? {} : { pid }),
      onSignal: (signal) => signal === "SIGKILL" || signal === "SIGTERM" ? table.end(process) : undefined,
      onPowerLoss: () => {},
    });
    return process;
  }

  /** Installs a helper program for `Processes.run`. */
  program(name: string, run: Program): void {
    this.#machine.programs.set(name, run);
  }

  /** Somebody else's write at the end of a file, made where missing; false when the disk refused it. */
  foreignAppend(path: string, text: string): boolean {
    try {
      this.disk.append(this.disk.fileToChange(path), path, new TextEncoder().encode(text));
      return true;
    } catch (error) {
      if (error instanceof FileError) return false;
      throw error;
    }
  }

  get screen(): Machine["screen"] {
    return this.#machine.screen;
  }

  get options(): MachineOptions {
    return this.#machine.options;
  }

  get clock(): Host["clock"] {
    return this.life.clock;
  }

  get random(): Host["random"] {
    return this.life.random;
  }

  get files(): Host["files"] {
    return this.life.files;
  }

  get processes(): Host["processes"] {
    return this.life.processes;
  }

  get cgroups(): Host["cgroups"] {
    return this.life.cgroups;
  }

  get git(): Host["git"] {
    return this.life.git;
  }

  get signals(): Host["signals"] {
    return this.life.signals;
  }

  get terminal(): Host["terminal"] {
    return this.life.terminal;
  }

  get env(): Host["env"] {
    return this.life.env;
  }

  get vitals(): Host["vitals"] {
    return this.life.vitals;
  }

  get web(): Host["web"] {
    return this.life.web;
  }

  async #drive<T>(task: (host: SimLife) => Promise<T>): Promise<T> {
    const life = this.life;
    const { timeline } = this.#machine;
    let end: { readonly value: T } | { readonly error: unknown } | null = null;
    this.#machine.callsLeft = this.#callsMax;
    Promise.resolve(life).then(task).then((value) => end = { value }, (error) => end = { error });
    for (let left = this.#stepsMax;; left--) {
      await drain();
      if (this.#machine.callsLeft <= 0) throw this.#error(`call limit of ${this.#callsMax} reached`);
      if (life.dead !== null) break;
      if (end !== null) return valueOf(end);
      timeline.woke = false;
      while (!timeline.woke && left > 0) {
        left--;
        if (!timeline.advance()) throw this.#error("deadlock: the task waits and nothing is scheduled");
      }
      if (left <= 0) throw this.#error(`step limit of ${this.#stepsMax} reached`);
    }
    await drain();
    throw life.dead;
  }

  #error(text: string): Error {
    return new Error(`${text} at t=${this.t} (seed ${this.seed})`);
  }

  /** Whatever fails says with which seed. */
  #signed(error: unknown): unknown {
    if (!(error instanceof Error) || error.message.includes(`seed ${this.seed}`)) return error;
    const signed = `${error.message} (t=${this.t}, seed ${this.seed})`;
    const stack = error.stack?.replace(error.message, () => signed);
    error.message = signed;
    if (stack !== undefined) error.stack = stack;
    return error;
  }
}

/** 2 November 2026, nine o'clock. */
const MONDAY = Date.UTC(2026, 10, 2, 9);
/** From the power's end to the program's next start. */
const POWER_LOST_MS = 20_000;

/** Lets everything that can go on at once go on. */
function drain(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function valueOf<T>(end: { readonly value: T } | { readonly error: unknown }): T {
  if ("error" in end) throw end.error;
  return end.value;
}

/** Nobody waits any more for what a dead life had begun. */
function forgiveTheDead(event: PromiseRejectionEvent): void {
  if (event.reason instanceof Dead) event.preventDefault();
}
