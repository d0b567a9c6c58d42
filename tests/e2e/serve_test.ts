import assert from "node:assert/strict";
import { epochOf, fakeAgent, Project, type Tables } from "./project.ts";

/** By default the agent of a dead supervisor goes on, which one that hangs does for half an hour. */
const REAPING: Tables = { runtime: { on_restart: "reap" } };

Deno.test("serve --once runs one round and tells of it on standard output", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  const { code, out, err } = await project.run(["serve", "--once"]);
  assert.equal(code, 0, err);
  assert.deepEqual(project.kinds(), [
    "serve_started",
    "round_substrate_before",
    "round_start",
    "agent_spawn",
    "agent_exit",
    "round_end",
    "agent_usage_recorded",
    "round_substrate_after",
    "serve_stopped",
  ]);
  assert.equal(out.trimEnd().split("\n").length, 9, out);
  assert.match(out, /round 1 over: productive/);
  assert.ok(!(out + err).includes("\x1b"), "a live line without a terminal");
  assert.match(err, /^the claude reader watches the agent \(by agent\.reader\)$/m);
  const { round_num, running, last_exit_code } = project.status();
  assert.deepEqual([round_num, running, last_exit_code], [1, false, 0]);
  assert.deepEqual(project.processes(), []);
});

Deno.test("serve --max-rounds 2 --json runs two rounds and prints just what it logs", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  const { code, out } = await project.run(["serve", "--max-rounds", "2", "--json"]);
  assert.equal(code, 0);
  const { rounds_completed, max_rounds } = project.only("max_rounds_reached");
  assert.deepEqual([rounds_completed, max_rounds], [2, 2]);
  assert.deepEqual(project.all("round_end").map((one) => [one.round_num, one.verdict]), [
    [1, "productive"],
    [2, "productive"],
  ]);
  assert.deepEqual(out.trimEnd().split("\n").map((line) => JSON.parse(line)), project.events());
});

Deno.test("serve waits for a limit as long as the server says, and lets a failing server be for a moment", async () => {
  await using project = await Project.with(fakeAgent("limit-5h=2", "overloaded", "good=0"), {
    throttle: { api_transient_5xx_base_s: 1 },
  });
  const { code, err } = await project.run(["serve", "--max-rounds", "3"]);
  assert.equal(code, 0, err);
  const [limit, overload] = project.all("transient_error_detected");
  assert.deepEqual([limit?.classification, limit?.reset_source], ["rate_limit_account", "server"]);
  assert.deepEqual([overload?.classification, overload?.reset_source], ["api_transient_5xx", "estimate"]);
  const [, second, third] = project.all("round_start").map(epochOf);
  assert.ok((second ?? 0) >= (limit?.reset_at_epoch ?? Infinity));
  assert.ok((third ?? 0) >= epochOf(overload!) + 1);
  assert.ok(!err.includes("shorter than a real service allows"), err);
  assert.ok(project.kinds().includes("transient_error_recovered"));
});

Deno.test("serve ends an agent that lingers after its result, and the round is worth what it was", async () => {
  await using project = await Project.with(fakeAgent("lingers-after-result"), {
    runtime: { max_grace_after_result_s: 1 },
  });
  assert.equal((await project.run(["serve", "--once"])).code, 0);
  const { timed_out, ending, exit_cause } = project.only("agent_exit");
  assert.deepEqual([timed_out, ending, exit_cause], [true, "idle_after_result", "timeout"]);
  assert.equal(project.only("round_grace_kill").grace_s, 1);
  assert.equal(project.only("round_end").verdict, "productive");
  assert.deepEqual(project.processes(), []);
});

Deno.test("serve ends an agent that takes longer than it may, by KILL where TERM does not help", async () => {
  await using project = await Project.with(fakeAgent("ignores-term"), { runtime: { round_timeout_s: 2 } });
  assert.equal((await project.run(["serve", "--once"])).code, 0);
  const { exit_code, timed_out, ending } = project.only("agent_exit");
  assert.deepEqual([exit_code, timed_out, ending], [-9, true, "timed_out"]);
  assert.equal(project.only("round_timeout_kill").reason, "exceeded round_timeout_s=2");
  assert.equal(project.only("round_end").verdict, "timed_out");
  assert.deepEqual(project.processes(), []);
});

Deno.test("serve ends what an agent leaves behind, and names it", async () => {
  await using project = await Project.with(fakeAgent("leaves-child"));
  assert.equal((await project.run(["serve", "--once"])).code, 0);
  const { ended, left } = project.only("round_leftovers");
  assert.deepEqual([ended.map(({ name }) => name), left], [["sleep"], []]);
  assert.equal(project.only("round_end").verdict, "productive");
  assert.deepEqual(project.processes(), []);
});

Deno.test("serve gives up after five crashes in a row, and does not start again at once", async () => {
  await using project = await Project.with(fakeAgent("crash"));
  assert.equal((await project.run(["serve"])).code, 70);
  const { consecutive, exit_code, reason } = project.only("crash_loop");
  assert.deepEqual([consecutive, exit_code], [5, 1]);
  assert.match(reason, /TypeError: Cannot read properties of undefined/);
  assert.deepEqual(project.kinds().slice(-2), ["crash_loop", "serve_stopped"]);
  assert.equal(project.all("round_start").length, 5);

  const again = project.start(["serve"]);
  const { rule, until_epoch } = await again.event("wait_started", (one) => one.rule !== "restart_delay");
  const stop = project.only("serve_stopped");
  assert.ok(rule === "restart_guard" && until_epoch >= epochOf(stop) + 60);
  again.signal("SIGTERM");
  assert.equal((await again.ended).code, 0);
  assert.equal(project.all("round_start").length, 5);
});

Deno.test("serve stops with 69 at a limit, or goes on regardless, as transient_error_action says", async () => {
  const withAction = (transient_error_action: string) =>
    Project.with(fakeAgent("limit-weekly", "good=0"), { runtime: { transient_error_action } });
  await using stopping = await withAction("stop");
  assert.equal((await stopping.run(["serve"])).code, 69);
  assert.deepEqual(stopping.all("round_end").map(({ verdict }) => verdict), ["limited"]);
  assert.equal(stopping.only("agent_self_terminated").reason, "rate_limit");
  const { rule, exit_code } = stopping.only("serve_stopped");
  assert.deepEqual([rule, exit_code], ["throttled", 69]);
  await using skipping = await withAction("skip");
  assert.equal((await skipping.run(["serve", "--max-rounds", "2"])).code, 0);
  assert.deepEqual(skipping.all("round_end").map(({ verdict }) => verdict), ["limited", "productive"]);
});

Deno.test("serve gives up when the login was refused three times in a row", async () => {
  await using project = await Project.with(fakeAgent("auth"));
  assert.equal((await project.run(["serve"])).code, 77);
  assert.deepEqual(project.all("round_end").map(({ refusal }) => refusal), ["auth", "auth", "auth"]);
  const { rule, exit_code } = project.only("serve_stopped");
  assert.deepEqual([rule, exit_code], ["refused", 77]);
});

Deno.test("serve slows down after five rounds that did nothing", async () => {
  await using project = await Project.with(fakeAgent("no-work"));
  const run = project.start(["serve"]);
  const { until_epoch } = await run.event("wait_started", ({ rule }) => rule === "no_work");
  const { consecutive, pause_s } = project.only("no_work_slowdown");
  assert.deepEqual([consecutive, pause_s], [5, 2]);
  const sixth = await run.event("round_start", ({ round_num }) => round_num === 6);
  assert.ok(epochOf(sixth) >= until_epoch);
  run.signal("SIGTERM");
  assert.equal((await run.ended).code, 0);
});

Deno.test("serve does not take its own logs for work, when they lie in the work tree and git is not told to ignore them", async () => {
  const tables: Tables = { runtime: { on_no_work: "stop" } };
  await using project = await Project.make((project) => project.toml(["true"], tables), "site/logs");
  assert.equal((await project.run(["serve", "--max-rounds", "6"])).code, 70);
  assert.deepEqual(
    project.all("round_end").map(({ verdict, files_changed }) => [verdict, files_changed]),
    Array(5).fill(["no_work", 0]),
  );
});

for (const action of ["stop", "ignore"] as const) {
  Deno.test(`serve does what on_no_work = "${action}" says`, async () => {
    const tables: Tables = { runtime: { on_no_work: action } };
    await using project = await Project.with(fakeAgent("no-work"), tables);
    const { code } = await project.run(["serve", "--max-rounds", "6"]);
    assert.deepEqual([code, project.all("round_end").length], action === "stop" ? [70, 5] : [0, 6]);
    assert.deepEqual(project.all("no_work_slowdown"), []);
  });
}

Deno.test("serve stops when the agent says that it is done, and starts again later", async () => {
  await using project = await Project.with(fakeAgent("done=0", "good=0"));
  assert.equal((await project.run(["serve"])).code, 0);
  assert.match(project.only("agent_self_terminated").reason, /nothing is left to do/);
  const { code, err } = await project.run(["serve", "--once"]);
  assert.equal(code, 0);
  assert.match(err, /\.agent-done from an earlier run removed/);
  assert.deepEqual(project.all("round_end").map(({ round_num }) => round_num), [1, 2]);
});

Deno.test("serve after a killed serve ends the agent, closes its round and goes on with the next number", async () => {
  await using project = await Project.with(fakeAgent("hang", "good=0"), REAPING);
  const killed = project.start(["serve"]);
  await killed.until("the agent's output", () => sizeOf(project.layout.currentLog) > 0 || null);
  killed.signal("SIGKILL");
  await killed.ended;
  assert.notDeepEqual(project.processes(), [], "the agent outlives its supervisor");
  assert.equal(project.status().running, true);

  assert.equal((await project.run(["serve", "--once"])).code, 0);
  assert.deepEqual(project.processes(), []);
  const { round_num, by } = project.only("round_interrupted");
  assert.deepEqual([round_num, by], [1, "reap"]);
  assert.deepEqual(project.all("round_end").map((one) => [one.round_num, one.verdict]), [
    [1, "interrupted"],
    [2, "productive"],
  ]);
});

Deno.test("serve after a killed serve heeds the sentinel that the agent had left", async () => {
  await using project = await Project.with(fakeAgent("hang"), REAPING);
  const killed = project.start(["serve"]);
  await killed.until("the agent's output", () => sizeOf(project.layout.currentLog) > 0 || null);
  await Deno.writeTextFile(project.layout.sentinel, "finished\n");
  killed.signal("SIGKILL");
  await killed.ended;

  assert.equal((await project.run(["serve"])).code, 0);
  assert.equal(project.only("agent_self_terminated").reason, "finished\n");
  assert.equal(project.all("round_start").length, 1);
  assert.deepEqual(project.processes(), []);
});

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
