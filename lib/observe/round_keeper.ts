import type { Host } from "../host.ts";
import { livingHolder } from "../store/holder.ts";
import { readRunningRound, type RunningRoundRecord } from "../store/running_round.ts";
import type { Observed } from "./snapshot.ts";

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

/** The supervisor that started the round, null when it is dead. */
function livingStarter(
  host: Host,
  { id, pid, boot_id }: RunningRoundRecord,
  roundAlive: boolean,
): number | null {
  // The marker names it: the boot and its start time, its pid, the round.
  const [born = "", starter] = id.split("-").slice(-3);
  // The kernel gives the launcher another parent when that dies.
  if (roundAlive) return host.processes.inspect(pid)?.parent === Number(starter) ? Number(starter) : null;
  const found = host.clock.boot().id === boot_id ? host.processes.inspect(Number(starter)) : null;
  const isSame = found !== null && !found.zombie && born.split(".").slice(1).join(".") === found.startTime;
  return isSame ? Number(starter) : null;
}
