import assert from "node:assert/strict";
import { isoOf } from "../../lib/core/instant.ts";
import type { Host } from "../../lib/host.ts";
import { runSingleRound } from "../../lib/supervise/single_round.ts";
import { EVENTS } from "../sim/fixtures.ts";
import type { SimLife } from "../sim/sim_life.ts";
import { SimProject } from "../supervise/given.ts";
import { Simulated } from "../supervise/simulated.ts";
import { type Views, views } from "./given.ts";

const LOCK = "/project/logs/agent-runner.lock";

/** What `why` and `peek` say at these seconds while serve is at work; afterwards it is asked to stop. */
async function seen(
  project: SimProject | Simulated,
  ...seconds: readonly number[]
): Promise<readonly Views[]> {
  const { sim, config } = project;
  const found: Views[] = [];
  for (const second of seconds) {
    sim.at(second * 1000, () => {
      const beside = sim.secondProgram();
      found.push(views(beside, config));
      beside.die("has looked");
    });
  }
  sim.at((seconds.at(-1)! + 1) * 1000, () => sim.send("SIGTERM"));
  assert.equal(await project.serve(), 0);
  return found;
}

/** Somebody else's lines in the log, all of this moment. */
function append(project: SimProject, ...lines: readonly Readonly<Record<string, unknown>>[]): void {
  const ts = isoOf(project.sim.clock.now());
  const text = lines.map(({ event, ...fields }) => `${JSON.stringify({ ts, event, ...fields })}\n`).join("");
  assert.ok(project.sim.foreignAppend(EVENTS, text));
}

/** A limit that was guessed. */
function limitInLog(project: SimProject, resetInS: number): void {
  append(project, {
    event: "transient_error_detected",
    classification: "api_timeout",
    agent: "claude",
    reset_at_epoch: Math.floor(project.sim.clock.now() / 1000) + resetInS,
    round_num: 0,
    raw: "",
    reset_source: "estimate",
  });
}

Deno.test("serve() tells anew what it waits for, once, when a round of the Python version has run beside it", async () => {
  const project = new SimProject({ throttle: { api_timeout_base_s: 1000 } });
  const { sim } = project;
  limitInLog(project, 1000);
  limitInLog(project, 1000);
  sim.at(100_000, () => append(project, { event: "round_start", round_num: 1, phase: null }));
  sim.at(200_000, () =>
    append(project, {
      event: "agent_exit",
      round_num: 1,
      exit_code: 1,
      duration_s: 100,
      timed_out: false,
      exit_cause: "error",
    }, { event: "round_end", round_num: 1 }));
  const [before, after] = await seen(project, 50, 300);
  assert.equal(before?.waiting?.rule, "throttled");
  assert.deepEqual([after?.document.kind, after?.headline], ["waiting", "waiting"]);
  assert.deepEqual([after?.waiting?.rule, after?.waiting?.until_epoch], [
    "throttled",
    before?.waiting?.until_epoch,
  ]);
  assert.match(after!.why, /^Waiting until .*: the server's timeout, as estimated/);
  assert.equal(project.of("wait_started").length, 2);
  assert.equal(project.of("transient_error_backoff_capped").length, 1);
});

Deno.test("whyText() tells of a round by hand, and that serve waits beside it", async () => {
  const project = new Simulated({ restart_delay_s: 3600 });
  const { sim } = project;
  project.agents({ exit: { afterMs: 60_000, code: 0 } });
  sim.at(100_000, () => {
    const second: SimLife = sim.secondProgram();
    const host: Host = second;
    runSingleRound(host, project.config, { ...project.options(), once: true }, null)
      .then(() => second.die("its round is over"));
  });
  const [during, after] = await seen(project, 130, 200);
  assert.match(during!.why, /^Running round 2 since .* Waiting until .* by the rule restart_delay/);
  assert.deepEqual([during?.document.kind, during?.waiting?.rule, during?.round], [
    "running",
    "restart_delay",
    2,
  ]);
  assert.deepEqual([after?.document.kind, after?.waiting?.rule, after?.round], [
    "waiting",
    "restart_delay",
    null,
  ]);
});

Deno.test("whyText() says that serve waits for the round lock as long as another has it", async () => {
  const project = new SimProject();
  const { sim } = project;
  sim.disk.put(LOCK, "");
  const lock = sim.disk.find(LOCK);
  assert.ok(lock?.kind === "file");
  lock.lockedBy = "another program";
  const [views] = await seen(project, 100);
  assert.match(
    views!.why,
    /^Waiting: another round holds the lock\. It waits since 09:00:00 by the rule lock_held and /,
  );
  assert.deepEqual([views?.headline, views?.waiting?.rule, views?.waiting?.until_epoch], [
    "waiting",
    "lock_held",
    null,
  ]);
  assert.equal(project.of("wait_started").length, 1);
});

Deno.test("whyText() names the time at which serve ends the round, though the wall clock was set", async () => {
  const project = new Simulated({ round_timeout_s: 1800 });
  project.agents({ exit: { afterMs: 60_000, code: 0 } });
  project.sim.at(10_000, () => project.sim.stepClock(2 * 3_600_000));
  const [views] = await seen(project, 30);
  assert.match(views!.why, /It ends by itself or is ended, at 11:30 at the latest, the limit of 30 min/);
});
