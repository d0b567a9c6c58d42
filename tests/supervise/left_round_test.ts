import assert from "node:assert/strict";
import { refusalRecord } from "../../lib/cli/fake_records.ts";
import { builtInReader } from "../../lib/extend/output_reader.ts";
import { claude } from "../../plugins/claude.ts";
import { EVENTS } from "../sim/fixtures.ts";
import { Simulated } from "./simulated.ts";

Deno.test("serve closes the round that a power cut ended, and waits for the limit in what is left of its output", async () => {
  const project = new Simulated();
  const { sim, layout } = project;
  const resetS = sim.clock.now() / 1000 + 600;
  const refused = JSON.stringify(refusalRecord("five_hour", resetS));
  project.agents({ lines: [{ afterMs: 500, text: refused }], exit: null }, {
    exit: { afterMs: 5000, code: 0 },
  });
  sim.at(2000, () => {
    for (const path of [layout.currentLog, EVENTS]) {
      const file = sim.disk.find(path);
      if (file?.kind === "file") file.synced();
    }
    sim.kill();
  });
  const reader = builtInReader(claude);
  await assert.rejects(project.serve({ reader }));
  sim.reboot({ power: true });
  assert.equal(await project.serve({ reader, maxRounds: 2 }), 0);
  assert.equal(project.all("round_interrupted")[0]?.by, "reboot");
  assert.equal(project.all("round_end")[0]?.limit?.reset_at_epoch, resetS);
  assert.ok(Date.parse(project.all("round_start")[1]!.ts) >= resetS * 1000);
});
