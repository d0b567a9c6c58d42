import assert from "node:assert/strict";
import { exists } from "./exists.ts";
import { fakeAgent, letPass, Project, type Run, until } from "./project.ts";

/** A second signal counts from 200 ms after the first. */
const APART_MS = 300;

for (const name of ["SIGTERM", "SIGINT", "SIGUSR1"] as const) {
  Deno.test(`serve finishes the running round at the first ${name}, and ends`, async () => {
    await using project = await Project.with(fakeAgent("good=1"));
    const run = project.start(["serve"]);
    await run.event("agent_spawn");
    run.signal(name);
    await run.says(`${name}: stopping`);
    await run.until("its end, without a listening socket on the way", () => {
      assert.deepEqual(listeningSockets(run.pid), []);
      return run.hasEnded || null;
    });
    assert.equal((await run.ended).code, 0);
    assert.deepEqual(project.all("round_end").map(({ verdict }) => verdict), ["productive"]);
    assert.equal(project.only("serve_stopped").rule, "stop_asked");
    assert.equal(project.only("agent_exit").exit_code, 0);
  });
}

Deno.test("serve that was suspended over the limit of a round tells that its agent had ended by itself", async () => {
  await using project = await Project.with(fakeAgent("good=1"), { runtime: { round_timeout_s: 2 } });
  const { waitStatus } = project.layout;
  const run = project.start(["serve", "--once"]);
  await run.until("its agent", () => exists(`${waitStatus}.tmp`) || null);
  run.signal("SIGSTOP");
  await until("the agent's end", () => exists(waitStatus) || null);
  await letPass(2000);
  run.signal("SIGCONT");
  assert.equal((await run.ended).code, 0);
  assert.equal(project.only("agent_exit").ending, "exited");
  assert.equal(project.only("round_end").verdict, "productive");
});

Deno.test("stop is heard by a serve that is suspended, which status and why name", async () => {
  await using project = await Project.with(fakeAgent("good=0"), { runtime: { restart_delay_s: 3600 } });
  const run = project.start(["serve"]);
  await run.event("wait_started");
  run.signal("SIGSTOP");
  assert.match((await project.run(["status"])).out, new RegExp(`, suspended: kill -CONT ${run.pid}\n$`));
  assert.match(
    (await project.run(["why"])).out,
    new RegExp(`^The serve \\(pid ${run.pid}\\) is suspended, as by Ctrl-Z: `),
  );
  assert.match((await project.run(["stop"])).err, /: stopped \(/);
  assert.equal((await run.ended).code, 0);
  assert.equal(project.only("serve_stopped").rule, "stop_asked");
});

Deno.test("serve takes signals that come together as one", async () => {
  await using project = await Project.with(fakeAgent("good=1"));
  const run = project.start(["serve"]);
  await run.event("agent_spawn");
  for (const name of ["SIGTERM", "SIGINT", "SIGTERM"] as const) run.signal(name);
  const { code, err } = await run.ended;
  assert.equal(code, 0);
  assert.ok(!err.includes("again"), err);
  assert.equal(project.only("round_end").verdict, "productive");
});

Deno.test("serve ends the round at the second SIGTERM, and an agent that heeds it ends by itself", async () => {
  await using project = await Project.with(fakeAgent("hang"), { runtime: { kill_grace_s: 60 } });
  const run = await startedAgent(project);
  await stopTwice(run, "SIGTERM");
  assert.equal((await run.ended).code, 0);
  const { exit_code, ending } = project.only("agent_exit");
  assert.deepEqual([exit_code, ending], [143, "stopped"]);
  assert.equal(project.only("round_end").verdict, "interrupted");
  assert.deepEqual(project.processes(), []);
});

Deno.test("serve ends the round at the second SIGINT by KILL, where the agent ignores TERM", async () => {
  await using project = await Project.with(fakeAgent("ignores-term"), { runtime: { kill_grace_s: 1 } });
  const run = await startedAgent(project);
  await stopTwice(run, "SIGINT");
  const secondAt = performance.now();
  assert.equal((await run.ended).code, 0);
  assert.ok(performance.now() - secondAt >= 1000, "it got its grace");
  const { exit_code, ending, exit_cause } = project.only("agent_exit");
  assert.deepEqual([exit_code, ending, exit_cause], [-9, "stopped", "signal:SIGKILL"]);
  assert.equal(project.only("serve_stopped").rule, "stop_asked");
  assert.deepEqual(project.processes(), []);
});

Deno.test("round without a terminal ignores SIGHUP and says so", async () => {
  await using project = await Project.with(fakeAgent("good=1"));
  const run = project.start(["round"]);
  await run.event("agent_spawn");
  run.signal("SIGHUP");
  await run.says("SIGHUP ignored");
  assert.equal((await run.ended).code, 0);
  assert.equal(project.only("round_end").verdict, "productive");
});

for (const name of ["SIGTERM", "SIGUSR1"] as const) {
  Deno.test(`serve ends when ${name} comes in a wait of days`, async () => {
    await using project = await Project.with(fakeAgent("limit-weekly"));
    const run = project.start(["serve"]);
    await run.event("wait_started", ({ rule }) => rule === "throttled");
    run.signal(name);
    assert.equal((await run.ended).code, 0);
    assert.equal(project.only("serve_stopped").rule, "stop_asked");
  });
}

Deno.test("serve ends when the stop file appears in a wait, and keeps the file", async () => {
  await using project = await Project.with(fakeAgent("limit-weekly"), { runtime: { stop_file: "STOP" } });
  const run = project.start(["serve"]);
  await run.event("wait_started");
  await Deno.writeTextFile(`${project.workDir}/STOP`, "maintenance\n");
  assert.equal((await run.ended).code, 0);
  const { stop_file, content, rounds_completed } = project.only("stop_file_detected");
  assert.deepEqual([stop_file, content, rounds_completed], [
    `${project.workDir}/STOP`,
    "maintenance\n",
    1,
  ]);
  assert.deepEqual(project.status().round_num, 1);
  assert.equal(await Deno.readTextFile(`${project.workDir}/STOP`), "maintenance\n");
});

Deno.test("serve ends when the sentinel appears in a wait", async () => {
  await using project = await Project.with(fakeAgent("limit-weekly"));
  const run = project.start(["serve"]);
  await run.event("wait_started");
  await Deno.writeTextFile(project.layout.sentinel, "done by hand\n");
  assert.equal((await run.ended).code, 0);
  assert.equal(project.only("agent_self_terminated").reason, "done by hand\n");
});

/** Its first line shows that the agent has settled what SIGTERM does to it. */
async function startedAgent(project: Project): Promise<Run> {
  const run = project.start(["serve"]);
  await run.until("the agent's first line", () => {
    const running = project.all("agent_spawn").length > 0;
    return running && Deno.readTextFileSync(project.layout.currentLog).includes("\n") || null;
  });
  return run;
}

async function stopTwice(run: Run, name: Deno.Signal): Promise<void> {
  run.signal(name);
  await run.says(`${name}: stopping`);
  await letPass(APART_MS);
  run.signal(name);
  await run.says(`${name} again: ending the running round`);
}

/** Local addresses of the TCP sockets on which the process listens, as the kernel writes them. */
function listeningSockets(pid: number): readonly string[] {
  const inodes = openSockets(pid);
  const tables = ["tcp", "tcp6"].flatMap((name) => Deno.readTextFileSync(`/proc/net/${name}`).split("\n"));
  const rows = tables.map((row) => row.trim().split(/\s+/));
  const LISTEN = "0A";
  return rows.filter((row) => row[3] === LISTEN && inodes.has(row[9] ?? "")).map((row) => row[1] ?? "");
}

function openSockets(pid: number): ReadonlySet<string> {
  const inodes = new Set<string>();
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(Deno.readLinkSync(`/proc/${pid}/fd/${name}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  } catch (error) {
    // The process, or one of its descriptors, has just gone.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return inodes;
}
