import type { Config } from "../../core/config.ts";
import { baseName } from "../../core/path_parts.ts";
import type { Json } from "../../core/plugin.ts";
import type { Bare } from "../bare.ts";

/** A round by its number. */
export interface NumberedRound {
  readonly round: number;
  readonly phase: string | null;
}

/** The round that a hook is about. */
export interface HookRound extends NumberedRound {
  /** Absolute path of the agent's output. */
  readonly logPath: string;
}

/** What every hook is told, with the names of the Python version. */
export function baseContext({ config }: Bare) {
  const { work_dir, log_dir, dry_run } = config.runtime;
  return { work_dir, log_dir, project: config.project, dry_run };
}

/** What a hook around a round is told. */
export function hookContext(supervision: Bare, { round, phase, logPath }: HookRound) {
  const { agent, monitor, vcs } = supervision.config;
  const [command = ""] = agent.command;
  return {
    ...baseContext(supervision),
    round_num: round,
    phase,
    agent_name: agent.name ?? command,
    agent_binary: baseName(command),
    agent_log_path: logPath,
    anomaly_repetitive_window: monitor.anomaly_repetitive_window,
    anomaly_repetitive_threshold: monitor.anomaly_repetitive_threshold,
    vcs: { dirty_action: vcs.dirty_action, stash_idempotency_s: vcs.stash_idempotency_s },
  } satisfies Json;
}

/** The configuration without what may be secret: the agent's variables have no values, other plugins no tables. */
export function projectConfig({ agent, plugins, ...others }: Config): Json {
  const env = Object.fromEntries(Object.keys(agent.env).map((name) => [name, "<redacted>"]));
  const { disable, hook_timeout_s } = plugins;
  return { ...others, agent: { ...agent, env }, plugins: { disable, hook_timeout_s } } as unknown as Json;
}
