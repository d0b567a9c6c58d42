import assert from "node:assert/strict";
import { systemView } from "../../lib/observe/metrics.ts";
import { observe } from "../../lib/observe/observed.ts";
import { layoutOf } from "../../lib/store/layout.ts";
import { simHost } from "../sim/fixtures.ts";
import { SimProject } from "../supervise/given.ts";

Deno.test("systemView() shows memory and load of now, and each other figure from the newest line that has it", async () => {
  const sim = simHost(1);
  sim.disk.put(
    "/project/logs/metrics-2026-11.jsonl",
    `${JSON.stringify({ ts: "T1", disk_used_pct: 40, disk_free_gb: 7, cpu_pct: 12.5, mem_total_mb: 1 })}\n${
      JSON.stringify({ ts: "T2", disk_used_pct: 41, agent_process_count: 2 })
    }\n`,
  );
  const view = await sim.run((host) =>
    Promise.resolve(systemView(host, { layout: layoutOf("/project/logs"), roundAlive: false }))
  );
  assert.deepEqual(view, {
    mem_total_mb: 8192,
    mem_available_mb: 6144,
    disk_used_pct: 41,
    disk_free_gb: 7,
    load_1m: 0.5,
    cpu_pct: 12.5,
    agent_process_count: 2,
    sampled_at: "T2",
  });
});

Deno.test("systemView() counts the processes of the running round without its launcher", async () => {
  const project = new SimProject();
  const { sim } = project;
  sim.agent = () => ({
    children: [{ name: "make", afterMs: 5, exit: { afterMs: 60_000, code: 0 } }],
    exit: { afterMs: 90_000, code: 0 },
  });
  let count = -1;
  sim.at(30_000, () => {
    const beside = sim.secondProgram();
    count = systemView(beside, observe(beside, project.config)).agent_process_count;
  });
  assert.equal(await project.serve(1), 0);
  assert.equal(count, 2);
});
