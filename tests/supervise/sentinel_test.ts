import assert from "node:assert/strict";
import { SimProject } from "./given.ts";

Deno.test("serve() heeds the sentinel that a killed supervisor's running round had left", async () => {
  const project = new SimProject({ runtime: { on_restart: "reap" } });
  project.sim.at(20_000, () => project.sim.disk.put("/project/logs/.agent-done", "finished"));
  project.sim.at(21_000, () => project.sim.kill());
  await assert.rejects(project.serve());
  project.sim.reboot({ power: false, downMs: 1000 });
  assert.equal(await project.serve(), 0);
  assert.equal(project.of("agent_self_terminated")[0]?.reason, "finished");
  assert.equal(project.of("round_start").length, 1);
});
