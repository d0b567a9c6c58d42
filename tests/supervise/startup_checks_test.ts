import assert from "node:assert/strict";
import type { LoggedEvent } from "../../lib/core/events.ts";
import { isoOf } from "../../lib/core/instant.ts";
import { failedChecks } from "../../lib/supervise/startup_checks.ts";
import { layoutOf } from "../../lib/store/layout.ts";
import { HOUR_MS } from "../sim/fixtures.ts";
import { PROMPT, SimProject } from "./given.ts";

/** `name: reason` of each failed check. */
async function failures(project: SimProject): Promise<readonly string[]> {
  const { config, sim } = project;
  return await sim.run(async (host) => {
    const layout = layoutOf(config.runtime.log_dir);
    const failed = await failedChecks({ host, config, layout, treeRoot: "/project" }, null);
    return failed.map(({ name, reason }) => `${name}: ${reason}`);
  });
}

Deno.test("failedChecks() finds nothing in a project that is in order", async () => {
  assert.deepEqual(await failures(new SimProject()), []);
});

Deno.test("failedChecks() refuses an outer repository, when the one of the project has gone", async () => {
  const project = new SimProject();
  project.sim.disk.makeDir("/.git");
  assert.deepEqual(await failures(project), []);
  project.sim.files.rename("/project/.git", "/gone");
  assert.deepEqual(await failures(project), [
    "work_dir_is_git_repo: /project is no repository any more, and / around it is another one",
  ]);
});

Deno.test("failedChecks() looks at the prompt of every phase and names all problems at once", async () => {
  const own = (file: string) => ({ prompt: { files: [file] } });
  const list = ["plan", "build", "test", "review", "ship", "rest", "build"];
  const project = new SimProject({
    agent: { command: ["nobody"] },
    phases: {
      list,
      build: own("gone.md"),
      test: own("gone.md"),
      review: own("folder"),
      ship: own("empty.md"),
      rest: own("good.md"),
    },
  });
  const { disk } = project.sim;
  disk.makeDir("/project/folder");
  disk.put("/project/empty.md", "---\ntitle: x\n---\n");
  disk.put("/project/good.md", PROMPT);
  disk.put("/project/prompt.md", "short");
  assert.deepEqual(await failures(project), [
    "agent_cli_in_path: 'nobody' not found on PATH",
    "prompt_smoke_passes: phase plan: the prompt is 5 bytes, at least 500 are needed",
    "prompt_file_exists: phase build, test: /project/gone.md does not exist",
    "prompt_file_exists: phase review: /project/folder is no file",
    "prompt_smoke_passes: phase ship: the prompt is empty",
  ]);
  assert.equal(await project.serve(), 78);
  assert.equal(project.of("smoke_check_failed").length, 5);
  assert.match(
    project.of("config_broken")[0]?.reason ?? "",
    /phase plan.*phase build.*phase review.*phase ship/,
  );
  assert.deepEqual(project.sim.launches, []);
  assert.ok(
    project.notes.some((note) => note.startsWith("STARTUP FAIL: prompt_file_exists: phase review: ")),
  );
});

Deno.test("failedChecks() has nothing to say of a main prompt that every phase replaces", async () => {
  const project = new SimProject({
    phases: { list: ["plan"], plan: { prompt: { files: ["good.md"] } } },
  });
  project.sim.disk.put("/project/good.md", PROMPT);
  project.sim.disk.put("/project/prompt.md", "");
  assert.deepEqual(await failures(project), []);
});

Deno.test("failedChecks() is silent, when AGENT_RUNNER_SKIP_STARTUP_CHECK is set", async () => {
  const project = new SimProject();
  project.sim.disk.put("/project/prompt.md", "");
  assert.equal((await failures(project)).length, 1);
  project.sim.options.env.AGENT_RUNNER_SKIP_STARTUP_CHECK = "True";
  assert.deepEqual(await failures(project), []);
});

Deno.test("failedChecks() refuses a prompt that no argument can hold, and says what helps", async () => {
  const argv = { agent: { prompt_delivery: "argv", prompt_arg_template: ["-p", "{prompt}"] } };
  const project = new SimProject(argv);
  project.sim.disk.put("/project/prompt.md", "é".repeat(500_000));
  const [failure] = await failures(project);
  assert.match(
    failure ?? "",
    /^prompt_smoke_passes: the prompt is 1000000 bytes and an argument takes 131071/,
  );
  assert.match(failure ?? "", /set prompt_delivery = "stdin"/);
  project.sim.disk.put("/project/prompt.md", `${PROMPT}\0`);
  assert.match((await failures(project))[0] ?? "", /NUL byte/);
});

Deno.test("failedChecks() minds the first character, only where the prompt could be taken for a flag", async () => {
  const bare = { prompt: { inject_context: false } };
  const argv = { agent: { prompt_delivery: "argv", prompt_arg_template: ["{prompt}"] } };
  for (const [tables, found] of [[{ ...argv, ...bare }, 1], [argv, 0], [bare, 0]] as const) {
    const project = new SimProject(tables);
    project.sim.disk.put("/project/prompt.md", `-${PROMPT}`);
    assert.equal((await failures(project)).length, found, JSON.stringify(tables));
  }
});

/** Writes what an earlier supervisor has left in the log, a second before the start. */
function leave(project: SimProject, ...events: readonly Readonly<Record<string, unknown>>[]): void {
  const ts = isoOf(project.sim.clock.now() - 1000);
  const lines = events.map((event) => `${JSON.stringify({ ts, ...event })}\n`);
  project.sim.disk.put("/project/logs/events-2026-11.jsonl", lines.join(""));
}

/** A limit that the server has named, for five hours. */
function limitOf(project: SimProject) {
  return {
    event: "transient_error_detected",
    classification: "rate_limit_account",
    agent: "agent",
    reset_at_epoch: (project.sim.clock.now() + 5 * HOUR_MS) / 1000,
    reset_source: "server",
    round_num: 0,
    raw: "",
  };
}

/** Kinds since the last start, where they say what serve decided. */
function story({ events }: SimProject): readonly string[] {
  const start = events.findLastIndex(({ event }) => event === "serve_started");
  return events.slice(start).flatMap((event: LoggedEvent) => {
    if (event.event === "wait_started" || event.event === "serve_stopped") {
      return [`${event.event} ${event.rule}`];
    }
    return event.event === "smoke_check_failed" ? [event.event] : [];
  });
}

const BROKEN = { agent: { command: ["nobody"] }, prompt: { file: "gone.md" } };
const TOLD = ["smoke_check_failed", "smoke_check_failed", "serve_stopped config_broken"];

for (const action of ["back_off", "stop"]) {
  Deno.test(`serve makes the start-up checks at its start, also when a limit holds with ${action}`, async () => {
    const project = new SimProject({ ...BROKEN, runtime: { transient_error_action: action } });
    leave(project, limitOf(project));
    assert.equal(await project.serve(), 78);
    assert.deepEqual(story(project), TOLD);
    assert.match(
      project.of("config_broken")[0]!.reason,
      /'nobody' not found on PATH.*gone\.md does not exist/,
    );
    assert.ok(project.sim.t < 1000);
  });
}

Deno.test("serve makes the start-up checks once, where it may run a round at once", async () => {
  const project = new SimProject(BROKEN);
  assert.equal(await project.serve(), 78);
  assert.deepEqual(story(project), TOLD);
});

Deno.test("serve makes the start-up checks after the wait for having been started again at once, not before", async () => {
  const project = new SimProject(BROKEN);
  leave(project, limitOf(project), { event: "serve_stopped", rule: "config_broken", exit_code: 78 });
  assert.equal(await project.serve(), 78);
  assert.deepEqual(story(project), ["wait_started restart_guard", ...TOLD]);
  assert.ok(project.sim.t >= 60_000);
});

Deno.test("serve does not make the start-up checks again before a wait is over", async () => {
  const project = new SimProject();
  leave(project, limitOf(project));
  project.sim.at(HOUR_MS, () => project.sim.disk.put("/project/prompt.md", ""));
  assert.equal(await project.serve(), 78);
  assert.deepEqual(story(project), ["wait_started throttled", ...TOLD.slice(1)]);
  assert.ok(project.sim.t >= 5 * HOUR_MS);
});

/** An agent-runner.lock that nobody can open. */
function withBadLock(project: SimProject): SimProject {
  project.sim.disk.makeDir("/project/logs/agent-runner.lock");
  return project;
}

Deno.test("serve takes a round lock that nobody can open for a wrong set-up, and says so in the log", async () => {
  const project = withBadLock(new SimProject());
  assert.equal(await project.serve(), 78);
  assert.deepEqual(story(project), TOLD.slice(1));
  assert.match(
    project.of("config_broken")[0]!.reason,
    /^log_dir_writable: .*agent-runner\.lock: Is a directory/,
  );
});

Deno.test("serve leaves a round without a record open, where nobody can tell who holds the round lock", async () => {
  const project = withBadLock(new SimProject());
  leave(project, { event: "round_start", round_num: 1, phase: null });
  assert.equal(await project.serve(), 78);
  assert.deepEqual(story(project), TOLD.slice(1));
  assert.deepEqual(project.of("round_end"), []);
});

Deno.test("serve waits out a round lock that nobody can open, once it has run a round", async () => {
  const project = new SimProject();
  const { disk } = project.sim;
  project.sim.at(80_000, () => {
    disk.detach(disk.place("/project/logs/agent-runner.lock", false)!);
    withBadLock(project);
  });
  project.sim.at(200_000, () => disk.detach(disk.place("/project/logs/agent-runner.lock", false)!));
  assert.equal(await project.serve(2), 0);
  assert.ok(story(project).includes("wait_started log_unwritable"));
});

Deno.test("serve ends by a rule, when the log directory refuses from any moment of its first look on", async () => {
  for (let ms = 1; ms < 20; ms++) {
    const project = new SimProject();
    project.sim.at(ms, () => project.sim.disk.readOnlyUntil(ms + 5000));
    assert.equal(typeof await project.serve(1), "number", `read-only from t=${ms} on`);
  }
});
