/**
 * What a seed draws: the configuration, the row of agents, and what befalls each life.
 *
 * @module
 */
import type { Config } from "../../lib/core/config.ts";
import { checkConfig } from "../../lib/core/config_check.ts";
import type { Instant } from "../../lib/core/instant.ts";
import { type Prng, streamOf } from "./prng.ts";
import type { Behaviour } from "./swarm_agents.ts";

export interface Plan {
  readonly seed: number;
  readonly startAt: Instant;
  readonly config: Config;
  readonly unattended: boolean;
  readonly maxRounds: number | null;
  /** Which agent each launch brings; begins again when it is over. */
  readonly row: readonly Behaviour[];
  readonly reapMs: number;
  /** The last one is free of faults and is asked to stop. */
  readonly lives: readonly LifePlan[];
}

export interface LifePlan {
  readonly faults: readonly Fault[];
  /** When it is killed if it still lives (ms since its start). */
  readonly lastsMs: number;
  /** From its end to the next start. */
  readonly downMs: number;
}

export interface Fault {
  readonly kind: FaultKind;
  /** Since the life's start. */
  readonly atMs: number;
  /** How long or how far, where that applies. */
  readonly forMs: number;
  /** Which call, for the crashes. */
  readonly nth: number;
}

/** What a life is never spared in the end: one of these. */
const ENDS = [
  "crash_at_append",
  "crash_at_effect",
  "crash_at_sleep",
  "crash_at_round_start",
  "crash_at_round_end",
  "killed",
  "power_lost",
  "signal",
  "second_signal",
  "stop_file",
] as const;

const TROUBLES = [
  "clock_ahead",
  "clock_back",
  "clock_back",
  "suspended",
  "disk_full",
  "disk_read_only",
  "foreign_events",
  "foreign_limit",
  "foreign_round",
  "foreign_rubbish",
  "foreign_torn_line",
  "lock_taken",
  "second_serve",
  "prompt_gone",
] as const;

export const FAULT_KINDS = [...ENDS, ...TROUBLES, "new_month"] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export const WORK_DIR = "/project";
export const LOG_DIR = "/project/logs";
export const STOP_FILE = "/project/STOP";
export const PROMPT_FILE = "/project/prompt.md";

export function planOf(seed: number): Plan {
  const prng = streamOf(seed, "plan");
  return {
    seed,
    startAt: prng.chance(0.2) ? END_OF_NOVEMBER - prng.int(200_000) : MID_NOVEMBER,
    config: configOf(prng),
    unattended: prng.chance(0.7),
    maxRounds: prng.chance(0.15) ? 3 + prng.int(5) : null,
    row: rowOf(prng),
    reapMs: prng.pick([0, 200]),
    lives: [...Array.from({ length: 3 + prng.int(2) }, () => lifeOf(prng)), LAST_LIFE],
  };
}

const END_OF_NOVEMBER = Date.UTC(2026, 11, 1);
const MID_NOVEMBER = Date.UTC(2026, 10, 16, 9);

const LAST_LIFE: LifePlan = {
  faults: [{ kind: "signal", atMs: 45_000, forMs: 0, nth: 0 }],
  lastsMs: 120_000,
  downMs: 0,
};

function configOf(prng: Prng): Config {
  const jitter = prng.int(4);
  const checked = checkConfig({
    agent: { command: ["claude", "-p"], prompt_arg_template: [], prompt_delivery: "stdin" },
    runtime: {
      work_dir: WORK_DIR,
      log_dir: LOG_DIR,
      stop_file: STOP_FILE,
      round_timeout_s: 3 + prng.int(10),
      restart_delay_s: prng.int(3),
      max_grace_after_result_s: prng.int(3),
      kill_grace_s: 1 + prng.int(2),
      on_restart: prng.pick(["adopt", "adopt", "reap"]),
      round_log_retention: 1 + prng.int(20),
      transient_error_action: prng.pick(["back_off", "back_off", "back_off", "skip", "stop"]),
      on_no_work: prng.pick(["slow", "slow", "stop", "ignore"]),
    },
    prompt: { file: PROMPT_FILE },
    vcs: { dirty_action: "ignore" },
    monitor: { round_progress_interval_s: prng.int(2) },
    throttle: {
      rate_limit_model_base_s: 5,
      rate_limit_account_base_s: 5 + prng.int(20),
      api_transient_5xx_base_s: 1 + prng.int(8),
      api_timeout_base_s: 5,
      cap_s: 20 + prng.int(20),
      jitter_min_s: jitter,
      jitter_max_s: jitter + prng.int(5),
    },
  }, { configPath: `${WORK_DIR}/agent-runner.toml`, configDir: WORK_DIR, home: null });
  if (checked.kind === "ok") return checked.config;
  throw new Error(checked.problems.map(({ where, text }) => `${where}: ${text}`).join("\n"));
}

/** Streaks: what grows with repetition needs the same agent several times. */
function rowOf(prng: Prng): readonly Behaviour[] {
  return Array.from({ length: 2 + prng.int(4) }).flatMap(() => {
    const [name, most] = prng.pick(STREAKS);
    return Array<Behaviour>(1 + prng.int(most)).fill(name);
  });
}

const STREAKS: readonly (readonly [name: Behaviour, most: number])[] = [
  ["good", 3],
  ["no_work", 8],
  ["crash", 7],
  ["limit", 2],
  ["two_limits", 2],
  ["admitted", 1],
  ["overloaded", 4],
  ["logged_out", 4],
  ["hang", 1],
  ["ignores_term", 1],
  ["slow_to_end", 1],
  ["lingers", 1],
  ["flood", 1],
  ["half_line", 2],
  ["done", 1],
  ["leaves_child", 2],
];

function lifeOf(prng: Prng): LifePlan {
  const lastsMs = 6_000 + prng.int(40_000);
  const within = (kind: FaultKind): Fault => ({
    kind,
    atMs: prng.int(prng.chance(0.3) ? 500 : lastsMs),
    forMs: prng.chance(0.5) ? 1 + prng.int(3_000) : 1 + prng.int(60_000),
    nth: 1 + prng.int(prng.chance(0.3) ? 20 : 200),
  });
  const troubles = Array.from({ length: prng.int(4) }, () => within(prng.pick(TROUBLES)));
  return {
    faults: [...troubles, within(prng.pick(ENDS))],
    lastsMs,
    downMs: prng.pick([0, 100, 1_000, 20_000, 65_000]),
  };
}
