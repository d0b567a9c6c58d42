import assert from "node:assert/strict";
import { systemHost } from "../../lib/sys/mod.ts";
import { ROOT } from "../rules/tree.ts";
import {
  agent,
  DONE,
  eventually,
  isAlive,
  kill,
  type LogLine,
  type Project,
  secondsBetween,
  withProject,
} from "./small_project.ts";

/** What a round with one of the agents has to come to. */
interface Habit {
  /** Completes "an agent that …". */
  readonly name: string;
  readonly command: readonly string[];
  readonly agent?: Readonly<Record<string, unknown>>;
  readonly runtime?: Readonly<Record<string, unknown>>;
  /** `agent_exit.ending` and, where it says more, the exit code. */
  readonly ending: string;
  readonly code?: number;
  /** Looks at what is different from habit to habit; by default nothing had to be ended that could not be. */
  readonly check?: (round: Round) => void | Promise<void>;
}

interface Round {
  readonly project: Project;
  readonly hasCgroup: boolean;
  /** Pid of the supervisor. */
  readonly pid: number;
  /** Of `round_leftovers`, empty where there was nothing to say. */
  readonly ended: readonly Leftover[];
  readonly left: readonly Leftover[];
}

interface Leftover {
  readonly name: string;
  readonly pid: number;
  readonly escaped: string;
}

const onLinux = Deno.build.os === "linux";

/** Folder of the rounds' cgroups, null where this machine has none. */
const { root } = systemHost().cgroups;

/** Largest time after the limit, as promised: the grace (here 1 s) + 5 s, and without a cgroup 10 s more. */
const WITHIN_S = { cgroup: 1 + 5, marker: 1 + 5 + 10 };

const TIMED_OUT = { ending: "timed_out", runtime: { round_timeout_s: 2 } };

const HABITS: readonly Habit[] = [
  { name: "ignores TERM", command: agent("ignores_term.sh"), ...TIMED_OUT },
  {
    name: "forks and exits",
    command: agent("forks_and_exits.sh"),
    ending: "exited",
    check: ({ ended }) => assert.deepEqual(ended.map(({ escaped }) => escaped), ["in_group"]),
  },
  {
    name: "leaves a daemon in a session of its own",
    command: agent("double_fork.py"),
    ending: "exited",
    check: ({ ended }) => assert.deepEqual(ended.map(({ escaped }) => escaped), ["own_session"]),
  },
  {
    name: "leaves a process without its environment (only a cgroup finds it)",
    command: [...agent("scrubs_environment.py"), "TOKEN"],
    ending: "exited",
    check: scrubbed,
  },
  {
    name: "leaves a process that goes on writing to the log",
    command: agent("holds_log.sh"),
    ending: "exited",
    check: logIsSilent,
  },
  {
    name: "prints 4 MB without a newline",
    command: agent("long_line.py"),
    agent: { reader: "claude" },
    runtime: { max_grace_after_result_s: 1, round_timeout_s: 20 },
    ending: "idle_after_result",
  },
  { name: "starts 200 processes", command: agent("fork_storm.py"), ...TIMED_OUT },
  {
    name: "forks and exits for ever",
    command: [...agent("fork_forever.py"), "stays"],
    ...TIMED_OUT,
  },
  {
    name: "leaves processes that fork and exit for ever",
    command: [...agent("fork_forever.py"), "exits"],
    ending: "exited",
    check: ({ ended }) => assert.ok(ended.length > 0, "the census says nothing"),
  },
  {
    name: "removes its work folder",
    command: agent("removes_work_dir.sh"),
    ending: "exited",
    check: ({ project }) => assert.equal(project.output(), "gone\n"),
  },
  {
    name: "sends TERM to its own group",
    command: [...agent("kills_group.sh"), "TERM"],
    ending: "signalled",
    code: -15,
  },
  {
    name: "kills its own group, launcher included",
    command: [...agent("kills_group.sh"), "KILL"],
    ending: "lost",
  },
  { name: "stops itself", command: agent("stops_itself.sh"), ...TIMED_OUT },
  { name: "stops its launcher too", command: [...agent("stops_itself.sh"), "group"], ...TIMED_OUT },
  { name: "never asks for its dead children", command: agent("zombie_parent.py"), ...TIMED_OUT },
  { name: "exits with 143 by itself", command: [...agent("exits.sh"), "143"], ending: "exited", code: 143 },
  { name: "exits with 137 by itself", command: [...agent("exits.sh"), "137"], ending: "exited", code: 137 },
  { name: "dies of TERM", command: [...agent("dies.sh"), "TERM"], ending: "signalled", code: -15 },
  { name: "dies of KILL", command: [...agent("dies.sh"), "KILL"], ending: "signalled", code: -9 },
  {
    name: "leaves git's maintenance, which is waited for",
    command: agent("leaves_maintenance.py"),
    ending: "exited",
    check: ({ project, ended }) => {
      assert.deepEqual(ended, []);
      assert.ok(secondsBetween(project.of("agent_spawn")[0], project.of("round_end")[0]) > 1.5);
    },
  },
  {
    name: "leaves a server, which is ended",
    command: agent("dev_server.py"),
    ending: "exited",
    check: ({ ended }) => assert.deepEqual(ended.map(({ escaped }) => escaped), ["own_session"]),
  },
  {
    name: "leaves a server that is only to be reported",
    command: agent("dev_server.py"),
    runtime: { leftovers: "report" },
    ending: "exited",
    check: serverLives,
  },
  {
    name: "leaves a server that is to be ignored",
    command: agent("dev_server.py"),
    runtime: { leftovers_ignore: ["dev_server"] },
    ending: "exited",
    check: serverLives,
  },
];

for (const habit of HABITS) {
  Deno.test({
    name: `runRound() leaves nothing of an agent that ${habit.name}, with a cgroup and without one`,
    ignore: !onLinux,
    fn: async () => {
      await Promise.all((root === null ? [false] : [true, false]).map((hasCgroup) => play(habit, hasCgroup)));
    },
  });
}

Deno.test({
  name: "runRound() keeps supervisor and launcher from an agent that kills whatever names its prompt",
  // Only in a pid namespace of its own can such an agent do no harm to others.
  ignore: !onLinux || Deno.uid() !== 0,
  fn: async () => {
    const options = {
      command: agent("pkill_prompt.sh"),
      prompt: `Look for word-${crypto.randomUUID().slice(0, 8)}.`,
    };
    await withProject(options, async (project) => {
      const before = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
      const { code } = await project.run(["round"], { before });
      assert.equal(code, DONE);
      // 1 is what pkill says when nobody matched.
      assert.equal(project.output(), "pkill said 1\n");
      assert.equal(project.of("agent_exit")[0]?.ending, "exited");
    });
  },
});

async function play(habit: Habit, hasCgroup: boolean): Promise<void> {
  await withProject(habit, async (project) => {
    const entry = `${ROOT}${hasCgroup ? "main.ts" : "tests/e2e/without_cgroup.ts"}`;
    const running = project.start(["round"], { entry });
    const { code, stderr } = await running.ended;
    assert.equal(code, DONE, stderr);
    const [exit] = project.of("agent_exit");
    assert.equal(exit?.ending, habit.ending);
    if (habit.code !== undefined) assert.equal(exit?.exit_code, habit.code);
    inTime(project, habit, hasCgroup);
    const [census] = project.of("round_leftovers");
    const round = {
      project,
      hasCgroup,
      pid: running.pid,
      ended: (census?.ended ?? []) as Leftover[],
      left: (census?.left ?? []) as Leftover[],
    };
    await habit.check?.(round);
    assert.deepEqual(project.living(), [], "something of the round lives");
    for (const { pid } of round.ended) {
      assert.ok(!isAlive(pid), `${pid} lives and is said to have been ended`);
    }
    assert.ok(!existsRecord(project), "the round is still recorded as running");
    if (habit.check !== serverLives) {
      assert.deepEqual(round.left, []);
      if (hasCgroup) assert.deepEqual(groupsOf(running.pid), []);
    }
  });
}

function inTime(project: Project, { runtime, ending }: Habit, hasCgroup: boolean): void {
  const [spawned] = project.of("agent_spawn");
  const [ended] = project.of("round_end");
  const limitS = ending === "timed_out" ? Number(runtime?.round_timeout_s) : 0;
  if (ending === "idle_after_result") return;
  const tookS = secondsBetween(spawned, ended as LogLine);
  const withinS = limitS + WITHIN_S[hasCgroup ? "cgroup" : "marker"];
  assert.ok(tookS <= withinS, `took ${tookS} s, at most ${withinS} are promised`);
}

/** What has neither marker nor group is out of reach without a cgroup: the round cannot know of it, and says nothing. */
function scrubbed({ project, hasCgroup, ended }: Round): void {
  assert.deepEqual(
    ended.map(({ name, escaped }) => [name, escaped]),
    hasCgroup ? [["sleep", "no_marker"]] : [],
  );
  const escaped = project.living();
  assert.equal(escaped.length, hasCgroup ? 0 : 1);
  for (const pid of escaped) kill(pid, "SIGKILL");
}

/** What wrote to the log for ever is gone, so nobody writes there. */
function logIsSilent({ project, ended }: Round): void {
  assert.ok(
    ended.some(({ name, escaped }) => name === "sh" && escaped === "in_group"),
    JSON.stringify(ended),
  );
  assert.match(project.output(), /^done$/m);
  assert.deepEqual(project.living(), []);
}

async function serverLives({ project, hasCgroup, pid: supervisor, ended, left }: Round): Promise<void> {
  assert.deepEqual([ended, left.map(({ escaped }) => escaped)], [[], ["own_session"]]);
  assert.deepEqual(project.living(), left.map(({ pid }) => pid));
  const port = /^port (\d+)$/m.exec(project.output())?.[1];
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(answer.status, 200);
  await answer.body?.cancel();
  for (const { pid } of left) kill(pid, "SIGKILL");
  await eventually("the server is gone", () => !left.some(({ pid }) => isAlive(pid)));
  if (hasCgroup) { for (const name of groupsOf(supervisor)) Deno.removeSync(`${root}/${name}`); }
}

function existsRecord(project: Project): boolean {
  return [...Deno.readDirSync(project.logDir)].some(({ name }) => name === "running-round.json");
}

/** Cgroups of rounds that this supervisor made and that are still there. */
function groupsOf(pid: number): readonly string[] {
  return groups().filter((name) => name.includes(`-${pid}-`) && !EARLIER.includes(name));
}

function groups(): readonly string[] {
  const names = root === null ? [] : [...Deno.readDirSync(root)].map(({ name }) => name);
  return names.filter((name) => name.startsWith("agent-runner-"));
}

/** What killed supervisors have left on this machine, whose pids come again. */
const EARLIER = groups();
