import assert from "node:assert/strict";
import {
  agent,
  DONE,
  eventually,
  isAlive,
  kill,
  KILLED,
  type Project,
  type ProjectOptions,
  secondsBetween,
  withProject,
} from "./small_project.ts";

const ignore = Deno.build.os !== "linux";

/** Rounds end at once, and the next one is an hour away. */
const WAITS: ProjectOptions = { command: agent("exits.sh"), args: ["0"], runtime: { restart_delay_s: 3600 } };

/** A round of 2 s. */
const WORKS: ProjectOptions = { command: [...agent("calls_tools.sh"), "20", "0"] };

/** A round of 5 s. */
const LONGER: ProjectOptions = { command: [...agent("calls_tools.sh"), "50", "0"] };

/** A round that only force ends. */
const STAYS: ProjectOptions = { command: agent("ignores_term.sh"), runtime: { round_timeout_s: 600 } };

stopTest("stop ends a serve that waits", WAITS, async (project) => {
  const serve = await waitingServe(project);
  const stop = await project.run(["stop"]);
  assert.equal(stop.code, DONE);
  assert.match(stop.stderr, /stopped \(/);
  assert.equal((await serve.ended).code, DONE);
  assert.deepEqual(project.of("serve_stopped").map(({ rule }) => rule), ["stop_asked"]);
});

const REQUESTS: readonly (readonly [what: string, rule: string, (project: Project, pid: number) => void])[] =
  [
    ["SIGTERM", "stop_asked", (_, pid) => kill(pid, "SIGTERM")],
    ["the stop file", "stop_file", ({ stopFile }) => Deno.writeTextFileSync(stopFile, "enough")],
    ["the sentinel", "sentinel", ({ logDir }) => Deno.writeTextFileSync(`${logDir}/.agent-done`, "all done")],
  ];

for (const [what, rule, request] of REQUESTS) {
  stopTest(`serve stops at ${what} while it waits`, WAITS, async (project) => {
    const serve = await waitingServe(project);
    request(project, serve.pid);
    assert.equal((await serve.ended).code, DONE);
    assert.deepEqual(project.of("serve_stopped").map((stopped) => stopped.rule), [rule]);
    assert.equal(project.of("round_start").length, 1);
  });
}

for (const flags of [[], ["--wait"]]) {
  stopTest(
    `stop ${flags.join(" ")} lets the running round finish and starts no other`,
    WORKS,
    async (project) => {
      const serve = await workingServe(project);
      const stop = await project.run(["stop", ...flags]);
      assert.equal(stop.code, DONE);
      assert.match(stop.stderr, /stopped \(/);
      assert.ok(!isAlive(serve.pid), "stop returned before the supervisor had gone");
      assert.deepEqual(endings(project), ["exited"]);
    },
  );
}

stopTest("stop lets the running round finish, also when it is asked again", LONGER, async (project) => {
  const serve = await workingServe(project);
  kill(serve.pid, "SIGTERM");
  const askedAt = performance.now();
  await eventually("time for a second request", () => performance.now() - askedAt > 300);
  const stop = await project.run(["stop", "--wait"]);
  assert.equal(stop.code, DONE, stop.stderr);
  assert.match((await serve.ended).stderr, /SIGTERM: stopping already; a running round is finished first/);
  assert.deepEqual(endings(project), ["exited"]);
});

stopTest("stop returns after 20 s with what still runs, and kill ends that", STAYS, async (project) => {
  const serve = await workingServe(project);
  const stop = await project.run(["stop"]);
  assert.equal(stop.code, DONE);
  assert.match(stop.stderr, /asked to stop; round 1 runs on, until .* at the latest .*--now ends it/);
  assert.ok(isAlive(serve.pid));
  assert.ok(project.living().length > 0);
  const killed = await project.run(["kill"]);
  assert.equal(killed.code, DONE, killed.stderr);
  assert.ok(!isAlive(serve.pid), "the supervisor lives");
  assert.deepEqual(project.living(), []);
  assert.equal((await serve.ended).code, KILLED);
  assert.deepEqual(endings(project), ["interrupted"]);
  assert.equal(project.of("round_end").length, 1);
  assert.deepEqual(project.of("serve_stopped").map(({ rule }) => rule), ["killed"]);
});

stopTest("stop --now ends the running round by the ladder", STAYS, async (project) => {
  const serve = await workingServe(project);
  const stop = await project.run(["stop", "--now"]);
  assert.equal(stop.code, DONE, stop.stderr);
  assert.ok(!isAlive(serve.pid), "stop returned before the supervisor had gone");
  assert.equal((await serve.ended).code, DONE);
  assert.deepEqual(endings(project), ["stopped"]);
  assert.deepEqual(project.of("agent_exit").map(({ exit_code }) => exit_code), [-9]);
  assert.deepEqual(project.living(), []);
});

stopTest(
  "serve ends the round at a second signal, not at two that arrive together",
  STAYS,
  async (project) => {
    const serve = await workingServe(project);
    kill(serve.pid, "SIGINT");
    kill(serve.pid, "SIGINT");
    const askedAt = performance.now();
    const status = await project.run(["status"]);
    assert.match(status.stdout, /^running, pid \d+, for .*, in round 1\n$/);
    await eventually("time for a second request", () => performance.now() - askedAt > 300);
    assert.deepEqual(endings(project), []);
    kill(serve.pid, "SIGINT");
    assert.equal((await serve.ended).code, DONE);
    assert.deepEqual(endings(project), ["stopped"]);
    assert.deepEqual(project.living(), []);
  },
);

stopTest("serve leaves no agent behind at Ctrl-C, pressed twice in its terminal", STAYS, async (project) => {
  const terminal = await workingServe(project, agent("in_terminal.py"));
  kill(terminal.pid, "SIGUSR1");
  const askedAt = performance.now();
  await eventually("time for a second request", () => performance.now() - askedAt > 300);
  assert.deepEqual(endings(project), []);
  kill(terminal.pid, "SIGUSR1");
  const { code, stdout } = await terminal.ended;
  assert.equal(code, DONE, stdout);
  assert.deepEqual(endings(project), ["stopped"]);
  assert.deepEqual(project.living(), []);
});

stopTest("serve finishes the round and stops when its terminal goes away", WORKS, async (project) => {
  const terminal = await workingServe(project, agent("in_terminal.py"));
  kill(terminal.pid, "SIGUSR2");
  const { code, stdout } = await terminal.ended;
  assert.equal(code, DONE, stdout);
  assert.deepEqual(endings(project), ["exited"]);
  assert.deepEqual(project.of("serve_stopped").map(({ rule }) => rule), ["stop_asked"]);
  assert.deepEqual(project.living(), []);
});

stopTest(
  "serve ends the round at two signals that arrive together with a request file",
  STAYS,
  async (project) => {
    const serve = await workingServe(project);
    Deno.writeTextFileSync(`${project.logDir}/stop-request.json`, '{"now": true}');
    kill(serve.pid, "SIGTERM");
    kill(serve.pid, "SIGTERM");
    assert.equal((await serve.ended).code, DONE);
    assert.deepEqual(endings(project), ["stopped"]);
    const took = secondsBetween(project.of("agent_spawn")[0], project.of("agent_exit")[0]);
    assert.ok(took < 20, `${took} s`);
  },
);

stopTest("stop, kill and status say so when nothing runs", WAITS, async (project) => {
  const [stop, killed, status] = await Promise.all(
    [["stop"], ["kill"], ["status"]].map((verb) => project.run(verb)),
  );
  assert.deepEqual([stop?.code, killed?.code, status?.code], [DONE, DONE, DONE]);
  assert.match(stop?.stderr ?? "", /nothing to stop/);
  assert.match(killed?.stderr ?? "", /nothing runs/);
  assert.equal(status?.stdout, "not running\n");
});

stopTest("stop names a round that has lost its supervisor, and kill ends it", STAYS, async (project) => {
  const serve = await workingServe(project);
  kill(serve.pid, "SIGKILL");
  await serve.ended;
  const stop = await project.run(["stop"]);
  assert.equal(stop.code, 1);
  assert.match(stop.stderr, /No serve runs, but round 1 still does[^]*hint: agent-runner kill/);
  const killed = await project.run(["kill"]);
  assert.match(killed.stderr, /round 1 ended/);
  assert.deepEqual(project.living(), []);
  assert.deepEqual(endings(project), ["interrupted"]);
});

function stopTest(name: string, options: ProjectOptions, act: (project: Project) => Promise<void>): void {
  Deno.test({ name, ignore, fn: () => withProject(options, act) });
}

async function waitingServe(project: Project) {
  const serve = project.start(["serve"]);
  await eventually("serve waits", () => project.of("wait_started").length > 0);
  return serve;
}

async function workingServe(project: Project, before: readonly string[] = []) {
  const serve = project.start(["serve"], { before });
  await eventually(
    "the agent runs",
    () => project.read("running-round.json") !== "" && project.living().length > 1,
  );
  return serve;
}

function endings(project: Project): readonly unknown[] {
  return project.of("agent_exit").map(({ ending }) => ending);
}
