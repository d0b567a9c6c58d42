import assert from "node:assert/strict";
import { encodeLine } from "../../lib/store/line_format.ts";
import { logged, round, serve, type Step } from "../core/given.ts";
import { Simulated } from "./simulated.ts";

/** A project that did thirty rounds in November 2023, and goes on three years later. */
function oldProject(runtime = {}): Simulated {
  const project = new Simulated(runtime);
  project.agents({ exit: { afterMs: 100_000, code: 0 } });
  const steps: Step[] = [...serve(0)];
  for (let num = 1; num <= 30; num++) steps.push(...round(num, num * 200));
  const text = steps.map((step) => encodeLine(logged(step))).join("");
  project.sim.disk.put(`${project.layout.dir}/events-2023-11.jsonl`, text);
  project.sim.disk.put(`${project.layout.dir}/metrics-2023-11.jsonl`, "{}\n");
  return project;
}

function monthsOf(project: Simulated): readonly string[] {
  const names = (project.sim.files.list(project.layout.dir) ?? []).map(({ name }) => name);
  return names.filter((name) => /^(events|metrics)-/.test(name)).sort();
}

Deno.test("serve removes old months between rounds, when ten newer rounds have ended, and goes on counting", async () => {
  const project = oldProject({ event_retention_months: 6 });
  await project.serve({ maxRounds: 9 });
  assert.deepEqual(monthsOf(project), [
    "events-2023-11.jsonl",
    "events-2026-11.jsonl",
    "metrics-2026-11.jsonl",
  ]);
  project.sim.stepClock(25 * 3_600_000);
  await project.serve({ maxRounds: 1 });
  assert.deepEqual(monthsOf(project), ["events-2026-11.jsonl", "metrics-2026-11.jsonl"]);
  project.sim.files.remove(project.layout.checkpoint);
  project.sim.reboot({ power: false });
  await project.serve({ maxRounds: 1 });
  assert.equal(project.all("round_start").at(-1)?.round_num, 41);
});

Deno.test("serve keeps every month by default", async () => {
  const project = oldProject();
  await project.serve({ maxRounds: 11 });
  assert.equal(monthsOf(project).length, 4);
});
