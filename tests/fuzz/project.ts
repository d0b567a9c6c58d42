/**
 * A project of the fuzz's own: a work tree, the agent, its books and a log directory.
 *
 * @module
 */
import { layoutOf } from "../../lib/store/layout.ts";
import type { RunningRoundRecord } from "../../lib/store/running_round.ts";
import { type Prng, streamOf } from "../sim/prng.ts";
import { EventReader } from "./event_reader.ts";
import { type Journal, readJournal, readOr } from "./journal.ts";
import { type Program, Supervisor, wordsOf } from "./supervisor.ts";

/** What is drawn for a project. */
export interface Traits {
  readonly onRestart: "adopt" | "reap";
  readonly restartDelayS: number;
}

export interface Project {
  readonly dir: string;
  readonly logs: string;
  readonly state: string;
  readonly tree: string;
  readonly traits: Traits;
  readonly prng: Prng;
  readonly program: Program;
  readonly reader: EventReader;
  /** Pids of all supervisors so far. */
  readonly supervisors: number[];
  /** Rounds whose record was given the pid of the bystander. */
  readonly recycled: Set<number>;
  /** A process that is none of the project's business: leader of a session of its own. */
  readonly bystander: Deno.ChildProcess;
}

/** Makes project `index` of a run below `root`. */
export function makeProject(root: string, seed: number, index: number, program: Program): Project {
  const prng = streamOf(seed, `project ${index}`);
  const traits: Traits = {
    onRestart: prng.chance(0.25) ? "reap" : "adopt",
    restartDelayS: prng.chance(0.3) ? 1 : 0,
  };
  const dir = `${root}/p${index}`;
  const [logs, state, tree] = [`${dir}/logs`, `${dir}/state`, `${dir}/tree`];
  for (const folder of [dir, logs, state, tree]) Deno.mkdirSync(folder);
  Deno.writeTextFileSync(`${tree}/rounds.txt`, "");
  Deno.writeTextFileSync(
    `${dir}/prompt.md`,
    `${"Append the number of your round to rounds.txt. ".repeat(12)}\n`,
  );
  Deno.writeTextFileSync(`${dir}/agent-runner.toml`, configText(dir, traits, seed + index));
  for (
    const args of [
      ["init", "-q"],
      ["config", "gc.auto", "0"],
      ["config", "maintenance.auto", "false"],
      ["config", "user.name", "fuzz"],
      ["config", "user.email", "fuzz@localhost"],
      ["add", "."],
      ["commit", "-q", "-m", "begin"],
    ]
  ) git(tree, args);
  const bystander = new Deno.Command("sleep", {
    args: ["900"],
    detached: true,
    stdout: "null",
    stderr: "null",
  })
    .spawn();
  return {
    dir,
    logs,
    state,
    tree,
    traits,
    prng,
    program,
    reader: new EventReader(logs),
    supervisors: [],
    recycled: new Set(),
    bystander,
  };
}

export function start(project: Project, args: readonly string[], before: readonly string[] = []): Supervisor {
  const config = ["--config", `${project.dir}/agent-runner.toml`];
  const words = [...before, ...wordsOf(project.program, ["serve", "--json", ...config, ...args])];
  const supervisor = new Supervisor(words, project.dir, `${project.dir}/talk`);
  project.supervisors.push(supervisor.pid);
  return supervisor;
}

export function journalOf(project: Project): Journal {
  return readJournal(project.state);
}

/** The record of the running round, null where there is none. */
export function recordOf({ logs }: Project): RunningRoundRecord | null {
  const text = readOr(layoutOf(logs).runningRound, "");
  return text === "" ? null : JSON.parse(text);
}

/** Gives the recorded launcher's pid to the bystander, as the kernel does when pids come round. */
export function recyclePid(project: Project, record: RunningRoundRecord): void {
  const text = JSON.stringify({ ...record, pid: project.bystander.pid }, null, 2);
  Deno.writeTextFileSync(layoutOf(project.logs).runningRound, text);
  project.recycled.add(record.round);
}

/** Living processes of the project's rounds, launchers included, by their environment. */
export function livingOf({ logs }: Project): readonly number[] {
  const mark = `AGENT_RUNNER_LOG_DIR=${logs}\0`;
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) =>
    Number.isInteger(pid) && environmentOf(pid).includes(mark)
  );
}

/** Takes the project away. */
export async function removeProject(project: Project): Promise<void> {
  await endBystander(project);
  await Deno.remove(project.dir, { recursive: true });
}

export async function endBystander({ bystander }: Project): Promise<void> {
  try {
    bystander.kill("SIGKILL");
  } catch {
    // It was ended by somebody else, which is a finding of its own.
  }
  await bystander.status;
}

function configText(dir: string, { onRestart, restartDelayS }: Traits, seed: number): string {
  const agent = new URL("agent.sh", import.meta.url).pathname;
  return `[agent]
name = "fuzz"
command = [${JSON.stringify(agent)}]
prompt_arg_template = []
prompt_delivery = "stdin"
reader = "claude"

[agent.env]
FUZZ_STATE = "${dir}/state"
FUZZ_SEED = "${seed % 1_000_000}"

[runtime]
work_dir = "${dir}/tree"
log_dir = "${dir}/logs"
round_timeout_s = 30
restart_delay_s = ${restartDelayS}
kill_grace_s = 1
on_restart = "${onRestart}"
on_no_work = "ignore"
round_log_retention = 8
disk_min_free_mb = 0

[prompt]
file = "${dir}/prompt.md"

[vcs]
dirty_action = "ignore"
`;
}

function git(dir: string, args: readonly string[]): void {
  const { success, stderr } = new Deno.Command("git", { args: ["-C", dir, ...args] }).outputSync();
  if (!success) throw new Error(`git ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}

/** "" where it has gone, or is somebody else's. */
function environmentOf(pid: number): string {
  return readOrNothing(`/proc/${pid}/environ`);
}

function readOrNothing(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // Processes go away at any moment.
    return "";
  }
}
