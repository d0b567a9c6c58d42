import assert from "node:assert/strict";
import type { LoggedEvent } from "../../lib/core/events.ts";
import { PROMPT } from "./given.ts";
import { DONE, givenHooks, ROUND_MS, type Started, story } from "./given_hooks.ts";

Deno.test("serve() tells a pre_round program of the round, in the work folder, when one is declared", async () => {
  const { project, started } = givenHooks(
    [{ on: "pre_round", run: ["./bin/before.sh", "--now"] }, { on: "pre_round", run: ["notify"] }],
    {},
    { agent: { name: "worker" }, phases: { list: ["plan", "work"] } },
  );
  await project.serve(2);
  assert.deepEqual(started.map(({ name }) => name), ["before.sh", "notify", "before.sh", "notify"]);
  const [{ spec, input }] = started as [Started];
  assert.deepEqual(spec.argv, ["/project/bin/before.sh", "--now"]);
  assert.deepEqual(started[1]!.spec.argv, ["/usr/bin/notify"]);
  assert.equal(spec.cwd, "/project");
  assert.deepEqual(
    started.filter(({ name }) => name === "notify").map(({ spec: { env } }) => [
      env["AGENT_RUNNER_LOG_DIR"],
      env["AGENT_RUNNER_ROUND_NUM"],
      env["AGENT_RUNNER_PHASE"],
      env["AGENT_RUNNER_HOOK"],
    ]),
    [["/project/logs", "1", "plan", "pre_round"], ["/project/logs", "2", "work", "pre_round"]],
  );
  const { agent_log_path, ...told } = input;
  assert.match(String(agent_log_path), /^\/project\/logs\/rounds\/R1-/);
  assert.deepEqual(told, {
    on: "pre_round",
    work_dir: "/project",
    log_dir: "/project/logs",
    project: "project",
    dry_run: false,
    round_num: 1,
    phase: "plan",
    agent_name: "worker",
    agent_binary: "agent",
    anomaly_repetitive_window: 0,
    anomaly_repetitive_threshold: 0,
    vcs: { dirty_action: "stash", stash_idempotency_s: 5 },
  });
  assert.deepEqual(story(project, "hook_ran", "hook_failed", "round_start").slice(0, 3), [
    "hook_ran before.sh",
    "hook_ran notify",
    "round_start",
  ]);
});

Deno.test("serve() tells of every prompt file that a pre_round program changes and uses the new text", async () => {
  const { project, prompts } = givenHooks(
    [{ on: "pre_round", run: ["edit"] }, { on: "pre_round", run: ["fails"] }],
    {
      edit: ({ sim: { disk } }) => {
        disk.put("/project/plan.md", `changed. ${PROMPT}`);
        disk.put("/project/more.md", "more, changed");
        return DONE;
      },
      fails: ({ sim: { disk } }) => {
        disk.put("/project/more.md", "more, of a failed hook");
        return { exit: { afterMs: 1, code: 1 } };
      },
    },
    {
      prompt: { inject_context: false },
      phases: { list: ["plan"], plan: { prompt: { files: ["plan.md", "more.md", "same.md"] } } },
    },
  );
  for (const name of ["plan", "more", "same"]) project.sim.disk.put(`/project/${name}.md`, PROMPT);
  await project.serve(1);
  assert.deepEqual(
    project.of("prompt_overwritten").map(({ hook, prompt_path, phase }) => [hook, prompt_path, phase]),
    [["edit", "/project/plan.md", "plan"], ["edit", "/project/more.md", "plan"]],
  );
  for (const { old_hash, new_hash } of project.of("prompt_overwritten")) {
    assert.match(`${old_hash} ${new_hash}`, /^sha256:[0-9a-f]{64} sha256:[0-9a-f]{64}$/);
    assert.notEqual(old_hash, new_hash);
  }
  assert.match(prompts[0]!, /^changed\. .*more, of a failed hook/s);
});

Deno.test("serve() skips pre_round programs alone, for all or for a phase, when they are disabled", async () => {
  const hooks = [{ on: "pre_round", run: ["before"] }, { on: "post_round", run: ["after"] }];
  const all = givenHooks(hooks, {}, { runtime: { disable_pre_round_hooks: true } });
  await all.project.serve(1);
  assert.deepEqual(all.started.map(({ name }) => name), ["after"]);
  const one = givenHooks(hooks, {}, {
    phases: { list: ["plan", "work"], plan: { disable_pre_round_hooks: true } },
  });
  await one.project.serve(2);
  assert.deepEqual(one.started.map(({ name }) => name), ["after", "before", "after"]);
});

Deno.test("serve() runs no program that plugins.disable names", async () => {
  const { project, started } = givenHooks(
    [
      { on: "serve_startup", run: ["./bin/one.sh"] },
      { on: "post_round", run: ["./bin/one.sh"] },
      { on: "event:round_end", run: ["/opt/one.sh"] },
      { on: "post_round", run: ["two"] },
    ],
    {},
    { plugins: { disable: ["one.sh"] } },
  );
  await project.serve(1);
  assert.deepEqual(started.map(({ name }) => name), ["two"]);
});

Deno.test("serve() tells a post_round program how the round went, and waits for it", async () => {
  const { project, started } = givenHooks(
    [{ on: "post_round", run: ["after"] }],
    { after: () => ({ exit: { afterMs: 5_000, code: 0 } }) },
    { phases: { list: ["plan"] } },
  );
  await project.serve(2);
  const [{ spec, input }] = started as [Started];
  assert.equal(spec.env["AGENT_RUNNER_PHASE"], "plan");
  const { log_path, started_at, ended_at, duration_s, ...result } = input.result as Record<string, unknown>;
  assert.match(String(log_path), /^\/project\/logs\/rounds\/R1-/);
  assert.ok(Date.parse(String(ended_at)) - Date.parse(String(started_at)) >= ROUND_MS);
  assert.ok(Number(duration_s) >= ROUND_MS / 1000);
  assert.deepEqual(result, {
    round_num: 1,
    phase: "plan",
    exit_code: 0,
    timed_out: false,
    killed_for_grace: false,
    dirty_files: [],
    stashed: false,
    dirty_outcome: null,
    ending: { kind: "exited", code: 0 },
    verdict: project.of("round_end")[0]!.verdict,
  });
  assert.deepEqual(story(project, "round_start", "round_end", "hook_ran"), [
    "round_start",
    "round_end",
    "hook_ran after",
    "round_start",
    "round_end",
    "hook_ran after",
  ]);
  assert.deepEqual(project.of("hook_ran").map(({ exit_code, round_num }) => [exit_code, round_num]), [
    [0, 1],
    [
      0,
      2,
    ],
  ]);
  assert.ok(project.of("hook_ran").every(({ duration_s }) => duration_s >= 5 && duration_s < 6));
});

Deno.test("serve() goes on beside a post_round program with blocking = false, and waits for it at the end", async () => {
  const { project } = givenHooks(
    [{ on: "post_round", run: ["slow"], blocking: false, timeout_s: 9_000 }],
    { slow: () => ({ exit: { afterMs: 3 * ROUND_MS, code: 0 } }) },
  );
  assert.equal(await project.serve(2), 0);
  assert.deepEqual(story(project, "round_start", "serve_stopped", "hook_ran"), [
    "round_start",
    "round_start",
    "serve_stopped",
    "hook_ran slow",
    "hook_ran slow",
  ]);
  assert.deepEqual(project.sim.files.list("/project/logs/hooks"), []);
});

Deno.test("serve() starts nothing, when a serve_startup program fails", async () => {
  const { project, started } = givenHooks(
    [
      { on: "serve_startup", run: ["good"] },
      { on: "serve_startup", run: ["bad"] },
      { on: "serve_startup", run: ["never"] },
    ],
    {
      bad: () => ({
        lines: [{ afterMs: 1, text: "no disk: API_TOKEN=abcdefabcdef12345678" }],
        exit: { afterMs: 2, code: 3 },
      }),
    },
  );
  assert.equal(await project.serve(1), 1);
  assert.deepEqual(started.map(({ name }) => name), ["good", "bad"]);
  assert.equal(started[0]!.spec.env["AGENT_RUNNER_ROUND_NUM"], "");
  assert.deepEqual(started[0]!.input, {
    on: "serve_startup",
    work_dir: "/project",
    log_dir: "/project/logs",
    project: "project",
    dry_run: false,
  });
  const [{ hook, exc_type, exc_msg }] = project.of("serve_startup_hook_failed") as [
    LoggedEvent<"serve_startup_hook_failed">,
  ];
  assert.deepEqual([hook, exc_type, exc_msg], ["bad", "ExitError", "it exited with 3"]);
  assert.deepEqual(story(project, "serve_started", "round_start"), []);
  const said = project.notes.join("\n");
  assert.match(said, /serve_startup_hook bad failed: ExitError: it exited with 3\nno disk/);
  assert.doesNotMatch(said, /abcdefabcdef/);
});
