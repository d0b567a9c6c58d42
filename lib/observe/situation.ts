/**
 * What goes on at this moment: what the log says, checked against who lives. `why`, `peek` and `status` share it, so
 * they cannot disagree.
 *
 * @module
 */
import type { Instant } from "../core/instant.ts";
import type { ProjectState, Wait } from "../core/project_state.ts";
import type { RunningRound } from "../core/remembered_round.ts";
import type { Host } from "../host.ts";
import { livingHolder } from "../store/holder.ts";
import { livingStarter, readRunningRound } from "../store/running_round.ts";
import type { Observed } from "./observed.ts";

export interface Situation {
  readonly serve: ServeDoing;
  /** The round that runs; also one by hand beside a serve. */
  readonly round: { readonly running: RunningRound; readonly keeper: RoundKeeper } | null;
  /** A round that has started and not ended, and of which nothing lives. */
  readonly lost: RunningRound | null;
}

/** Who looks after the round that runs: a serve, the single `round` that started it, or nobody; null: none runs. */
export type RoundKeeper = "serve" | "round" | "nobody";

/** What a living serve is busy with, but for a round. */
export type ServeDoing =
  /** None lives. */
  | { readonly kind: "nothing" }
  /** It lives, and the log does not hold its start. */
  | { readonly kind: "starting"; readonly pid: number; readonly since: Instant | null }
  | { readonly kind: "waiting"; readonly wait: Wait }
  /** It runs a round, or is between two. */
  | { readonly kind: "working" }
  /** It lives, and the log holds its stop. */
  | { readonly kind: "stopping"; readonly pid: number };

export function situationOf(host: Host, observed: Observed): Situation {
  const serve = serveDoing(observed);
  const { running } = observed.state;
  const keeper = roundKeeper(host, observed, serve.kind === "working");
  return {
    serve,
    round: running === null || keeper === null ? null : { running, keeper },
    lost: keeper === null ? running : null,
  };
}

function serveDoing({ serve, state: { serve: told, wait, diskLow } }: Observed): ServeDoing {
  if (serve === null) return { kind: "nothing" };
  const { pid, since } = serve;
  // A serve of the Python version tells nothing of itself: what the log says is another's.
  if (since === null && (told.kind !== "started" || told.pid !== pid)) return { kind: "working" };
  const toldAt = told.kind === "never" ? -Infinity : told.kind === "started" ? told.since : told.at;
  if (since !== null && toldAt < since) return { kind: "starting", pid, since };
  if (told.kind === "stopped") return { kind: "stopping", pid };
  // The wait stays in the log's state until the next round starts.
  const isOver = wait === null || (wait.rule === "disk_low" && !diskLow);
  return isOver ? { kind: "working" } : { kind: "waiting", wait };
}

/** @param isServeFree a serve lives and waits for nothing, so a round without another keeper is its own */
function roundKeeper(
  host: Host,
  { state, serve, roundAlive, layout }: Observed,
  isServeFree: boolean,
): RoundKeeper | null {
  if (state.running === null) return null;
  const record = readRunningRound(host, layout);
  if (record === null || record.round !== state.running.num) {
    // A round of the Python version leaves no record, and one of ours has none yet in its first moment.
    if (isServeFree) return "serve";
    return livingHolder(host, layout.roundLockHolder) === null ? null : "round";
  }
  const starter = livingStarter(host, record, roundAlive);
  if (starter !== null) return starter === serve?.pid ? "serve" : "round";
  if (isServeFree || (serve !== null && state.running.adopted)) return "serve";
  return roundAlive ? "nobody" : null;
}

/** Since when the serve that lives is between two rounds, null where nobody knows. */
export function betweenSince({ serve, rounds }: ProjectState): Instant | null {
  const endedAt = rounds.at(-1)?.endedAt ?? null;
  if (serve.kind !== "started") return endedAt;
  return endedAt === null ? serve.since : Math.max(serve.since, endedAt);
}
