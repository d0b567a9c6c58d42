import assert from "node:assert/strict";
import { builtInReader } from "../../lib/extend/output_reader.ts";
import type { Script } from "../sim/sim_agent.ts";
import { Simulated, TOOLS } from "./simulated.ts";

const MINUTE_MS = 60_000;

/** Says one thing after a minute and then nothing for ever. */
const HANGS: Script = { lines: [{ afterMs: MINUTE_MS, text: "hello" }], exit: null };

/** What one round came to: its ending, how long it took in minutes, and why it was ended. */
async function roundOf(script: Script, runtime = {}, options = {}) {
  const project = new Simulated({ round_timeout_s: 3600, stall_timeout_s: 600, ...runtime });
  project.agents(script);
  await project.serve({ once: true, ...options });
  const [exit] = project.all("agent_exit");
  const [kill] = project.all("round_timeout_kill");
  return {
    ending: exit?.ending,
    timedOut: exit?.timed_out,
    minutes: Math.round((exit?.duration_s ?? NaN) / 60),
    why: kill?.reason,
    verdict: project.all("round_end")[0]?.verdict,
    left: project.sim.leftovers().length,
  };
}

Deno.test("serve ends a round that has stalled, and says what was missing", async () => {
  assert.deepEqual(await roundOf(HANGS), {
    ending: "stalled",
    timedOut: true,
    minutes: 11,
    why: "no output, no CPU, no open tool for stall_timeout_s=600",
    verdict: "timed_out",
    left: 0,
  });
});

Deno.test("serve leaves a silent round alone while its tree uses a CPU, be it only a child", async () => {
  const child = { name: "cc", afterMs: 1000, exit: null, cpuShare: 0.5 };
  assert.equal((await roundOf({ ...HANGS, cpuShare: 0.01 })).ending, "timed_out");
  assert.equal((await roundOf({ ...HANGS, children: [child] })).ending, "timed_out");
  assert.equal((await roundOf({ ...HANGS, children: [{ ...child, ownSession: true }] })).ending, "timed_out");
  assert.equal((await roundOf({ ...HANGS, children: [{ ...child, cpuShare: 0.0001 }] })).ending, "stalled");
});

Deno.test("serve leaves a silent round alone while a tool call is open", async () => {
  const call = [{ afterMs: 1000, text: "tool open" }, { afterMs: 30 * MINUTE_MS, text: "tool close" }];
  const { ending, minutes } = await roundOf({ lines: call, exit: null }, {}, {
    reader: builtInReader(TOOLS),
  });
  assert.deepEqual([ending, minutes], ["stalled", 40]);
  assert.equal((await roundOf({ lines: call, exit: null })).minutes, 10);
  assert.equal(
    (await roundOf({ lines: call.slice(0, 1), exit: null }, {}, { reader: builtInReader(TOOLS) })).ending,
    "timed_out",
  );
});

Deno.test("serve leaves a round alone that says something now and then, and every round by default", async () => {
  const lines = Array.from({ length: 5 }, (_, i) => ({ afterMs: (i + 1) * 9 * MINUTE_MS, text: "." }));
  const exit = { afterMs: 50 * MINUTE_MS, code: 0 };
  assert.equal((await roundOf({ lines, exit })).ending, "exited");
  assert.equal((await roundOf(HANGS, { stall_timeout_s: 0 })).ending, "timed_out");
});

Deno.test("serve does not take the machine's sleep for a stall", async () => {
  const project = new Simulated({ round_timeout_s: 36_000, stall_timeout_s: 600 });
  project.agents({ ...HANGS, exit: { afterMs: 5 * MINUTE_MS, code: 0 } });
  project.sim.at(2 * MINUTE_MS, () => project.sim.suspend(60 * MINUTE_MS));
  await project.serve({ once: true });
  assert.equal(project.all("agent_exit")[0]?.ending, "exited");
});

Deno.test("serve slows down after three rounds in a row that stalled, and tells the cause", async () => {
  const project = new Simulated({ stall_timeout_s: 30, restart_delay_s: 5 });
  project.agents(HANGS, HANGS, HANGS, HANGS, { exit: { afterMs: 20_000, code: 0 } });
  await project.serve({ maxRounds: 6 });
  assert.deepEqual(
    project.all("no_work_slowdown").map(({ consecutive, pause_s, cause }) => [consecutive, pause_s, cause]),
    [[3, 10, "stalled"], [4, 20, "stalled"]],
  );
  const ends = project.all("round_end").map(({ ts }) => Date.parse(ts));
  const starts = project.all("round_start").map(({ ts }) => Date.parse(ts));
  const pauses = starts.slice(1).map((start, i) => Math.round((start - ends[i]!) / 1000));
  assert.deepEqual(pauses, [10, 10, 10, 20, 5]);
});
