import type { Config } from "../core/config.ts";
import type { Instant } from "../core/instant.ts";
import { forPhase } from "../core/phases.ts";
import type { RunningRound } from "../core/remembered_round.ts";
import type { Host } from "../host.ts";
import { readRunningRound } from "../store/running_round.ts";
import type { Observed } from "./observed.ts";

/** When a running round is ended at the latest, and its limit (s). */
export interface RoundLimit {
  readonly at: Instant;
  readonly limitS: number;
}

/** Supervisors go by the boot clock, so that is asked where the round is recorded. */
export function roundLimit(
  host: Host,
  config: Config,
  { layout }: Observed,
  { num, phase, startedAt, timeoutS }: RunningRound,
): RoundLimit {
  const limitS = timeoutS ?? forPhase(config, phase).runtime.round_timeout_s;
  const record = readRunningRound(host, layout);
  const boot = host.clock.boot();
  return record !== null && record.round === num && record.boot_id === boot.id
    ? { at: host.clock.now() + record.deadline_boot_ms - boot.ms, limitS }
    : { at: startedAt + limitS * 1000, limitS };
}
