/**
 * What `peek --json` prints: one document, schema 1.9 of the Python version with additions.
 *
 * @module
 */
import { baseName } from "../core/path_parts.ts";
import type { Config } from "../core/config.ts";
import { KINDS } from "../core/events.ts";
import { epochOf, isoOf } from "../core/instant.ts";
import type { ProjectState } from "../core/project_state.ts";
import { isOpenEnded } from "../core/rules.ts";
import { lastingThrottle, throttledUntil } from "../core/throttle.ts";
import type { Host } from "../host.ts";
import { parseObject } from "../store/status.ts";
import { defenses } from "./defenses.ts";
import { lastEvents } from "./event_query.ts";
import { systemView } from "./metrics.ts";
import type { Observed } from "./observed.ts";
import { roundView, runningRoundView, summaryView } from "./round_view.ts";
import { situationOf } from "./situation.ts";

export interface SnapshotOptions {
  readonly round: number | "latest" | null;
  readonly withLog: boolean;
  /** How many of the last events. */
  readonly events: number;
}

/** A plugin that is part of the program. */
interface Named {
  readonly name: string;
}

export type Snapshot = ReturnType<typeof snapshot>;

/** The document; `round` names a round without a log: null in `current_round`. */
export function snapshot(
  host: Host,
  config: Config,
  plugins: readonly Named[],
  observed: Observed,
  options: SnapshotOptions,
) {
  const { state, layout } = observed;
  return {
    schema_version: "1.9",
    plugins: pluginLists(config, plugins, state),
    project: config.project,
    status: parseObject(host.files.readText(layout.status) ?? "") ?? {},
    defenses: defenses(host, config, state),
    current_round: currentRound(host, observed, options),
    recent_rounds: state.rounds.map(summaryView),
    orphan: parseObject(host.files.readText(layout.orphan) ?? ""),
    system: systemView(host, observed),
    service: serviceView(host, config, observed),
    recent_events: options.events === 0
      ? []
      : lastEvents(host, layout, options.events, null).map((line) => JSON.parse(line)),
    recent_hook_failures: state.hookFailures,
    recent_blips: state.blips,
    log: { events: observed.counts.lines, broken: observed.counts.broken, foreign: observed.counts.foreign },
  };
}

/** Those from outside as the last serve started with them: looking loads no plugin. */
function pluginLists(
  { hooks, plugins: { disable } }: Config,
  builtIn: readonly Named[],
  { loaded, pluginsOff }: ProjectState,
) {
  const isOn = (name: string) => !disable.includes(name);
  const having = (member: string) =>
    loaded.filter(({ functions }) => functions.includes(member)).map(({ name }) => name);
  const programs = (point: string) =>
    hooks.filter(({ on }) => on === point).map(({ run: [program = ""] }) => baseName(program)).filter(isOn);
  return {
    event_kinds: [...KINDS, ...loaded.flatMap(({ event_kinds }) => event_kinds)].sort(),
    context_enrichers: loaded.flatMap(({ context_enrichers }) => context_enrichers).sort(),
    pre_round_hooks: [...having("preRound"), ...programs("pre_round")],
    post_round_hooks: [
      ...builtIn.map(({ name }) => name).filter(isOn),
      ...having("postRound"),
      ...programs("post_round"),
    ],
    detectors: loaded.flatMap(({ detectors }) => detectors).sort(),
    owned_paths: loaded.flatMap(({ owned_paths }) => owned_paths),
    disabled: disable,
    serve_startup_hooks: [...having("serveStartup"), ...programs("serve_startup")],
    dirty_handlers: [
      ...loaded.flatMap(({ dirty_handlers }) => dirty_handlers),
      ...programs("dirty"),
      ...["default_dirty_handler"].filter(isOn),
    ],
    loaded: loaded.map(({ name, source, sha256, trust }) => ({ name, source, sha256, trust })),
    off: Object.entries(pluginsOff).map(([plugin, { reason, since }]) => ({
      plugin,
      reason,
      since: isoOf(since),
    })),
  };
}

function currentRound(host: Host, observed: Observed, { round, withLog }: SnapshotOptions) {
  const running = situationOf(host, observed).round?.running ?? null;
  if (round !== null) return roundView(host, observed, running, round, withLog);
  return running === null ? null : runningRoundView(host, observed, running, withLog);
}

/** The service as `peek`, `status`, `stop` and `kill` show it. */
export function serviceView(host: Host, config: Config, observed: Observed) {
  const { state, serve } = observed;
  const now = host.clock.now();
  return {
    mode: serve === null ? "none" : "pid_file",
    active: serve !== null,
    pid: serve?.pid ?? null,
    uptime_s: serve?.since == null ? null : Math.max(0, Math.round((now - serve.since) / 1000)),
    unit_file: null,
    rate_limit: rateLimit(host, config, state),
    containment: state.serve.kind === "started" ? state.serve.containment : [],
    waiting: waiting(host, observed),
    last_stop: state.serve.kind === "stopped"
      ? { rule: state.serve.rule, exit_code: state.serve.exitCode, at: isoOf(state.serve.at) }
      : null,
  };
}

/** Null when no limit holds the next round back at this moment. */
function rateLimit(host: Host, config: Config, state: ProjectState) {
  const throttle = lastingThrottle(state.throttles, config.throttle);
  if (throttle === null) return null;
  const until = throttledUntil(throttle, config.throttle);
  if (until <= host.clock.now()) return null;
  return {
    throttled_until_epoch: epochOf(until),
    limit_type: throttle.classification,
    agent: throttle.agent,
    since_round: throttle.sinceRound,
    reset_source: throttle.source,
  };
}

/** `until_epoch` is null for a wait without a known end. */
function waiting(host: Host, observed: Observed) {
  const { serve } = situationOf(host, observed);
  if (serve.kind !== "waiting") return null;
  const { rule, until, since } = serve.wait;
  return { rule, until_epoch: isOpenEnded(rule) ? null : until / 1000, since: isoOf(since) };
}
