import { FileError } from "../../lib/core/file_error.ts";
import type { Instant } from "../../lib/core/instant.ts";
import type { Launch, LaunchSpec, SignalName } from "../../lib/host.ts";
import { type AgentEnd, SimAgent } from "./sim_agent.ts";
import type { Happening } from "./sim_clock.ts";
import type { SimFile } from "./sim_file.ts";
import type { SimLife } from "./sim_life.ts";
import type { Machine } from "./sim_machine.ts";
import type { SimProcess } from "./sim_processes.ts";

export interface Moment {
  /** Virtual milliseconds since the simulation began. */
  readonly t: number;
  readonly wall: Instant;
}

/** What became of one launch; null: not (yet). */
export interface LaunchRecord {
  readonly nth: number;
  readonly spec: LaunchSpec;
  readonly launched: Moment;
  readonly launcherPid: number;
  agentPid: number | null;
  started: Moment | null;
  ended: Moment | null;
  how: AgentEnd | null;
  launcherCode: number | null;
}

/** The launcher of docs/decisions/0003 as a simulated process: lock, gate, agent, status file. */
export class SimLaunch implements Launch {
  readonly pid: number;
  readonly startTime: string;
  readonly ended: Promise<number>;
  readonly #machine: Machine;
  readonly #process: SimProcess;
  readonly #record: LaunchRecord;
  readonly #forgetLife: () => void;
  #gate: "waiting" | "open" | "shut" = "waiting";
  #stage: "starting" | "at_gate" | "running" | "ended" = "starting";
  #next: Happening | null = null;
  #locked: SimFile | null = null;
  #resolve: (code: number) => void = nothing;

  constructor(private readonly life: SimLife, private readonly spec: LaunchSpec) {
    this.#machine = life.machine;
    this.#process = this.#machine.table.spawn({
      name: "sh",
      argv: ["/bin/sh", "-c", "…", "agent-launcher", ...spec.argv],
      parent: life.process,
      onSignal: (name) => this.#onSignal(name),
      onPowerLoss: () => this.#leave(null),
    });
    this.pid = this.#process.pid;
    this.startTime = this.#process.startTime;
    this.ended = new Promise((resolve) => this.#resolve = resolve);
    this.#forgetLife = life.onDeath(() => this.#turn("shut"));
    this.#record = recordOf(this.#machine, spec, this.pid);
    this.#soon(() => this.#takeLock());
  }

  openGate(): void {
    this.life.effect(() => this.#turn("open"));
  }

  shutGate(): void {
    this.life.effect(() => this.#turn("shut"));
  }

  /** The first turn counts: an opened gate stays open when the supervisor dies. */
  #turn(to: "open" | "shut"): void {
    if (this.#gate !== "waiting") return;
    this.#gate = to;
    if (this.#stage === "at_gate") this.#soon(() => this.#passGate());
  }

  #takeLock(): void {
    if (this.spec.lockPath !== null) {
      const file = this.#tryFile(this.spec.lockPath);
      if (file === null) return this.#leave(CANNOT_OPEN);
      if (file.lockedBy !== null) return this.#leave(LOCKED);
      file.lockedBy = this;
      this.#locked = file;
    }
    this.#stage = "at_gate";
    if (this.#gate !== "waiting") this.#soon(() => this.#passGate());
  }

  #passGate(): void {
    if (this.#gate === "shut") return this.#leave(GATE_SHUT);
    const { disk } = this.#machine;
    const status = this.#tryFile(`${this.spec.statusPath}.tmp`);
    if (status === null) return this.#leave(CANNOT_OPEN);
    status.truncate(disk.clock.now());
    if (this.spec.stdinPath !== "/dev/null" && disk.find(this.spec.stdinPath)?.kind !== "file") {
      this.#tell(status, `sh: cannot open ${this.spec.stdinPath}: No such file\n`);
      return this.#leave(CANNOT_OPEN);
    }
    this.#stage = "running";
    const log = this.#tryFile(this.spec.logPath);
    if (log !== null) return this.#startAgent(log);
    this.#tell(status, `sh: cannot create ${this.spec.logPath}\n`);
    this.#soon(() => this.#writeStatus("", CANNOT_OPEN));
  }

  #startAgent(log: SimFile): void {
    const machine = this.#machine;
    const record = this.#record;
    machine.agents.aliveMax = Math.max(machine.agents.aliveMax, ++machine.agents.alive);
    record.started = momentOf(machine);
    const agent = new SimAgent(machine, machine.agent(this.spec, record.nth), {
      argv: this.spec.argv,
      parent: this.#process,
      ownSession: false,
      round: this.spec.id,
      log,
      logPath: this.spec.logPath,
      onEnd: (how) => this.#onAgentEnd(how),
    });
    record.agentPid = agent.process.pid;
  }

  #onAgentEnd(how: AgentEnd): void {
    this.#machine.agents.alive--;
    this.#record.ended = momentOf(this.#machine);
    this.#record.how = how;
    if (this.#stage !== "running" || how.kind === "power_lost") return;
    const code = how.kind === "exited" ? how.code : signalCode(how.signal);
    const word = how.kind === "exited" ? "" : WORDS[how.signal] ?? how.signal;
    this.#soon(() => this.#writeStatus(word === "" ? "" : word + "\n", code));
  }

  /** The shell's word comes first where it has one; without the number there is no status file. */
  #writeStatus(word: string, code: number): void {
    const path = this.spec.statusPath;
    const file = this.#tryFile(`${path}.tmp`);
    if (file === null || !this.#tell(file, word) || !this.#tell(file, `${code}\n`)) return this.#leave(1);
    try {
      this.#machine.disk.rename(`${path}.tmp`, path);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return this.#leave(1);
    }
    this.#soon(() => this.#leave(0));
  }

  #onSignal(name: SignalName): void {
    const trapped = name === "SIGTERM" || name === "SIGINT" || name === "SIGHUP";
    if (name === "SIGWINCH" || (trapped && this.#stage === "running")) return;
    this.#leave(signalCode(name));
  }

  /** The launcher ends; `code` is null when the power has gone. */
  #leave(code: number | null): void {
    if (this.#stage === "ended") return;
    this.#stage = "ended";
    this.#next?.cancel();
    this.#forgetLife();
    if (this.#locked?.lockedBy === this) this.#locked.lockedBy = null;
    this.#record.launcherCode = code;
    if (code === null) return;
    this.#machine.table.end(this.#process);
    if (this.life.dead !== null) return;
    this.#machine.timeline.woke = true;
    this.#resolve(code);
  }

  #tryFile(path: string): SimFile | null {
    try {
      return this.#machine.disk.fileToChange(path);
    } catch (error) {
      if (error instanceof FileError) return null;
      throw error;
    }
  }

  /** One write; false when the disk refused it. */
  #tell(file: SimFile, text: string): boolean {
    try {
      this.#machine.disk.append(file, this.spec.statusPath, ENCODER.encode(text));
      return true;
    } catch (error) {
      if (error instanceof FileError) return false;
      throw error;
    }
  }

  /** The shell's next step takes 1 to 3 ms. */
  #soon(action: () => void): void {
    this.#next = this.#machine.timeline.after(1 + this.#machine.prng.int(3), action);
  }
}

/** `read -r go || exit 125` at the end of file. */
const GATE_SHUT = 125;
/** `flock -n 9 || exit 75`. */
const LOCKED = 75;
/** dash leaves with 2 when a redirection of `exec` fails. */
const CANNOT_OPEN = 2;

/** dash's words; it stays silent for INT and PIPE. */
const WORDS: Readonly<Record<string, string>> = {
  SIGHUP: "Hangup",
  SIGINT: "",
  SIGABRT: "Aborted",
  SIGKILL: "Killed",
  SIGUSR1: "User defined signal 1",
  SIGSEGV: "Segmentation fault",
  SIGPIPE: "",
  SIGALRM: "Alarm clock",
  SIGTERM: "Terminated",
};

const NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

const ENCODER = new TextEncoder();

function recordOf(machine: Machine, spec: LaunchSpec, launcherPid: number): LaunchRecord {
  const record: LaunchRecord = {
    nth: machine.launches.length,
    spec,
    launched: momentOf(machine),
    launcherPid,
    agentPid: null,
    started: null,
    ended: null,
    how: null,
    launcherCode: null,
  };
  machine.launches.push(record);
  return record;
}

function momentOf(machine: Machine): Moment {
  return { t: machine.timeline.t, wall: machine.clock.now() };
}

function signalCode(name: string): number {
  const number = NUMBERS[name];
  if (number === undefined) throw new RangeError(`Cannot simulate an end by "${name}": no number known`);
  return 128 + number;
}

function nothing(): void {}
