/**
 * `stop`, `kill` and `status`: a supervisor that somebody else started.
 *
 * @module
 */
import { spanText } from "../core/duration_text.ts";
import { EXIT } from "../core/exit_code.ts";
import { bestEffort } from "../core/file_error.ts";
import { failure } from "../core/problem.ts";
import type { LoadedPlugin } from "../extend/loaded_plugin.ts";
import type { Host } from "../host.ts";
import { timeText } from "../observe/event_text.ts";
import { observe, type Observed } from "../observe/observed.ts";
import { serviceView } from "../observe/snapshot.ts";
import { situationOf } from "../observe/situation.ts";
import { livingServe } from "../store/holder.ts";
import { layoutOf } from "../store/layout.ts";
import { requestStop } from "../store/stop_request.ts";
import { until } from "../supervise/until.ts";
import type { StopFlags } from "./flags.ts";
import type { CliContext, GlobalFlags, VerbResult } from "./context.ts";
import { loadConfig, type LoadedConfig } from "./load_config.ts";

// `status` is for pipelines: what only `kill` needs would make half of its start.
type EndEverything = typeof import("../supervise/end_everything.ts");
type Extensions = typeof import("./extensions.ts");

/** How long a plain stop waits for the supervisor to leave (ms). */
const PATIENCE_MS = 20_000;

/** Time for closing the round after its processes have gone (ms). */
const CLOSING_MS = 20_000;

/** Between two looks (ms). */
const LOOK_MS = 100;

/** Asks the supervisor to stop; returns when what it says is true. */
export async function stop({ host }: CliContext, flags: StopFlags): Promise<VerbResult> {
  const loaded = await loadConfig(host, flags.config, EXIT.failed);
  if (loaded.kind === "failure") return loaded;
  const { config } = loaded;
  const layout = layoutOf(config.runtime.log_dir);
  const serve = livingServe(host, layout);
  const say = (text: string) => flags.json ? undefined : host.terminal.err.write(`agent-runner: ${text}\n`);
  if (serve === null) return notRunning(host, loaded, flags, say);
  if (flags.now) requestStop(host, layout, "now");
  // Without room for it the signal speaks for itself.
  else bestEffort(() => requestStop(host, layout, "finish"));
  say("stopping service...");
  const startedMs = host.clock.monotonicMs();
  host.processes.signal(serve.pid, "SIGTERM");
  // A suspended one does not hear it.
  host.processes.signal(serve.pid, "SIGCONT");
  const patienceMs = flags.wait
    ? Infinity
    : flags.now
    ? config.runtime.kill_grace_s * 1000 + CLOSING_MS
    : PATIENCE_MS;
  const gone = await until(host, () => livingServe(host, layout)?.pid !== serve.pid, {
    withinMs: patienceMs,
    lookMs: LOOK_MS,
  });
  const observed = observe(host, config);
  if (gone) say(`stopped (${((host.clock.monotonicMs() - startedMs) / 1000).toFixed(1)}s)`);
  else if (flags.now) {
    return failure(EXIT.failed, `Cannot stop pid ${serve.pid}: it still runs`, { hint: "agent-runner kill" });
  } else say(stillRuns(host, observed));
  report(host, loaded, flags, observed);
  return EXIT.done;
}

/** Ends supervisor and round at once, and makes sure of it. */
export async function kill({ host, parts }: CliContext, flags: GlobalFlags): Promise<VerbResult> {
  const loaded = await loadConfig(host, flags.config, EXIT.failed);
  if (loaded.kind === "failure") return loaded;
  const { config } = loaded;
  const plugins: LoadedPlugin[] = [];
  const { endEverything } = await import("../supervise/end_everything.ts" as string) as EndEverything;
  const ended = await endEverything(host, config, async () => {
    const { loadExtensions } = await import("./extensions.ts" as string) as Extensions;
    const extensions = await loadExtensions(host, parts, config, EXIT.failed);
    if (extensions.kind === "failure") return null;
    plugins.push(...extensions.set.plugins);
    return extensions.reader;
  });
  for (const plugin of plugins) await plugin.rest();

  if (ended.kind === "failure") return ended;
  if (!flags.json) host.terminal.err.write(`agent-runner: ${ended.text}\n`);
  report(host, loaded, flags, observe(host, loaded.config));
  return EXIT.done;
}

/** Says whether a supervisor runs. */
export async function status({ host }: CliContext, flags: GlobalFlags): Promise<VerbResult> {
  const loaded = await loadConfig(host, flags.config, EXIT.failed);
  if (loaded.kind === "failure") return loaded;
  const observed = observe(host, loaded.config);
  if (!flags.json) host.terminal.out.write(`${statusText(host, observed)}\n`);
  report(host, loaded, flags, observed);
  return EXIT.done;
}

function notRunning(
  host: Host,
  loaded: LoadedConfig,
  flags: StopFlags,
  say: (text: string) => void,
): VerbResult {
  const observed = observe(host, loaded.config);
  const { running } = observed.state;
  if (running !== null && observed.roundAlive) {
    return failure(EXIT.failed, `No serve runs, but round ${running.num} still does`, {
      hint: "agent-runner kill",
    });
  }
  say("nothing to stop: no serve runs");
  report(host, loaded, flags, observed);
  return EXIT.done;
}

function stillRuns(host: Host, { state }: Observed): string {
  const { running } = state;
  if (running === null) return "asked to stop; it still runs";
  const now = host.clock.now();
  const limit = running.startedAt + (running.timeoutS ?? 0) * 1000;
  const reading = { now, zoneOffsetMin: host.env.zoneOffsetMin };
  return `asked to stop; round ${running.num} runs on, until ${timeText(limit, reading)} at the latest ` +
    `(in ${spanText(limit - now)}); no other round starts. --now ends it`;
}

function statusText(host: Host, observed: Observed): string {
  const { serve } = observed;
  if (serve === null) return "not running";
  const { round } = situationOf(host, observed);
  const since = serve.since === null ? "" : `, for ${spanText(host.clock.now() - serve.since)}`;
  const doing = round?.keeper === "serve" ? `, in round ${round.running.num}` : "";
  const suspended = serve.suspended ? `, suspended: kill -CONT ${serve.pid}` : "";
  return `running, pid ${serve.pid}${since}${doing}${suspended}`;
}

function report(host: Host, { config }: LoadedConfig, flags: GlobalFlags, observed: Observed): void {
  if (flags.json) {
    host.terminal.out.write(`${JSON.stringify(serviceView(host, config, observed), null, 2)}\n`);
  }
}
