/**
 * The real `Host`: the only place that touches the machine.
 *
 * @module
 */
import type { Git, Host } from "../host.ts";
import { systemCgroups } from "./cgroups.ts";
import { systemClock } from "./clock.ts";
import { systemEnvironment } from "./environment.ts";
import { systemFiles } from "./files.ts";
import { once } from "../core/once.ts";
import { systemVitals } from "./vitals.ts";
import { systemProcesses, systemSignals } from "./processes.ts";
import { systemTerminal } from "./terminal.ts";

/** The machine that this process runs on. Nothing is looked at before it is asked for. */
export function systemHost(): Host {
  return {
    clock: systemClock(),
    random: { next: () => Math.random() },
    files: systemFiles(),
    processes: systemProcesses(),
    cgroups: systemCgroups(),
    git: laterGit(),
    signals: systemSignals(),
    terminal: systemTerminal(),
    env: systemEnvironment(),
    vitals: systemVitals(),
    web: {
      get: async (url, options) =>
        await (await import("./web.ts" as string) as typeof import("./web.ts")).get(url, options),
    },
  };
}

/** What only looks at the log needs no git. */
function laterGit(): Git {
  const git = once(async () => (await import("./git.ts" as string) as typeof import("./git.ts")).systemGit());
  return {
    run: async (...args) => await (await git()).run(...args),
    status: async (...args) => await (await git()).status(...args),
    isWorkTree: async (...args) => await (await git()).isWorkTree(...args),
    commit: async (...args) => await (await git()).commit(...args),
  };
}

/** A process that has lived longer has nothing to gain from ending by itself, and may have something pending (ms). */
const SHORT_LIFE_MS = 1000;

/**
 * Ends this process; its last act. Only one that ends by itself leaves its compiled modules behind for the next start,
 * which takes a third less time with them.
 */
export function exitWith(code: number): void {
  if (performance.now() > SHORT_LIFE_MS) Deno.exit(code);
  Deno.exitCode = code;
}
