import type { Config } from "../core/config.ts";
import type { Host } from "../host.ts";
import { findProgram, type FoundProgram, inheritedEnvironment } from "./find_program.ts";

/** Looks the program up as the launcher will: on the PATH of the agent's own environment, relative names in `work_dir`. */
export function findAgent(host: Host, config: Config): FoundProgram {
  const [name = ""] = config.agent.command;
  if (name === "") return { kind: "missing", why: "agent.command is empty" };
  return findProgram(host, name, {
    folder: config.runtime.work_dir,
    path: config.agent.env.PATH ?? host.env.get("PATH") ?? "",
  });
}

/** The words of the agent's command line, with the prompt where the template asks for it. */
export function agentArguments(config: Config, prompt: string): readonly string[] {
  const { command, prompt_arg_template, prompt_delivery } = config.agent;
  if (prompt_delivery === "stdin") return [...command, ...prompt_arg_template];
  return [...command, ...prompt_arg_template.map((word) => word.replaceAll("{prompt}", () => prompt))];
}

/** Longest single argument that the kernel takes: 32 pages less the closing zero (Linux `MAX_ARG_STRLEN`). */
const ARGUMENT_MAX = 131_071;

/** Why the kernel would refuse these arguments, null when it takes them. */
export function argumentProblem(argv: readonly string[]): string | null {
  const encoder = new TextEncoder();
  for (const word of argv) {
    if (word.includes("\0")) return 'the prompt holds a NUL byte; set prompt_delivery = "stdin"';
    const bytes = word.length > ARGUMENT_MAX / 3 ? encoder.encode(word).length : word.length;
    if (bytes > ARGUMENT_MAX) {
      return `the prompt is ${bytes} bytes and an argument takes ${ARGUMENT_MAX}; set prompt_delivery = "stdin"`;
    }
  }
  return null;
}

/** The whole environment of the agent: inherited, the round's own variables, `[agent.env]` last. */
export function agentEnvironment(
  host: Host,
  config: Config,
  plan: { readonly round: number; readonly phase: string | null; readonly freshEyes: boolean },
): Readonly<Record<string, string>> {
  return {
    ...inheritedEnvironment(host),
    AGENT_RUNNER_LOG_DIR: config.runtime.log_dir,
    AGENT_RUNNER_ROUND_NUM: String(plan.round),
    AGENT_RUNNER_PHASE: plan.phase ?? "",
    AGENT_RUNNER_FRESH_EYES: plan.freshEyes ? "1" : "0",
    ...config.agent.env,
  };
}
