import { Project, Run, tomlTable } from "../e2e/project.ts";
import type { RunRecord } from "./record.ts";
import { readRecord } from "./read_record.ts";
import type { Scenario } from "./scenario.ts";

/** The longest that one run may take (ms): the Python version waits up to 30 s beyond a limit. */
const LIMIT_MS = 90_000;

/** Puts the program that `words` start into a situation of its own, and notes what it made of it. */
export async function runSide(words: readonly string[], scenario: Scenario): Promise<RunRecord> {
  await using project = await Project.make(
    (project) => configOf(scenario, project).replaceAll("<dir>", project.dir),
    scenario.logDir,
  );
  await prepare(project, scenario);
  const args = scenario.args ?? ["serve", "--once"];
  const cwd = scenario.cwd === undefined ? project.workDir : `${project.dir}/${scenario.cwd}`;
  const [verb = "", ...rest] = args;
  const run = new Run(project, [...words, verb, "--config", project.configPath, ...rest], cwd, {
    ...project.environment(),
    PATH: `${project.dir}/bin:${project.environment().PATH}`,
    ...scenario.env,
  });
  const timer = setTimeout(() => run.signal("SIGKILL"), LIMIT_MS);
  const { code } = await run.ended;
  clearTimeout(timer);
  return await readRecord(project, code);
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

async function prepare(project: Project, { agent, binary = "agent", before = "" }: Scenario): Promise<void> {
  const folders = [`${project.dir}/bin`, `${project.dir}/seen`, project.layout.dir];
  for (const folder of folders) await Deno.mkdir(folder);
  const script = scriptOf(`${project.dir}/seen`, agent);
  await Deno.writeTextFile(`${project.dir}/bin/${binary}`, script, { mode: 0o755 });
  const { success, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-euc", before],
    cwd: project.workDir,
    env: { ...project.environment(), LOG: project.layout.dir },
    clearEnv: true,
  }).output();
  if (!success) throw new Error(`Cannot prepare a project: ${new TextDecoder().decode(stderr)}`);
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
