/**
 * A supervisor's life: take the directory over, run the loop, leave it in order.
 *
 * @module
 */
import type { Config } from "../core/config.ts";
import type { LoggedEvent } from "../core/events.ts";
import { EXIT, type ExitCode } from "../core/exit_code.ts";
import { bestEffort, FileError } from "../core/file_error.ts";
import { type Failure, failure } from "../core/problem.ts";
import { isSentinelUnheard } from "../core/sentinel.ts";
import type { SurroundingUnit } from "../core/surrounding_unit.ts";
import { agentOf, type OutputReader } from "../extend/output_reader.ts";
import type { PluginSet } from "../extend/plugin_set.ts";
import { VERSION } from "../core/version.ts";
import type { Host } from "../host.ts";
import { EventLog } from "../store/event_log.ts";
import { ServeLock, takeServeLock } from "../store/holder.ts";
import { type Layout, layoutOf } from "../store/layout.ts";
import { MetricsLog } from "../store/metrics.ts";
import { pruneRoundLogs, removeStaleTemporaries } from "../store/retention.ts";
import { readStatus } from "../store/status.ts";
import { takeStopRequest } from "../store/stop_request.ts";
import { fingerprint } from "../core/fingerprint.ts";
import { Footprint } from "./footprint.ts";
import { Hooks, type StateView } from "./hooks/hooks.ts";
import { endLeftHooks } from "./hooks/left_hooks.ts";
import { loadedFacts } from "./hooks/loaded_facts.ts";
import { runLoop } from "./loop.ts";
import type { LoopOptions } from "../core/policy.ts";
import { type ReadAgain, Reloader } from "./reload.ts";
import { StopSwitch } from "./stop_switch.ts";
import type { Bare } from "./bare.ts";
import type { Supervision } from "./supervision.ts";
import type { Voice } from "./voice.ts";
import { takeUpLeftRound } from "./take_up.ts";
import { treeRootOf } from "./work_tree.ts";

export interface ServeOptions extends LoopOptions {
  /** The reader of the agent's output, null where none applies. */
  readonly reader: OutputReader | null;
  readonly plugins: PluginSet;
  /** The document that detectors are asked about. */
  readonly stateView: StateView;
  readonly voice: Voice;
  /** The service manager's unit around this process, null without one. */
  readonly unit: SurroundingUnit | null;
  /** Told of each event that this supervisor writes. */
  readonly onAppend: (event: LoggedEvent) => void;
  /** Reads the configuration again, between rounds; without it the first one holds for ever. */
  readonly readAgain?: ReadAgain;
}

/** Supervises until a rule stops it. What must be there before the loop can start is a failure in words. */
export async function serve(host: Host, config: Config, options: ServeOptions): Promise<ExitCode | Failure> {
  const stop = new StopSwitch(host, (text) => options.voice.note(text));
  stop.arm();
  stop.reloads = true;
  const layout = layoutOf(config.runtime.log_dir);
  try {
    host.files.makeDir(layout.dir);
    const lock = takeServeLock(host, layout);
    if ("heldBy" in lock) return busy(layout, lock.heldBy);
    const held = new ServeLock(host, layout, lock);
    try {
      return await lead(host, config, options, layout, stop, held);
    } finally {
      held.release();
    }
  } catch (error) {
    if (error instanceof FileError) return unusable(layout, error.message);
    throw error;
  } finally {
    stop.close();
  }
}

async function lead(
  host: Host,
  config: Config,
  options: ServeOptions,
  layout: Layout,
  stop: StopSwitch,
  held: ServeLock,
): Promise<ExitCode | Failure> {
  const supervision = supervise(host, config, options, layout, stop.now);
  const { log, hooks } = supervision;
  const pid = host.processes.self.pid;
  const { onReplaced } = log;
  log.onReplaced = (path) => {
    onReplaced(path);
    const heldBy = held.renew();
    if (heldBy !== null) stop.request(`another serve has taken ${layout.dir} (${heldBy})`);
  };
  takeStopRequest(host, layout);
  stop.takeRequest = () => takeStopRequest(host, layout);
  try {
    await endLeftHooks(supervision);
    if (!await hooks.serveStartup()) return EXIT.failed;
    host.files.write(layout.servePid, String(pid));
    reportStatus(supervision);
    forgetOldSentinel(supervision);
    bestEffort(() => pruneRoundLogs(host, layout, config.runtime));
    bestEffort(() => removeStaleTemporaries(host, layout));
    log.append({
      event: "serve_started",
      version: VERSION,
      pid,
      reader: options.reader === null ? null : agentOf(options.reader),
      plugins: namesOf(options),
      containment: containmentLayers(host),
      config_hash: fingerprint(JSON.stringify(config)),
      ...(hooks.plugins.length === 0 ? {} : { loaded: hooks.plugins.map(loadedFacts) }),
    });
    return await goingOn(async () => {
      await takeUpLeftRound(supervision, stop.now);
      return await runLoop(supervision, options, stop, new Reloader(options.readAgain ?? null));
    });
  } finally {
    if (host.files.readText(layout.servePid) === String(pid)) {
      bestEffort(() => host.files.remove(layout.servePid));
    }
    await hooks.finish();
    log.close();
  }
}

/** Everything that a supervisor works with, its log opened. */
export function supervise(
  host: Host,
  config: Config,
  { reader, plugins, stateView, voice, unit, onAppend }: Omit<
    ServeOptions,
    keyof LoopOptions | "readAgain"
  >,
  layout: Layout,
  stopNow: AbortSignal,
): Supervision {
  const log = EventLog.open(host, layout);
  const bare: Bare = {
    host,
    config,
    layout,
    log,
    metrics: new MetricsLog(host, layout),
    reader,
    voice,
    unit,
    treeRoot: treeRootOf(host, config.runtime.work_dir),
  };
  const hooks = new Hooks(bare, plugins, stateView, stopNow);
  log.onAppend = (event) => {
    try {
      onAppend(event);
    } catch (error) {
      // Whoever only listens must not break the round that is told of.
      voice.note(`event ${event.event} was not shown: ${error}`);
    }
    hooks.programs.take(event);
  };
  log.onFault = (fault) => voice.note(`the log takes no events, they wait: ${fault.message}`);
  log.onReplaced = (path) => voice.note(`${path} was moved, removed or cut: begun anew`);
  return { ...bare, hooks, footprint: new Footprint(host) };
}

function namesOf({ reader, plugins }: ServeOptions): string[] {
  const outside = plugins.plugins.map(({ name }) => name);
  return reader === null || outside.includes(reader.name) ? outside : [reader.name, ...outside];
}

/** What ends a round completely on this machine, strongest first. */
function containmentLayers({ cgroups }: Host): string[] {
  return [
    ...(cgroups.root === null ? [] : ["cgroup"]),
    "session",
    "group",
    ...(cgroups.root === null ? ["marker"] : []),
  ];
}

function reportStatus({ host, layout, log }: Supervision): void {
  const read = readStatus(host, layout);
  if (read.kind === "unreadable") log.append({ event: "status_recovered", reason: read.why });
}

/** A sentinel from before this start is removed, unless nobody has acted on it yet. */
function forgetOldSentinel({ host, layout, log, voice }: Supervision): void {
  const stat = host.files.stat(layout.sentinel);
  if (stat === null || isSentinelUnheard(log.state, stat.mtime)) return;
  bestEffort(() => host.files.remove(layout.sentinel));
  voice.note(`${layout.sentinel} from an earlier run removed`);
}

function busy(layout: Layout, heldBy: string): Failure {
  return failure(EXIT.busy, `Cannot serve ${layout.dir}: another serve runs (${heldBy})`, {
    hint: "agent-runner peek",
  });
}

/**
 * What comes after the start. A refusal there is no wrong configuration: a service starts again, and takes up a round
 * that is left.
 */
export async function goingOn(work: () => Promise<ExitCode>): Promise<ExitCode | Failure> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return failure(EXIT.failed, `Cannot go on: ${error.message}`, { hint: "agent-runner serve" });
  }
}

export function unusable(layout: Layout, why: string): Failure {
  return failure(EXIT.config, `Cannot use the log directory ${layout.dir}: ${why}`, {
    hint: "make it writable, or set runtime.log_dir",
  });
}
