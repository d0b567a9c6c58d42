import assert from "node:assert/strict";
import { PROMPT, SimProject } from "./given.ts";

/** The prompt that the agent of one round gets on its standard input. */
async function promptOf(project: SimProject): Promise<string> {
  assert.equal(await project.round(), 0);
  return project.sim.disk.text("/project/logs/round-prompt.txt") ?? "";
}

const BARE = { inject_context: false };

const AT = "2026-01-02T03:04:05.678Z";

Deno.test("runRound() hands a prompt of a megabyte over on standard input, context first", async () => {
  const project = new SimProject();
  const long = "Work on.\n".repeat(120_000);
  project.sim.disk.put("/project/prompt.md", long);
  const prompt = await promptOf(project);
  assert.match(prompt, /^```json round-context\n\{\n {2}"round_num": 1,\n {2}"started_at": "2026-/);
  assert.ok(prompt.endsWith(`\n}\n\`\`\`\n\n${long}`));
  assert.equal(project.of("agent_exit")[0]?.exit_code, 0);
});

Deno.test("runRound() replaces what is not UTF-8 and names the file", async () => {
  const project = new SimProject({ prompt: BARE });
  const bytes = new TextEncoder().encode(`${PROMPT}caf? au lait`);
  bytes[PROMPT.length + 3] = 0xe9;
  project.sim.disk.put("/project/prompt.md", bytes);
  assert.equal(await promptOf(project), `${PROMPT}caf\uFFFD au lait`);
  const note = "/project/prompt.md is not UTF-8: what cannot be read stands as \uFFFD in the prompt";
  assert.ok(project.notes.includes(note), project.notes.join("\n"));
  assert.equal(project.sim.disk.text("/project/logs/round-1.log"), `${note}\n`);
});

Deno.test("runRound() takes a replacement character that was meant as it is", async () => {
  const project = new SimProject({ prompt: BARE });
  project.sim.disk.put("/project/prompt.md", `${PROMPT}\uFFFD`);
  assert.equal(await promptOf(project), `${PROMPT}\uFFFD`);
  assert.deepEqual(project.notes.filter((note) => note.includes("UTF-8")), []);
});

Deno.test("runRound() joins the files, without the first one's front matter, and passes over a missing later one", async () => {
  const project = new SimProject({
    prompt: { ...BARE, file: undefined, files: ["a.md", "gone.md", "b.md"], concat_separator: "\n--\n" },
  });
  project.sim.disk.put("/project/a.md", `\uFEFF--- \ntitle: x\r\n---\t\r\n\n${PROMPT}`);
  project.sim.disk.put("/project/b.md", "---\nkept: yes\n---\nB\r");
  assert.equal(await promptOf(project), `${PROMPT}\n--\n---\nkept: yes\n---\nB\n`);
  assert.ok(project.notes.includes("prompt.files[1] left out: /project/gone.md does not exist"));
});

for (const mode of ["file", "none"]) {
  Deno.test(`runRound() keeps the context out of the prompt and in its file, when the mode is ${mode}`, async () => {
    const project = new SimProject({ prompt: { context_injection_mode: mode } });
    assert.equal(await promptOf(project), PROMPT);
    assert.equal(project.json("round-context.json").round_num, 1);
  });
}

Deno.test("runRound() puts the keys of the context in the Python version's order", async () => {
  const project = new SimProject({ phases: { list: ["plan", "build"] } });
  project.sim.agent = () => ({ edits: [{ afterMs: 5, path: "a" }], exit: { afterMs: 90_000, code: 3 } });
  await project.round();
  assert.deepEqual(Object.keys(project.json("round-context.json")), ["round_num", "started_at", "phase"]);
  await project.round();
  const { previous, ...context } = project.json("round-context.json");
  assert.deepEqual([context.round_num, context.phase], [2, "build"]);
  assert.deepEqual(Object.keys(previous as object).slice(0, 4), [
    "exit_code",
    "duration_s",
    "ended_at",
    "had_dirty_tree",
  ]);
  assert.equal((previous as Record<string, unknown>).had_dirty_tree, true);
});

Deno.test("runRound() says that the last round ran out of time, also when the Python version logged it", async () => {
  const previous = async (...log: readonly object[]) => {
    const project = new SimProject();
    const status = {
      round_num: 1,
      running: false,
      last_completed_at: AT,
      last_exit_code: -15,
      phase_index: 0,
    };
    project.sim.disk.put("/project/logs/status.json", JSON.stringify(status));
    const lines = log.map((event) => `${JSON.stringify({ ts: AT, ...event, round_num: 1 })}\n`);
    project.sim.disk.put("/project/logs/events-2026-01.jsonl", lines.join(""));
    await project.round();
    const { timed_out, exit_cause } = project.json("round-context.json").previous as Record<string, unknown>;
    return { timed_out, exit_cause };
  };
  const exit = {
    event: "agent_exit",
    exit_code: -15,
    duration_s: 60.1,
    timed_out: true,
    exit_cause: "timeout",
  };
  assert.deepEqual(await previous({ event: "round_start", phase: null }, exit, { event: "round_end" }), {
    timed_out: true,
    exit_cause: "timeout",
  });
  assert.deepEqual(await previous(), { timed_out: null, exit_cause: null });
});

Deno.test("runRound() gives the agent its variables, and [agent.env] last", async () => {
  const project = new SimProject({ agent: { env: { LANG: "de_DE.UTF-8", DISABLE_AUTOUPDATER: 1 } } });
  project.sim.options.env.AGENT_RUNNER_FRESH_EYES = "1";
  project.sim.options.env.NOTIFY_SOCKET = "/run/notify";
  await project.round();
  assert.deepEqual(project.sim.launches[0]?.spec.env, {
    HOME: "/home/sim",
    PATH: "/usr/bin:/bin",
    LANG: "de_DE.UTF-8",
    DISABLE_AUTOUPDATER: "1",
    AGENT_RUNNER_LOG_DIR: "/project/logs",
    AGENT_RUNNER_ROUND_NUM: "1",
    AGENT_RUNNER_PHASE: "",
    AGENT_RUNNER_FRESH_EYES: "1",
  });
  assert.equal(project.sim.launches[0]?.spec.cwd, "/project");
});
