import type { Config } from "../core/config.ts";
import { EXIT } from "../core/exit_code.ts";
import { FileError } from "../core/file_error.ts";
import { type Failure, failure } from "../core/problem.ts";
import type { OutputReader } from "../extend/output_reader.ts";
import { noPlugins } from "../extend/plugin_set.ts";
import type { Host } from "../host.ts";
import { livingServe, takeServeLock } from "../store/holder.ts";
import { type Layout, layoutOf } from "../store/layout.ts";
import { endLeftHooks } from "./hooks/left_hooks.ts";
import { supervise } from "./serve.ts";
import { takeUpLeftRound } from "./take_up.ts";
import { until } from "./until.ts";

/** How long a killed supervisor may take to vanish (ms). */
const VANISH_MS = 5000;
const LOOK_MS = 20;

/** Exit code of a process that SIGKILL ended, as shells count it. */
const KILLED = 137;

export type Ended = { readonly kind: "ended"; readonly text: string } | Failure;

/**
 * Kills the supervisor, then the round that it leaves, and closes both in the log.
 * @param reader got when the supervisor is gone
 */
export async function endEverything(
  host: Host,
  config: Config,
  reader: () => Promise<OutputReader | null>,
): Promise<Ended> {
  const serve = livingServe(host, layoutOf(config.runtime.log_dir));
  if (serve !== null) host.processes.signal(serve.pid, "SIGKILL");
  if (serve !== null && !await vanished(host, serve.pid)) {
    return failure(EXIT.failed, `Cannot kill pid ${serve.pid}: it still runs`);
  }
  try {
    return await closeAll(host, config, await reader(), serve?.pid ?? null);
  } catch (error) {
    if (error instanceof FileError) return failure(EXIT.failed, `Cannot close the round: ${error.message}`);
    throw error;
  }
}

async function closeAll(
  host: Host,
  config: Config,
  reader: OutputReader | null,
  pid: number | null,
): Promise<Ended> {
  const layout = layoutOf(config.runtime.log_dir);
  if (host.files.stat(layout.dir) === null) return { kind: "ended", text: "nothing runs" };
  const lock = await serveLock(host, layout, pid !== null);
  if ("heldBy" in lock) {
    return failure(EXIT.busy, `Cannot close the round: a new serve runs (${lock.heldBy})`);
  }
  try {
    return await close(host, reaping(config), layout, reader, pid);
  } finally {
    lock.release();
  }
}

/** A killed process lets go of its locks when the last of its threads has ended, which is after it is a zombie. */
async function serveLock(
  host: Host,
  layout: Layout,
  wasKilled: boolean,
): Promise<ReturnType<typeof takeServeLock>> {
  const untilMs = host.clock.monotonicMs() + (wasKilled ? VANISH_MS : 0);
  for (;;) {
    const lock = takeServeLock(host, layout);
    if (!("heldBy" in lock) || host.clock.monotonicMs() >= untilMs) return lock;
    await host.clock.sleep(LOOK_MS);
  }
}

/** A round that still runs is ended, without a grace; nothing else is begun around it. */
function reaping(config: Config): Config {
  return { ...config, hooks: [], runtime: { ...config.runtime, on_restart: "reap", kill_grace_s: 0 } };
}

async function close(
  host: Host,
  config: Config,
  layout: Layout,
  reader: OutputReader | null,
  pid: number | null,
): Promise<Ended> {
  const never = new AbortController().signal;
  const voice = { note: () => {}, activity: () => {} };
  const silent = {
    reader,
    plugins: noPlugins(),
    stateView: () => Promise.resolve(null),
    voice,
    unit: null,
    onAppend: () => {},
  };
  const supervision = supervise(host, config, silent, layout, never);
  const { log } = supervision;
  try {
    const { running } = log.state;
    await endLeftHooks(supervision);
    await takeUpLeftRound(supervision, never);
    if (pid !== null) {
      log.append({ event: "serve_stopped", rule: "killed", exit_code: KILLED });
      host.files.remove(layout.servePid);
    }
    const round = running === null ? "" : `round ${running.num} ended`;
    const serve = pid === null ? "" : `serve (pid ${pid}) killed`;
    return { kind: "ended", text: [serve, round].filter((part) => part !== "").join(", ") || "nothing runs" };
  } finally {
    log.close();
  }
}

async function vanished(host: Host, pid: number): Promise<boolean> {
  const isGone = () => host.processes.inspect(pid)?.zombie ?? true;
  return await until(host, isGone, { withinMs: VANISH_MS, lookMs: LOOK_MS });
}
