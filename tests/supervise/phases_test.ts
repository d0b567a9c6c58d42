import assert from "node:assert/strict";
import { PROMPT, SimProject } from "./given.ts";

const PHASES = {
  phases: {
    list: ["plan", "build", "review"],
    build: { round_timeout_s: 300, prompt: { files: ["build.md"] } },
    review: { round_timeout_s: 60 },
  },
};

function phasesProject(): SimProject {
  const project = new SimProject(PHASES);
  project.sim.disk.put("/project/build.md", `Build! ${PROMPT}`);
  return project;
}

Deno.test("serve() goes through the phases in turn, each with its own limit and prompt", async () => {
  const project = phasesProject();
  const prompts: string[] = [];
  const contexts: unknown[] = [];
  const records: unknown[] = [];
  project.sim.agent = () => {
    prompts.push(project.sim.disk.text("/project/logs/round-prompt.txt") ?? "");
    contexts.push(project.json("round-context.json").phase);
    const { phase, timeout_s } = project.json("running-round.json");
    const { current_phase, phase_index } = project.json("status.json");
    records.push([phase, timeout_s, current_phase, phase_index]);
    return { exit: { afterMs: 50_000, code: 0 } };
  };
  assert.equal(await project.serve(4), 0);
  const names = ["plan", "build", "review", "plan"];
  assert.deepEqual(project.of("round_start").map(({ phase }) => phase), names);
  assert.deepEqual(project.of("agent_spawn").map(({ timeout_s }) => timeout_s), [1800, 300, 60, 1800]);
  assert.deepEqual(project.env("AGENT_RUNNER_PHASE"), names);
  assert.deepEqual(contexts, names);
  assert.deepEqual(prompts.map((text) => text.includes("Build! ")), [false, true, false, false]);
  assert.deepEqual(records, [
    ["plan", 1800, "plan", 0],
    ["build", 300, "build", 1],
    ["review", 60, "review", 2],
    ["plan", 1800, "plan", 0],
  ]);
  const { current_phase, phase_index, round_num } = project.json("status.json");
  assert.deepEqual([round_num, current_phase, phase_index], [4, "plan", 0]);
});

Deno.test("serve() ends a round at the limit of its phase", async () => {
  const project = phasesProject();
  project.sim.agent = () => ({ exit: { afterMs: 100_000, code: 0 } });
  assert.equal(await project.serve(3), 0);
  assert.deepEqual(project.of("agent_exit").map(({ timed_out }) => timed_out), [false, false, true]);
  assert.equal(project.of("round_timeout_kill")[0]?.reason, "exceeded round_timeout_s=60");
});

Deno.test("runSingleRound() runs the phase that was asked for and leaves the rotation alone", async () => {
  const project = phasesProject();
  assert.equal(await project.round("review"), 0);
  assert.deepEqual([project.json("status.json").current_phase, project.json("status.json").phase_index], [
    "review",
    2,
  ]);
  assert.equal(await project.round(), 0);
  assert.deepEqual(project.of("round_start").map(({ round_num, phase }) => [round_num, phase]), [
    [1, "review"],
    [2, "build"],
  ]);
});

Deno.test("runSingleRound() refuses a phase that there is not", async () => {
  const project = phasesProject();
  const refused = await project.round("biuld");
  assert.ok(typeof refused === "object" && refused.kind === "failure");
  assert.equal(refused.exitCode, 2);
  assert.match(refused.what, /Cannot run phase "biuld".*did you mean "build"/);
  const none = await new SimProject().round("build");
  assert.ok(typeof none === "object" && none.what.includes("there are no phases"));
  assert.deepEqual(project.events, []);
});

Deno.test("serve() tells every n-th agent to look with fresh eyes", async () => {
  const project = new SimProject({ runtime: { fresh_eyes_every_n: 2 } });
  assert.equal(await project.serve(3), 0);
  assert.deepEqual(project.env("AGENT_RUNNER_FRESH_EYES"), ["0", "1", "0"]);
  assert.deepEqual(
    project.of("fresh_eyes_round_triggered").map(({ round_num, every_n }) => [round_num, every_n]),
    [
      [2, 2],
    ],
  );
  const kinds = project.events.map(({ event }) => event);
  const at = kinds.indexOf("fresh_eyes_round_triggered");
  assert.deepEqual(kinds.slice(at - 1, at + 2), [
    "round_substrate_before",
    "fresh_eyes_round_triggered",
    "round_start",
  ]);
});
