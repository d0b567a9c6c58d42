import { PROGRAM, Project, Run, tomlTable } from "../e2e/project.ts";
import type { RunRecord } from "./record.ts";
import { readRecord } from "./read_record.ts";
import type { Scenario } from "./scenario.ts";

/** The longest that one run may take (ms): the Python version waits up to 30 s beyond a limit. */
const LIMIT_MS = 90_000;

/**
 * Puts the program that `words` start into a situation of its own, and notes what it made of it.
 * @param python the words that start the Python version
 */
export async function runSide(
  words: readonly string[],
  scenario: Scenario,
  python: readonly string[],
): Promise<RunRecord> {
  await using project = await Project.make(
    (project) => configOf(scenario, project).replaceAll("<dir>", project.dir),
    scenario.logDir,
  );
  await prepare(project, scenario, python);
  const args = scenario.args ?? ["serve", "--once"];
  const cwd = scenario.cwd === undefined ? project.workDir : `${project.dir}/${scenario.cwd}`;
  const [verb = "", ...rest] = args;
  const environment = { ...environmentOf(project), ...scenario.env };
  const run = new Run(project, [...words, verb, "--config", project.configPath, ...rest], cwd, environment);
  const timer = setTimeout(() => run.signal("SIGKILL"), LIMIT_MS);
  const { code } = await run.ended;
  clearTimeout(timer);
  return await readRecord(project, code);
}

function environmentOf(project: Project): Readonly<Record<string, string>> {
  return { ...project.environment(), PATH: `${project.dir}/bin:${project.environment().PATH}` };
}

function configOf({ binary = "agent", tables = {} }: Scenario, project: Project): string {
  const base: NonNullable<Scenario["tables"]> = {
    agent: { command: [`${project.dir}/bin/${binary}`], prompt_arg_template: ["-p", "{prompt}"] },
    runtime: { work_dir: ".", log_dir: project.layout.dir, restart_delay_s: 1, round_timeout_s: 60 },
    prompt: { file: "./prompts/main.md" },
    throttle: { jitter_min_s: 0, jitter_max_s: 0 },
  };
  const names = new Set([...Object.keys(base), ...Object.keys(tables)]);
  return [...names].map((name) => {
    const values = Object.entries({ ...base[name], ...tables[name] })
      .flatMap(([key, value]) => value === null ? [] : [[key, value] as const]);
    return tomlTable(name, Object.fromEntries(values));
  }).join("\n");
}

async function prepare(
  project: Project,
  { agent, binary = "agent", before = "" }: Scenario,
  python: readonly string[],
): Promise<void> {
  const folders = [`${project.dir}/bin`, `${project.dir}/seen`, project.layout.dir];
  for (const folder of folders) await Deno.mkdir(folder);
  const script = scriptOf(`${project.dir}/seen`, agent);
  await Deno.writeTextFile(`${project.dir}/bin/${binary}`, script, { mode: 0o755 });
  const { success, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-euc", `${starter("here", PROGRAM)}${starter("python", python)}${before}`],
    cwd: project.workDir,
    env: { ...environmentOf(project), LOG: project.layout.dir, CONFIG: project.configPath },
    clearEnv: true,
  }).output();
  if (!success) throw new Error(`Cannot prepare a project: ${new TextDecoder().decode(stderr)}`);
}

/** A function of the shell that starts a program with a verb and its options. */
function starter(name: string, words: readonly string[]): string {
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  return `${name}() { verb=$1; shift; ${quoted} "$verb" --config "$CONFIG" "$@"; }\n`;
}

/** Notes environment, arguments, folder and prompt of its n-th start in files that end in `n`, then does its work. */
function scriptOf(seen: string, agent: string): string {
  return `#!/bin/sh
set -- "$@"
n=$(ls '${seen}' | grep -c '^env')
cat /proc/$$/environ > '${seen}/env.'$n
if [ $# -gt 0 ]; then printf '%s\\0' "$@"; fi > '${seen}/args.'$n
pwd -P > '${seen}/cwd.'$n
cat > '${seen}/prompt.'$n
${agent}
`;
}
