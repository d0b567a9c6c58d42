import assert from "node:assert/strict";
import { fakeAgent, Project, type Tables } from "./project.ts";

const AGENT = { reader: "claude" };

/** Writes another configuration over the project's. */
async function edit(project: Project, scenarios: readonly string[], tables: Tables): Promise<void> {
  const text = project.toml(fakeAgent(...scenarios), { agent: AGENT, ...tables });
  await Deno.writeTextFile(project.configPath, text);
}

Deno.test("serve takes an edited configuration over in a wait, when SIGHUP asks for it", async () => {
  await using project = await Project.with(fakeAgent("limit-weekly"));
  const run = project.start(["serve"]);
  await run.event("wait_started", ({ rule }) => rule === "throttled");
  await edit(project, ["good=0"], { runtime: { transient_error_action: "skip", max_rounds: 2 } });
  run.signal("SIGHUP");
  assert.equal((await run.ended).code, 0);
  assert.deepEqual(project.only("config_reloaded").changed, [
    "agent.command",
    "runtime.transient_error_action",
    "runtime.max_rounds",
  ]);
  assert.deepEqual(project.all("round_end").map(({ verdict }) => verdict), ["limited", "productive"]);
  assert.match(run.err, /^SIGHUP: the configuration is read anew before the next round$/m);
  assert.match(run.out, /the changed configuration is taken over: agent\.command/);
});

Deno.test("serve rejects a broken edit with its lines, goes on, and takes the mended one", async () => {
  await using project = await Project.with(fakeAgent("good=1"));
  const run = project.start(["serve"]);
  await run.event("agent_spawn");
  await edit(project, ["good=0"], { runtime: { restart_delay_s: "soon", max_roundz: 1 } });
  const { reason } = await run.event("config_rejected");
  assert.match(reason, /2 problems: line \d+: runtime\.\w+ .*; line \d+: runtime\.\w+ /);
  const goodRounds = project.all("round_end").length;
  await run.event("round_end", ({ round_num }) => round_num > goodRounds + 1);
  await Deno.remove(project.configPath);
  await run.event("config_rejected", (event) => event.reason.startsWith("config not found"));
  await edit(project, ["good=0"], { runtime: { max_rounds: 1 } });
  assert.equal((await run.ended).code, 0);
  assert.equal(project.all("config_rejected").length, 2);
  assert.deepEqual(project.only("config_reloaded").changed, ["agent.command", "runtime.max_rounds"]);
  assert.deepEqual(new Set(project.all("round_end").map(({ verdict }) => verdict)), new Set(["productive"]));
});
