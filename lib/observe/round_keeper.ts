import type { Host } from "../host.ts";
import { readRunningRound } from "../store/running_round.ts";
import type { Observed } from "./snapshot.ts";

/** Who looks after the round that runs: a serve, the single `round` that started it, or nobody; null: none runs. */
export type RoundKeeper = "serve" | "round" | "nobody";

export function roundKeeper(host: Host, { state, serve, roundAlive, layout }: Observed): RoundKeeper | null {
  if (state.running === null) return null;
  if (serve !== null) return "serve";
  if (!roundAlive) return null;
  const record = readRunningRound(host, layout);
  if (record === null) return null;
  // The marker names its supervisor, and the kernel gives the launcher another parent when that dies.
  const starter = Number(record.id.split("-").at(-2));
  return host.processes.inspect(record.pid)?.parent === starter ? "round" : "nobody";
}
