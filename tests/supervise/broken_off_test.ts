import assert from "node:assert/strict";
import { FileError } from "../../lib/core/file_error.ts";
import type { Voice } from "../../lib/supervise/voice.ts";
import { Simulated } from "./simulated.ts";

const AGENT = { exit: { afterMs: 90_000, code: 0 } };

/** A supervisor's voice with which the watching of a round breaks off in its tenth second. */
function breakingOff(error: Error): Voice {
  return {
    note: () => {},
    activity: (activity) => {
      if (activity.kind === "running" && activity.elapsedMs > 10_000) throw error;
    },
  };
}

async function leavesItsRound(project: Simulated, breakOff: () => Promise<void>): Promise<void> {
  project.agents(AGENT);
  await breakOff();
  const record = JSON.parse(project.sim.disk.text(project.layout.runningRound) ?? "null");
  assert.equal(record?.round, 1);
  assert.notEqual(project.sim.disk.text(project.layout.roundLockHolder), null);
  assert.equal(project.sim.agents.alive, 1);
  project.sim.reboot({ power: false });
  assert.equal(await project.serve({ maxRounds: 1 }), 0);
  assert.deepEqual(project.all("round_adopted").map(({ round_num }) => round_num), [1]);
  assert.deepEqual(project.all("round_end").map(({ round_num }) => round_num), [1]);
  assert.equal(project.sim.disk.text(project.layout.runningRound), null);
  assert.deepEqual([project.sim.agents.aliveMax, project.sim.launches.length], [1, 1]);
}

Deno.test("serve() leaves the record of a round from which an exception takes it, and the next one takes it over", async () => {
  const project = new Simulated();
  await leavesItsRound(project, async () => {
    await assert.rejects(
      project.serve({ voice: breakingOff(new TypeError("no such thing")) }),
      /no such thing/,
    );
  });
});

Deno.test("serve() does not take a refusal in a round for a wrong configuration: a service starts it again", async () => {
  const project = new Simulated();
  await leavesItsRound(project, async () => {
    const refusal = new FileError("other", "/project/logs/rounds", "Input/output error");
    const ended = await project.serve({ voice: breakingOff(refusal) });
    assert.deepEqual(ended, {
      kind: "failure",
      what: "Cannot go on: /project/logs/rounds: Input/output error",
      problems: [],
      hint: "agent-runner serve",
      exitCode: 1,
    });
  });
});

Deno.test("serve() goes on when whoever listens to its events breaks", async () => {
  const project = new Simulated();
  project.agents(AGENT);
  const onAppend = () => {
    throw new TypeError("no such thing");
  };
  assert.equal(await project.serve({ maxRounds: 1, onAppend }), 0);
  assert.deepEqual(project.all("round_end").map(({ round_num }) => round_num), [1]);
  assert.ok(project.notes.includes("event round_end was not shown: TypeError: no such thing"));
});
