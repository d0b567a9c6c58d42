import type { Instant } from "../../lib/core/instant.ts";
import type { LaunchSpec, RunOptions, RunResult } from "../../lib/host.ts";
import { type Prng, streamOf } from "./prng.ts";
import type { Script } from "./sim_agent.ts";
import { MachineClock, Timeline } from "./sim_clock.ts";
import { CrashPlan } from "./sim_crash.ts";
import { CWD, SimDisk } from "./sim_disk.ts";
import { SimTree } from "./sim_git.ts";
import type { LaunchRecord } from "./sim_launch.ts";
import { ProcessTable } from "./sim_processes.ts";

/** All that outlives a program: what its ports stand on. */
export interface Machine {
  readonly seed: number;
  readonly timeline: Timeline;
  readonly clock: MachineClock;
  readonly disk: SimDisk;
  readonly table: ProcessTable;
  readonly tree: SimTree;
  readonly crash: CrashPlan;
  /** For faults and latencies. */
  readonly prng: Prng;
  /** For the program's own `Host.random`. */
  readonly programPrng: Prng;
  readonly launches: LaunchRecord[];
  readonly agents: Census;
  readonly screen: Screen;
  /** Helper programs by the name in `argv[0]`; others are not found (127). */
  readonly programs: Map<string, Program>;
  readonly options: MachineOptions;
  /** Which agent the `nth` launch (from 0) starts. */
  agent: (round: LaunchSpec, nth: number) => Script;
  /** Calls that the program may still make before the simulation gives up. */
  callsLeft: number;
}

export interface MachineOptions {
  /** The environment of every program. */
  env: Record<string, string>;
  hasFlock: boolean;
  zoneOffsetMin: number;
  /** How long the init process leaves an orphan that has ended unreaped. */
  reapMs: number;
  outIsTerminal: boolean;
}

/** A helper program, run at once; it takes `tookMs` (2 unless told) of virtual time. */
export type Program = (argv: readonly string[], options: RunOptions) => ProgramResult;

export interface ProgramResult {
  readonly code: RunResult["code"];
  readonly stdout?: string;
  readonly stderr?: string;
  readonly tookMs?: number;
}

/** How many agents are alive, and the most that ever were at a time. */
export interface Census {
  alive: number;
  aliveMax: number;
}

/** What all programs wrote to the terminal. */
export interface Screen {
  out: string;
  err: string;
  closed: boolean;
}

/** A machine that has just been installed: the project's folder, a home, nothing else. */
export function machineOf(seed: number, startAt: Instant, given: Partial<MachineOptions>): Machine {
  const options = { ...defaultOptions(), ...given };
  const timeline = new Timeline();
  const clock = new MachineClock(
    timeline,
    startAt,
    streamOf(seed, "clock"),
  );
  const disk = new SimDisk({
    now: () => clock.now(),
    get t() {
      return timeline.t;
    },
  }, streamOf(seed, "disk"));
  for (const path of [CWD, "/home/sim", "/tmp"]) disk.makeDir(path);
  disk.put("/dev/null", "");
  return {
    seed,
    timeline,
    clock,
    disk,
    table: new ProcessTable(clock, streamOf(seed, "pids"), options),
    tree: new SimTree(streamOf(seed, "git")),
    crash: new CrashPlan(streamOf(seed, "crash")),
    prng: streamOf(seed, "machine"),
    programPrng: streamOf(seed, "program"),
    launches: [],
    agents: { alive: 0, aliveMax: 0 },
    screen: { out: "", err: "", closed: false },
    programs: new Map(),
    options,
    agent: quietAgent,
    callsLeft: Infinity,
  };
}

function defaultOptions(): MachineOptions {
  return {
    env: { HOME: "/home/sim", PATH: "/usr/bin:/bin", LANG: "C.UTF-8" },
    hasFlock: true,
    zoneOffsetMin: 0,
    reapMs: 0,
    outIsTerminal: false,
  };
}

function quietAgent(): Script {
  return { exit: { afterMs: 60_000, code: 0 } };
}
