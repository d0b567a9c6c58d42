import type { Config } from "../core/config.ts";
import { KINDS } from "../core/events.ts";
import { CRASHES_MAX } from "../core/rules.ts";

/** A mistake that was made once and cannot be made again. */
export interface Defense {
  readonly name: string;
  readonly value: number | string | readonly string[];
  /** The incident of the Python version that it remembers. */
  readonly codifies: string | null;
  /** A test of this project. */
  readonly guarded_by: string | null;
  readonly current_state: "active" | "degraded" | "off";
}

/** All of them, in a fixed order. */
export function defenses(config: Config): readonly Defense[] {
  return ROWS.map(([name, codifies, guarded_by, valueOf]) => {
    const value = valueOf(config);
    const isOff = guarded_by === null || (Array.isArray(value) && value.length === 0);
    return { name, value, codifies, guarded_by, current_state: isOff ? "off" : "active" };
  });
}

type Row = readonly [
  name: string,
  codifies: string | null,
  guardedBy: string | null,
  value: (config: Config) => Defense["value"],
];

const SETTLE_TEST = "tests/supervise/settle_test.ts";
const SERVE_TEST = "tests/supervise/serve_test.ts";

/** Those without a test of their own are not carried out yet. */
const ROWS: readonly Row[] = [
  ["round_timeout_s", "R1128", SERVE_TEST, (config) => config.runtime.round_timeout_s],
  ["process_group_isolation", "#307", "tests/sys/launcher_test.ts", () => "a session of its own"],
  ["sigterm_reaper", "R725", SERVE_TEST, () => "a first signal lets the round finish, a second ends it"],
  ["orphan_stash_idempotency_s", "R820", SETTLE_TEST, (config) => config.vcs.stash_idempotency_s],
  ["sha_locked_stash", "§9", SETTLE_TEST, () => "a stash is known by its commit id only"],
  [
    "set_diff_classification",
    "R2110",
    "tests/core/git_status_test.ts",
    () => "records of git status, no diff lines",
  ],
  ["critical_envs_injection", null, SERVE_TEST, (config) => Object.keys(config.agent.env).sort()],
  [
    "startup_smoke_check",
    "R721 + #446",
    SERVE_TEST,
    () => "5 checks (log_dir, agent_cli, git, prompt_file, prompt_smoke)",
  ],
  [
    "crash_loop_breaker",
    "Run 6",
    "tests/core/rules_test.ts",
    () => `stops after ${CRASHES_MAX} short failures in a row, with growing pauses`,
  ],
  ["flock_concurrency", null, "tests/sys/launcher_test.ts", () => "agent-runner.lock"],
  ["atomic_state_writes", null, "tests/sys/files_test.ts", () => "tmp + fsync + rename"],
  ["event_kind_registry", null, "tests/core/events_test.ts", () => `${KINDS.length} kinds in one table`],
];
