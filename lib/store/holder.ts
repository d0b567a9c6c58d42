/**
 * Who holds a lock, in words. The file beside the lock is only for people; the lock itself is the truth.
 *
 * @module
 */
import { type Instant, instantOf, isoOf } from "../core/instant.ts";
import type { Host, Lock } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";
import type { Layout } from "./layout.ts";
import { isRunning, livingStarter, readRunningRound } from "./running_round.ts";
import { parseObject } from "./status.ts";

/** Longest command line in the holder file, as in the Python version. */
const COMMAND_MAX = 80;

/**
 * Says in the file who holds a lock, since `at`.
 * @param command in place of the words that the process was started with
 */
export function writeHolder(
  host: Host,
  path: string,
  pid: number,
  { command = host.processes.commandLine(pid), at = host.clock.now() }: {
    readonly command?: string;
    readonly at?: Instant;
  } = {},
): void {
  const holder = {
    pid,
    started_at: isoOf(at),
    cmdline: command.slice(0, COMMAND_MAX),
    start_time: host.processes.inspect(pid)?.startTime ?? null,
  };
  host.files.write(path, JSON.stringify(holder));
}

/** The serve that lives at this moment. */
export interface LivingServe {
  readonly pid: number;
  /** Null where only its pid is known. */
  readonly since: Instant | null;
  /** By a signal, as with Ctrl-Z. */
  readonly suspended: boolean;
}

/** Looks for a living serve, without touching its lock. One of the Python version is only known by its pid. */
export function livingServe(host: Host, layout: Layout): LivingServe | null {
  const text = host.files.readText(layout.serveLock);
  const holder = text === null ? null : parseObject(text);
  if (typeof holder?.pid === "number" && typeof holder.start_time === "string") {
    const found = host.processes.inspect(holder.pid);
    if (found !== null && !found.zombie && found.startTime === holder.start_time) {
      return {
        pid: holder.pid,
        since: typeof holder.started_at === "string" ? instantOf(holder.started_at) : null,
        suspended: found.suspended,
      };
    }
  }
  const pid = Number(host.files.readText(layout.servePid)?.trim() || NaN);
  const found = Number.isSafeInteger(pid) && pid > 0 ? host.processes.inspect(pid) : null;
  if (found === null || found.zombie || pid === holder?.pid) return null;
  return { pid, since: null, suspended: found.suspended };
}

/** The pid in a holder file while that process lives, else null. The Python version notes no start time. */
export function livingHolder(host: Host, path: string): number | null {
  const raw = parseObject(host.files.readText(path) ?? "");
  if (typeof raw?.pid !== "number") return null;
  const found = host.processes.inspect(raw.pid);
  if (found === null || found.zombie) return null;
  return typeof raw.start_time !== "string" || raw.start_time === found.startTime ? raw.pid : null;
}

/** Such as `held by PID 4711, age 93s, cmd: agent-runner round`. */
export function holderText(host: Host, path: string): string {
  const text = host.files.readText(path);
  const raw = text === null ? null : parseObject(text);
  if (raw === null) return "holder unknown, sidecar missing";
  if (typeof raw.pid !== "number") return "holder info unreadable";
  if (host.processes.inspect(raw.pid) === null) return `stale sidecar, holder PID ${raw.pid} no longer alive`;
  // Other versions note the launcher's whole script.
  const [command] = `${raw.cmdline ?? ""}`.split("\n", 1);
  return `held by PID ${raw.pid}, age ${ageText(host, raw.started_at)}, cmd: ${command}`;
}

/** Such as `held by round 12, age 93s, supervisor PID 4700`; null where no recorded round runs or is being closed. */
function runningText(host: Host, layout: Layout): string | null {
  const record = readRunningRound(host, layout);
  if (record === null) return null;
  const runs = isRunning(host, record);
  const starter = livingStarter(host, record, runs);
  if (!runs && starter === null) return null;
  // A round that has lost who started it is taken over by a serve.
  const supervisor = starter ?? livingServe(host, layout)?.pid ?? null;
  const whose = supervisor === null ? "without a supervisor" : `supervisor PID ${supervisor}`;
  return `held by round ${record.round}, age ${ageText(host, record.started_at)}, ${whose}`;
}

function ageText(host: Host, startedAt: unknown): string {
  const started = typeof startedAt === "string" ? instantOf(startedAt) : null;
  return `${started === null ? "?" : Math.max(0, Math.round((host.clock.now() - started) / 1000))}s`;
}

/**
 * The lock of the running round: taken for a moment to see whether it is free. Null when it is, else its holder.
 * @throws FileError where nobody can tell
 */
export function roundLockHolder(host: Host, layout: Layout): string | null {
  const lock = host.files.lock(layout.roundLock);
  if (lock === null) return runningText(host, layout) ?? holderText(host, layout.roundLockHolder);
  lock.release();
  return null;
}

/** The lock of a serve's life, which began at `at`, or who holds it. */
export function takeServeLock(
  host: Host,
  layout: Layout,
  at: Instant = host.clock.now(),
): Lock | { readonly heldBy: string } {
  const lock = host.files.lock(layout.serveLock);
  if (lock === null) return { heldBy: holderText(host, layout.serveLock) };
  writeHolder(host, layout.serveLock, host.processes.self.pid, { at });
  return lock;
}

/** The lock of a serve's life while it is held: it goes with its folder. */
export class ServeLock {
  readonly #host: Host;
  readonly #layout: Layout;
  readonly #since: Instant;
  #lock: Lock;

  constructor(host: Host, layout: Layout, lock: Lock) {
    this.#host = host;
    this.#layout = layout;
    this.#lock = lock;
    this.#since = host.clock.now();
  }

  /** Takes it again where its file has been removed; null when it is held, else who else has it now. */
  renew(): string | null {
    let heldBy: string | null = null;
    bestEffort(() => {
      const lock = takeServeLock(this.#host, this.#layout, this.#since);
      const { pid } = this.#host.processes.self;
      if ("heldBy" in lock) heldBy = livingServe(this.#host, this.#layout)?.pid === pid ? null : lock.heldBy;
      else {
        this.#lock.release();
        this.#lock = lock;
        this.#host.files.write(this.#layout.servePid, String(pid));
      }
    });
    return heldBy;
  }

  release(): void {
    this.#lock.release();
  }
}
