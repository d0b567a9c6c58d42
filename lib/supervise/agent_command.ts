import type { Config } from "../core/config.ts";
import type { Host } from "../host.ts";

/** Where the agent's program was found, or what is wrong with it. */
export type AgentProgram =
  | { readonly kind: "found"; readonly path: string }
  | { readonly kind: "missing"; readonly why: string };

/** Looks the program up as the launcher will: on the PATH of the agent's own environment, relative names in `work_dir`. */
export function findAgent(host: Host, config: Config): AgentProgram {
  const [name = ""] = config.agent.command;
  if (name === "") return { kind: "missing", why: "agent.command is empty" };
  const candidates = name.includes("/") ? [absolute(name, config)] : onPath(host, name, config);
  let unusable: string | null = null;
  for (const path of candidates) {
    const stat = host.files.stat(path);
    if (stat?.isFile && stat.executable) return { kind: "found", path };
    if (stat !== null) unusable ??= path;
  }
  if (unusable !== null) return { kind: "missing", why: `'${unusable}' is not an executable file` };
  return { kind: "missing", why: `'${name}' not found${name.includes("/") ? "" : " on PATH"}` };
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

/** Variables of the service manager: an agent that has them could speak in the supervisor's name. */
const NOT_INHERITED = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/** The whole environment of the agent: inherited, the round's own variables, `[agent.env]` last. */
export function agentEnvironment(
  host: Host,
  config: Config,
  plan: { readonly round: number; readonly phase: string | null; readonly freshEyes: boolean },
): Readonly<Record<string, string>> {
  const inherited = Object.entries(host.env.all()).filter(([name]) => !NOT_INHERITED.includes(name));
  return {
    ...Object.fromEntries(inherited),
    AGENT_RUNNER_LOG_DIR: config.runtime.log_dir,
    AGENT_RUNNER_ROUND_NUM: String(plan.round),
    AGENT_RUNNER_PHASE: plan.phase ?? "",
    AGENT_RUNNER_FRESH_EYES: plan.freshEyes ? "1" : "0",
    ...config.agent.env,
  };
}

function onPath(host: Host, name: string, config: Config): readonly string[] {
  const path = config.agent.env.PATH ?? host.env.get("PATH") ?? "";
  return path.split(":").map((dir) => absolute(`${dir === "" ? "." : dir}/${name}`, config));
}

function absolute(path: string, config: Config): string {
  return path.startsWith("/") ? path : `${config.runtime.work_dir}/${path}`;
}
