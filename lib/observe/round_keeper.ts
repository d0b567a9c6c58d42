import type { Host } from "../host.ts";
import { livingHolder } from "../store/holder.ts";
import { livingStarter, readRunningRound } from "../store/running_round.ts";
import type { Observed } from "./observed.ts";

/** Who looks after the round that runs: a serve, the single `round` that started it, or nobody; null: none runs. */
export type RoundKeeper = "serve" | "round" | "nobody";

/** @param isServeFree a serve lives and waits for nothing, so a round without another keeper is its own */
export function roundKeeper(
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
