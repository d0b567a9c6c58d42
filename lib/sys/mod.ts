/**
 * The real `Host`: the only place that touches the machine.
 *
 * @module
 */
import type { Host } from "../host.ts";
import { systemClock } from "./clock.ts";
import { systemEnvironment } from "./environment.ts";
import { systemFiles } from "./files.ts";
import { systemGit } from "./git.ts";
import { systemProcesses } from "./processes.ts";
import { systemSignals } from "./signals.ts";
import { systemTerminal } from "./terminal.ts";

/** The machine that this process runs on. Nothing is looked at before it is asked for. */
export function systemHost(): Host {
  return {
    clock: systemClock(),
    random: { next: () => Math.random() },
    files: systemFiles(),
    processes: systemProcesses(),
    git: systemGit(),
    signals: systemSignals(),
    terminal: systemTerminal(),
    env: systemEnvironment(),
  };
}

/** Ends this process at once. */
export function exitWith(code: number): never {
  Deno.exit(code);
}
