import assert from "node:assert/strict";
import { givenHooks, ROUND_MS, story } from "./given_hooks.ts";

Deno.test("serve() hands each event to its programs as it is logged, one at a time and in order", async () => {
  let running = 0;
  const { project, started } = givenHooks(
    [{ on: "event:round_end", run: ["slow"], timeout_s: 9_000 }, { on: "event:round_start", run: ["start"] }],
    {
      slow: ({ sim }) => {
        assert.equal(running++, 0);
        sim.at(sim.t + 2 * ROUND_MS, () => running--);
        return { exit: { afterMs: 2 * ROUND_MS, code: 0 } };
      },
    },
    { phases: { list: ["plan", "work"] } },
  );
  await project.serve(3);
  const told = started.filter(({ name }) => name === "slow");
  assert.deepEqual(told.map(({ input }) => input), project.of("round_end"));
  assert.ok(told.every(({ inputText }) => inputText.indexOf("\n") === inputText.length - 1));
  assert.deepEqual(told.map(({ spec: { env } }) => env["AGENT_RUNNER_PHASE"]), ["plan", "work", "plan"]);
  assert.deepEqual(
    started.filter(({ name }) => name === "start").map(({ spec: { env } }) => [
      env["AGENT_RUNNER_ROUND_NUM"],
      env["AGENT_RUNNER_PHASE"],
      env["AGENT_RUNNER_HOOK"],
    ]),
    [["1", "plan", "event:round_start"], ["2", "work", "event:round_start"], [
      "3",
      "plan",
      "event:round_start",
    ]],
  );
  assert.deepEqual(story(project, "serve_stopped", "hook_ran").slice(-2), ["hook_ran slow", "hook_ran slow"]);
});

Deno.test("serve() lets no further round start before a blocking program for an event has ended", async () => {
  const { project } = givenHooks(
    [{ on: "event:round_end", run: ["slow"], blocking: true, timeout_s: 9_000 }],
    { slow: () => ({ exit: { afterMs: 2 * ROUND_MS, code: 0 } }) },
  );
  await project.serve(2);
  assert.deepEqual(story(project, "round_start", "hook_ran"), [
    "round_start",
    "hook_ran slow",
    "round_start",
    "hook_ran slow",
  ]);
});

Deno.test("serve() does not call a program for what it has itself caused, when it fails", async () => {
  const { project, started } = givenHooks(
    [{ on: "event:hook_failed", run: ["told"] }, { on: "post_round", run: ["after"] }],
    {
      told: () => ({ exit: { afterMs: 1, code: 1 } }),
      after: () => ({ exit: { afterMs: 1, code: 4 } }),
    },
  );
  await project.serve(1);
  assert.deepEqual(started.map(({ name }) => name), ["after", "told"]);
  assert.deepEqual(
    project.of("hook_failed").map(({ hook_name, hook_kind, error_message }) =>
      `${hook_name} ${hook_kind}: ${error_message}`
    ),
    ["after post_round: it exited with 4", "told event:hook_failed: it exited with 1"],
  );
});

Deno.test("serve() lets the program for serve_stopped run to its end", async () => {
  const { project, started } = givenHooks(
    [{ on: "event:serve_stopped", run: ["bye"] }],
    { bye: () => ({ exit: { afterMs: 20_000, code: 0 } }) },
  );
  await project.serve(1);
  assert.equal(started[0]!.input.event, "serve_stopped");
  assert.deepEqual(project.events.slice(-2).map(({ event }) => event), ["serve_stopped", "hook_ran"]);
  assert.ok(project.of("hook_ran")[0]!.duration_s >= 20);
});

Deno.test("serve() says once that a program is too far behind, and tells it of no more than 100 events", async () => {
  const { project, started } = givenHooks(
    [{ on: "event:round_progress", run: ["slow"], timeout_s: 99_999_999 }],
    { slow: ({ sim }) => ({ exit: { afterMs: Math.max(1, 20_000_000 - sim.t), code: 0 } }) },
    { monitor: { round_progress_interval_s: 1 } },
  );
  await project.serve(3);
  assert.ok(project.of("round_progress").length > 200);
  assert.equal(started.length, 100);
  assert.deepEqual(
    project.of("hook_failed").map(({ error_type, error_message }) => [error_type, error_message]),
    [
      ["QueueError", "100 events wait for it; more are passed over"],
    ],
  );
});
