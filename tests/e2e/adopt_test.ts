import assert from "node:assert/strict";
import { systemHost } from "../../lib/sys/mod.ts";
import { ROOT } from "../rules/tree.ts";
import {
  agent,
  DONE,
  eventually,
  isAlive,
  kill,
  type Project,
  type ProjectOptions,
  type Running,
  secondsBetween,
  withProject,
} from "./small_project.ts";

/** A project, and how agent-runner is started in it. */
interface Stage {
  readonly project: Project;
  readonly entry: string;
}

const ignore = Deno.build.os !== "linux";

/** A serve that ends after the round that it takes over. */
const SERVE = ["serve", "--max-rounds", "1"];

const ENTRIES = [
  ...(systemHost().cgroups.root === null ? [] : [`${ROOT}main.ts`]),
  `${ROOT}tests/e2e/without_cgroup.ts`,
];

/** 20 tool calls in 2 s, then exit code 7. */
const WORKS: ProjectOptions = {
  command: [...agent("calls_tools.sh"), "20", "7"],
  agent: { reader: "claude" },
};

const SLEEPS = ["sh", "-c", "echo awake; sleep 60"];

adoptionTest(
  "serve adopts a round whose supervisor was killed, and reads every line once",
  WORKS,
  async (stage) => {
    const { project } = stage;
    await orphan(stage);
    await handOver(stage);
    assert.deepEqual(project.of("round_adopted").map(({ round_num }) => round_num), [1]);
    assertClosedOnce(project, { ending: "exited", code: 7 });
    assert.equal(project.of("agent_usage_recorded")[0]?.tool_call_count, 20);
    assert.deepEqual(project.output().match(/"t\d+"/g), Array.from({ length: 20 }, (_, i) => `"t${i + 1}"`));
  },
);

adoptionTest(
  "serve keeps the round lock away from others while an orphaned round runs",
  WORKS,
  async (stage) => {
    const { project } = stage;
    await orphan(stage);
    assert.equal(await isLockFree(project), false);
    kill(project.record().pid, "SIGKILL");
    await handOver(stage);
    assert.equal(await isLockFree(project), true);
  },
);

adoptionTest(
  "serve ends an adopted round at the limit that it started with",
  { command: SLEEPS, runtime: { round_timeout_s: 4 } },
  async (stage) => {
    const { project } = stage;
    await orphan(stage);
    const { deadline_boot_ms, started_boot_ms } = project.record();
    // Late enough for a limit that began anew to be told from the old one.
    await bootClockReaches(started_boot_ms + 2500);
    await handOver(stage, () => assert.equal(project.record().deadline_boot_ms, deadline_boot_ms));
    assertClosedOnce(project, { ending: "timed_out", code: -15 });
    const tookS = secondsBetween(project.of("agent_spawn")[0], project.of("agent_exit")[0]);
    assert.ok(tookS >= 3.9 && tookS < 6.4, `${tookS} s`);
  },
);

adoptionTest(
  "serve ends an adopted round at once, when its limit passed while nobody watched",
  { command: SLEEPS, runtime: { round_timeout_s: 1 } },
  async (stage) => {
    const { project } = stage;
    await orphan(stage);
    await bootClockReaches(project.record().deadline_boot_ms + 100);
    await handOver(stage);
    assertClosedOnce(project, { ending: "timed_out", code: -15 });
  },
);

adoptionTest(
  'serve ends a running round of a killed supervisor with on_restart = "reap"',
  { command: SLEEPS, runtime: { on_restart: "reap" } },
  async (stage) => {
    const { project } = stage;
    await orphan(stage);
    await handOver(stage);
    assert.deepEqual(project.of("round_interrupted").map(({ by }) => by), ["reap"]);
    assert.deepEqual(project.of("round_adopted"), []);
    assertClosedOnce(project, { ending: "interrupted", code: -15 });
  },
);

adoptionTest("serve follows an agent whose launcher was killed until it is gone", WORKS, async (stage) => {
  const { project } = stage;
  const serve = await begin(stage);
  kill(project.record().pid, "SIGKILL");
  assert.equal((await serve.ended).code, DONE);
  assertClosedOnce(project, { ending: "lost", code: -1 });
  assert.equal(project.of("agent_usage_recorded")[0]?.tool_call_count, 20);
});

adoptionTest("serve follows an adopted agent without a launcher until it is gone", WORKS, async (stage) => {
  const { project } = stage;
  await orphan(stage);
  kill(project.record().pid, "SIGKILL");
  await handOver(stage);
  assert.equal(project.of("round_adopted").length, 1);
  assertClosedOnce(project, { ending: "lost", code: -1 });
  assert.equal(project.of("agent_usage_recorded")[0]?.tool_call_count, 20);
});

adoptionTest(
  "serve closes a round as lost, when agent and launcher were killed with the supervisor",
  WORKS,
  async (stage) => {
    const { project } = stage;
    await orphan(stage);
    await killAgent(project);
    await handOver(stage);
    assert.deepEqual(project.of("round_adopted"), []);
    assertClosedOnce(project, { ending: "lost", code: -1 });
  },
);

adoptionTest(
  "serve records the true exit of an agent that ended before anyone looked",
  WORKS,
  async (stage) => {
    const { project } = stage;
    await orphan(stage);
    await eventually("the agent ends", () => project.living().length === 0);
    await handOver(stage);
    assertClosedOnce(project, { ending: "exited", code: 7 });
    assert.equal(project.of("agent_usage_recorded")[0]?.tool_call_count, 20);
  },
);

adoptionTest(
  "serve does not touch the process that has the launcher's pid now",
  { ...WORKS, runtime: { on_restart: "reap" } },
  async (stage) => {
    const { project } = stage;
    await orphan(stage);
    await killAgent(project);
    await using stranger = bystander({});
    change(project, { pid: stranger.pid, start_time: String(Number(stranger.startTime) - 1) });
    await handOver(stage);
    assert.ok(isAlive(stranger.pid), "a stranger was ended");
    assertClosedOnce(project, { ending: "lost", code: -1 });
  },
);

adoptionTest("serve signals nobody for a round of another boot", WORKS, async (stage) => {
  const { project } = stage;
  await orphan(stage);
  const { id } = project.record();
  await killAgent(project);
  await using stranger = bystander({ AGENT_RUNNER_ROUND_ID: id });
  const record = { pid: stranger.pid, start_time: stranger.startTime, boot_id: crypto.randomUUID() };
  change(project, record);
  await handOver(stage);
  assert.ok(isAlive(stranger.pid), "a stranger was ended");
  assert.deepEqual(project.of("round_interrupted").map(({ by }) => by), ["reboot"]);
  assert.equal(project.of("round_end").length, 1);
});

adoptionTest("serve takes a launcher that nobody reaps for dead", WORKS, async (stage) => {
  const { project, entry } = stage;
  project.start(SERVE, { entry, before: agent("reaps_nobody.py") });
  await eventually("the agent works", () => project.output().includes('"t3"'));
  kill(Number(project.read("serve.pid")), "SIGKILL");
  const { pid, start_time } = project.record();
  await eventually("the launcher is a zombie", () => !isAlive(pid));
  assert.equal(systemHost().processes.inspect(pid)?.startTime, start_time);
  await handOver(stage);
  assertClosedOnce(project, { ending: "exited", code: 7 });
});

for (const moment of ["launched", "recorded"]) {
  adoptionTest(
    `serve closes a round that never began, when its supervisor died with the launcher ${moment}`,
    WORKS,
    async (stage) => {
      const { project } = stage;
      await project.run(SERVE, { entry: `${ROOT}tests/e2e/dies_at_start.ts`, env: { DIES: moment } });
      await eventually("the launcher ends at its gate", () => project.living().length === 0);
      await handOver(stage);
      assert.equal(project.output(1), "", "the agent ran");
      assert.deepEqual(project.of("round_interrupted").map(({ round_num, by }) => [round_num, by]), [[
        1,
        "reap",
      ]]);
      const ends = project.of("round_end").filter(({ round_num }) => round_num === 1);
      assert.deepEqual(ends.map(({ verdict }) => verdict), ["interrupted"]);
    },
  );
}

/** Runs the test with a cgroup, where this machine has one, and without one at the same time. */
function adoptionTest(name: string, options: ProjectOptions, act: (stage: Stage) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    fn: async () => {
      await Promise.all(ENTRIES.map((entry) => withProject(options, (project) => act({ project, entry }))));
    },
  });
}

/** Starts serve and returns when its agent is at work. */
async function begin({ project, entry }: Stage): Promise<Running> {
  const serve = project.start(SERVE, { entry });
  await eventually("the agent works", () => /"t3"|awake/.test(project.output()));
  return serve;
}

/** A round that runs without its supervisor. */
async function orphan(stage: Stage): Promise<void> {
  const serve = await begin(stage);
  kill(serve.pid, "SIGKILL");
  await serve.ended;
}

/** The next serve: it takes the round up and, as the stop file is there, starts no other. */
async function handOver({ project, entry }: Stage, whileItRuns: () => void = () => {}): Promise<void> {
  Deno.writeTextFileSync(project.stopFile, "");
  const serve = project.start(["serve"], { entry });
  await eventually("the round is taken up", () => project.of("serve_started").length === 2);
  whileItRuns();
  const { code, stderr } = await serve.ended;
  assert.equal(code, DONE, stderr);
  assert.deepEqual(project.living(), [], "something of the round lives");
}

function assertClosedOnce(project: Project, { ending, code }: { ending: string; code: number }): void {
  const exits = project.of("agent_exit").map((exit) => [exit.ending, exit.exit_code]);
  assert.deepEqual(exits, [[ending, code]]);
  assert.deepEqual(project.of("round_start").map(({ round_num }) => round_num), [1]);
  assert.deepEqual(project.of("round_end").map(({ round_num }) => round_num), [1]);
}

async function killAgent(project: Project): Promise<void> {
  await eventually("the agent is gone", () => {
    const living = project.living();
    for (const pid of living) kill(pid, "SIGKILL");
    return living.length === 0;
  });
}

/** A process of somebody else, in a group of its own. */
function bystander(env: Readonly<Record<string, string>>) {
  const child = new Deno.Command("sleep", { args: ["60"], env, detached: true, stdout: "null" }).spawn();
  const startTime = systemHost().processes.inspect(child.pid)!.startTime;
  async function end(): Promise<void> {
    kill(child.pid, "SIGKILL");
    await child.status;
  }
  return { pid: child.pid, startTime, [Symbol.asyncDispose]: end };
}

/** Lets the record name another process. */
function change(project: Project, facts: object): void {
  const path = `${project.logDir}/running-round.json`;
  Deno.writeTextFileSync(path, JSON.stringify({ ...project.record(), ...facts }));
}

async function isLockFree({ logDir }: Project): Promise<boolean> {
  const args = ["-n", `${logDir}/agent-runner.lock`, "true"];
  return (await new Deno.Command("flock", { args }).output()).success;
}

async function bootClockReaches(ms: number): Promise<void> {
  const { clock } = systemHost();
  await clock.sleep(Math.max(0, ms - clock.boot().ms));
}
