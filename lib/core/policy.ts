import type { Config } from "./config.ts";
import type { Policy } from "./rules.ts";

/** What the command line adds to the configuration. */
export interface LoopOptions {
  /** Exactly one round. */
  readonly once: boolean;
  /** Wins over `runtime.max_rounds`. */
  readonly maxRounds: number | null;
  /** Started without a terminal. */
  readonly unattended: boolean;
}

/** What the configuration and the command line amount to for the rules. */
export function policyOf({ runtime, throttle }: Config, options: LoopOptions, hasReader: boolean): Policy {
  return {
    restartDelayS: runtime.restart_delay_s,
    once: options.once,
    maxRounds: options.maxRounds ?? runtime.max_rounds,
    onLimit: runtime.transient_error_action,
    onNoWork: runtime.on_no_work,
    hasReader,
    unattended: options.unattended,
    throttle,
    minFreeMb: runtime.disk_min_free_mb,
  };
}
