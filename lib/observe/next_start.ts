import type { Config } from "../core/config.ts";
import { type Instant, isoOf } from "../core/instant.ts";
import { policyOf } from "../core/policy.ts";
import { evolve, type ProjectState } from "../core/project_state.ts";
import { decideNext, type Decision, type World } from "../core/rules.ts";
import { isSentinelUnheard } from "../core/sentinel.ts";
import type { Host } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";
import type { Layout } from "../store/layout.ts";

/** What a serve that somebody starts by hand now decides first. */
export interface NextStart {
  readonly decision: Decision;
  /** A wait may end so much later: by chance, or by what the reader of the agent's output is (ms). */
  readonly spreadMs: number;
}

/** Asks the rules, as that serve will. The start-up checks are left to it. */
export function nextStart(host: Host, config: Config, state: ProjectState, layout: Layout): NextStart {
  const now = host.clock.now();
  const started = evolve(state, {
    ts: isoOf(now),
    event: "serve_started",
    version: "",
    pid: 0,
    reader: null,
    plugins: [],
    containment: [],
    config_hash: "",
  });
  const world = worldAtStart(host, config, state, layout);
  const decide = (hasReader: boolean, jitter: number) => {
    const policy = policyOf(config, { once: false, maxRounds: null, unattended: false }, hasReader);
    return decideNext(started, policy, world, now, jitter);
  };
  const [first, last] = [decide(false, 0), decide(true, 1)];
  if (last.kind !== "wait") return { decision: last, spreadMs: 0 };
  const from: Instant = first.kind === "wait" ? first.until : now;
  return { decision: { ...last, until: from }, spreadMs: last.until - from };
}

function worldAtStart(
  host: Host,
  { runtime: { stop_file } }: Config,
  state: ProjectState,
  { sentinel }: Layout,
): World {
  const written = host.files.stat(sentinel);
  return {
    stopAsked: false,
    sentinel: written !== null && isSentinelUnheard(state, written.mtime) ? "" : null,
    stopFile: stop_file !== null && isThere(host, stop_file) ? "" : null,
    brokenConfig: [],
    lockHolder: null,
    freeMb: null,
    logFault: null,
  };
}

/** One that cannot be looked at counts, as it does for serve. */
function isThere(host: Host, path: string): boolean {
  let found = true;
  bestEffort(() => {
    found = host.files.stat(path) !== null;
  });
  return found;
}
