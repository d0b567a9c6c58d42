import type { Processes, SignalName, Signals } from "../host.ts";
import { findProgram } from "./find_program.ts";
import { launch } from "./launcher.ts";
import { releasePages } from "./libc.ts";
import { marked } from "./marks.ts";
import { once } from "../core/once.ts";
import { procTable } from "./proc_table.ts";
import { psTable } from "./ps_table.ts";
import { refusalOf } from "./refusal.ts";

/** The machine's processes. */
export function systemProcesses(): Processes {
  const table = Deno.build.os === "linux" ? procTable() : psTable();
  const flock = once(() => findProgram("flock"));
  const mv = once(() => findProgram("mv") ?? "/bin/mv");
  function startTimeOf(pid: number): string {
    return table.inspect(pid)?.startTime ?? "";
  }
  const ownStartTime = once(() => startTimeOf(Deno.pid));
  return {
    launch: (spec) => launch(spec, { flock: flock(), mv: mv() }, startTimeOf),
    sandbox: async (spec) =>
      (await import("./sandbox.ts" as string) as typeof import("./sandbox.ts")).sandbox(spec, startTimeOf),
    removeSandboxFolder: async (path) =>
      (await import("./sandbox.ts" as string) as typeof import("./sandbox.ts")).removeSandboxFolder(path),
    run: async (argv, options) =>
      await (await import("./run_program.ts" as string) as typeof import("./run_program.ts")).runProgram(
        argv,
        options,
      ),
    spawnIdle,
    inspect: table.inspect,
    list: table.list,
    commandLine: table.commandLine,
    cpuMs: table.cpuMs,
    residentBytes: table.residentBytes,
    releasePages,
    marked: Deno.build.os === "linux" ? marked : () => [],
    signal,
    self: {
      get pid() {
        return Deno.pid;
      },
      get startTime() {
        return ownStartTime();
      },
    },
    get hasFlock() {
      return flock() !== null;
    },
  };
}

function spawnIdle(seconds: number): number {
  try {
    const child = new Deno.Command("sleep", {
      args: [String(seconds)],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    child.unref();
    return child.pid;
  } catch (error) {
    throw refusalOf(error, "sleep");
  }
}

/** True as well when somebody is there whom we may not signal. */
function signal(pid: number, name: SignalName): boolean {
  // To the kernel 0 is our own group and −1 is everybody; Deno cuts fractions off.
  if (!Number.isSafeInteger(pid) || pid === 0 || pid === -1) {
    throw new RangeError(`Cannot signal process ${pid}`);
  }
  try {
    Deno.kill(pid, name);
    return true;
  } catch (error) {
    const refusal = refusalOf(error, `process ${pid}`);
    if (refusal.fault === "missing") return false;
    if (refusal.fault === "denied") return true;
    throw refusal;
  }
}

/** Signals that arrive at this process. */
export function systemSignals(): Signals {
  return { on };
}

function on(name: SignalName, handler: () => void): () => void {
  // A function of its own, so that a handler given twice is two listeners.
  function listener(): void {
    handler();
  }
  Deno.addSignalListener(name, listener);
  return () => Deno.removeSignalListener(name, listener);
}
