import assert from "node:assert/strict";
import { refusalRecord } from "../../lib/cli/fake_records.ts";
import { isoOf } from "../../lib/core/instant.ts";
import { builtInReader } from "../../lib/extend/output_reader.ts";
import { encodeLine } from "../../lib/store/line_format.ts";
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

Deno.test("serve closes a round that was left open while others ran, and the last of those, each once", async () => {
  const project = new Simulated();
  const { sim, layout } = project;
  project.agents({ exit: null }, { exit: { afterMs: 5000, code: 0 } });
  sim.at(2000, () => sim.kill());
  await assert.rejects(project.serve());
  sim.reboot({ power: false });
  const record = sim.files.readText(layout.runningRound)!;
  // As the Python version goes on: it knows no record. More rounds than the state remembers.
  const before = Array.from({ length: 12 }, (_, index) => index + 2);
  const others = [
    ...before.flatMap((round_num) => [
      { event: "round_start", round_num, phase: null },
      { event: "round_end", round_num },
    ]),
    { event: "round_start", round_num: 14, phase: null },
  ];
  const log = sim.files.openAppend(EVENTS);
  for (const other of others) {
    const line = encodeLine({ ts: isoOf(sim.clock.now()), ...other });
    log.append(new TextEncoder().encode(line));
  }
  log.close();

  assert.equal(await project.serve({ once: true }), 0);
  const closed = [...before, 1, 14, 15];
  assert.deepEqual(project.all("round_interrupted").map(({ round_num }) => round_num), [1, 14]);
  assert.deepEqual(project.all("round_end").map(({ round_num }) => round_num), closed);
  assert.equal(sim.files.readText(layout.runningRound), null);

  sim.files.write(layout.runningRound, JSON.stringify({ ...JSON.parse(record), round: 2 }));
  assert.equal(await project.serve({ once: true }), 0);
  assert.deepEqual(project.all("round_end").map(({ round_num }) => round_num), [...closed, 16]);
});
