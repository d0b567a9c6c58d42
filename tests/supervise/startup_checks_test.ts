import assert from "node:assert/strict";
import { failedChecks } from "../../lib/supervise/startup_checks.ts";
import { layoutOf } from "../../lib/store/layout.ts";
import { PROMPT, SimProject } from "./given.ts";

/** `name: reason` of each failed check. */
async function failures(project: SimProject): Promise<readonly string[]> {
  const { config, sim } = project;
  return await sim.run(async (host) => {
    const failed = await failedChecks(host, config, layoutOf(config.runtime.log_dir), null);
    return failed.map(({ name, reason }) => `${name}: ${reason}`);
  });
}

Deno.test("failedChecks() finds nothing in a project that is in order", async () => {
  assert.deepEqual(await failures(new SimProject()), []);
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
