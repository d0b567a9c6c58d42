import assert from "node:assert/strict";
import type { ProjectState } from "../../lib/core/project_state.ts";
import { EventLog } from "../../lib/store/event_log.ts";
import { foldLog } from "../../lib/store/fold.ts";
import { layoutOf } from "../../lib/store/layout.ts";
import { encodeLine } from "../../lib/store/line_format.ts";
import { MonthRetention } from "../../lib/store/month_retention.ts";
import { limitOf, logged, round, serve, type Step, stopped, T0 } from "../core/given.ts";
import { simHost } from "../sim/fixtures.ts";
import { Dead } from "../sim/sim_crash.ts";
import type { SimHost } from "../sim/sim_host.ts";

const LAYOUT = layoutOf("/project/logs");

/** The simulated machine's clock says November 2026. */
const NOW = "2026-11";

/** The steps with their seconds counted from the beginning of the month. */
function inMonth(month: string, steps: readonly Step[]): string {
  const shiftMs = Date.parse(`${month}-01T00:00:00Z`) - T0;
  return steps.map(logged).map((event) =>
    encodeLine({ ...event, ts: new Date(Date.parse(event.ts) + shiftMs).toISOString() })
  ).join("");
}

function rounds(from: number, count: number): readonly Step[] {
  return Array.from({ length: count }, (_, i) => round(from + i, i * 200)).flat();
}

/** A log of these months, opened by its writer. */
function logOf(months: Readonly<Record<string, readonly Step[]>>): { sim: SimHost; log: EventLog } {
  const sim = simHost(1);
  for (const [month, steps] of Object.entries(months)) {
    sim.disk.put(`${LAYOUT.dir}/events-${month}.jsonl`, inMonth(month, steps));
  }
  return { sim, log: EventLog.open(sim, LAYOUT) };
}

function monthsLeft(sim: SimHost, kind = "events"): readonly string[] {
  const names = (sim.files.list(LAYOUT.dir) ?? []).map(({ name }) => name);
  return names.filter((name) => name.startsWith(`${kind}-`)).map((name) => name.slice(-13, -6)).sort();
}

/** The state without totals, lists for people, and the time of a stop that has been mended. */
function judgedBy(state: ProjectState) {
  const { highestRound: _1, roundsEnded: _2, hookFailures: _3, blips: _4, permanentStops, ...rest } = state;
  return { ...rest, permanentStops: permanentStops.count };
}

const QUIET = {
  "2025-12": [...serve(0), ...rounds(1, 5), ...stopped(5000, "stop_asked", 0)],
  "2026-08": rounds(6, 5),
  "2026-09": rounds(11, 5),
  "2026-10": [...serve(0), ...rounds(16, 12)],
  [NOW]: rounds(28, 2),
};

Deno.test("prune() removes older months, and the state is the same with the checkpoint and without", () => {
  const { sim, log } = logOf(QUIET);
  const before = structuredClone(log.state);
  new MonthRetention(sim, LAYOUT).prune(log, 1);
  assert.deepEqual(monthsLeft(sim), ["2026-10", NOW]);
  assert.deepEqual(log.state, before);
  assert.deepEqual(foldLog(sim, LAYOUT).state, before);
  assert.equal(foldLog(sim, LAYOUT).state.roundsEnded, 29);
  log.append({ event: "round_start", round_num: 30, phase: null });
  log.close();
  const again = EventLog.open(sim, LAYOUT);
  assert.deepEqual([again.state.roundsEnded, again.state.running?.num], [29, 30]);
  sim.files.remove(LAYOUT.checkpoint);
  assert.deepEqual(judgedBy(foldLog(sim, LAYOUT).state), judgedBy(again.state));
});

Deno.test("prune() keeps all by default, and as many months as are asked for", () => {
  const { sim, log } = logOf(QUIET);
  const retention = new MonthRetention(sim, LAYOUT);
  retention.prune(log, 0);
  retention.prune(log, Number.MAX_SAFE_INTEGER);
  retention.prune(log, 11);
  assert.equal(monthsLeft(sim).length, 5);
  retention.prune(log, 10);
  assert.deepEqual(monthsLeft(sim)[0], "2026-08");
});

Deno.test("prune() keeps the months of the last ten rounds, of the serve's start and of a limit", () => {
  const few = { ...QUIET, "2026-10": [...serve(0), ...rounds(16, 3)], [NOW]: rounds(19, 3) };
  const start = { ...QUIET, "2026-08": [...serve(0), ...rounds(6, 5)], "2026-10": rounds(16, 12) };
  const limit = limitOf("rate_limit_account", 9_999_999_999, "estimate");
  const limited = {
    ...QUIET,
    "2026-09": round(15, 0, { limit }),
    "2026-10": [
      ...serve(0),
      ...Array.from({ length: 12 }, (_, i) => round(16 + i, i * 200, { limit })).flat(),
    ],
    [NOW]: [],
  };
  for (
    const [months, left] of [
      [few, ["2026-09", "2026-10", NOW]],
      [start, ["2026-08", "2026-09", "2026-10", NOW]],
      [limited, ["2026-09", "2026-10", NOW]],
    ] as const
  ) {
    const { sim, log } = logOf(months);
    const before = structuredClone(log.state);
    const retention = new MonthRetention(sim, LAYOUT);
    // What half as many files could not show at once shows from day to day.
    for (let day = 0; day < 4; day++) {
      retention.prune(log, 1);
      sim.stepClock(25 * 3_600_000);
    }
    assert.deepEqual(monthsLeft(sim), left);
    assert.deepEqual(log.state, before);
    sim.files.remove(LAYOUT.checkpoint);
    assert.deepEqual(judgedBy(foldLog(sim, LAYOUT).state), judgedBy(before));
  }
});

Deno.test("prune() removes metrics by their month alone", () => {
  const { sim, log } = logOf({ "2026-07": serve(0), [NOW]: rounds(1, 1) });
  for (const month of ["2026-07", "2026-09", "2026-10", NOW]) {
    sim.disk.put(`${LAYOUT.dir}/metrics-${month}.jsonl`, "{}\n");
  }
  new MonthRetention(sim, LAYOUT).prune(log, 1);
  assert.deepEqual(monthsLeft(sim, "metrics"), ["2026-10", NOW]);
  assert.deepEqual(monthsLeft(sim), ["2026-07", NOW]);
});

Deno.test("prune() removes nothing, when the disk does not take the checkpoint", () => {
  const { sim, log } = logOf(QUIET);
  sim.disk.readOnlyUntil(sim.t + 1000);
  new MonthRetention(sim, LAYOUT).prune(log, 1);
  sim.elapse(2000);
  assert.equal(monthsLeft(sim).length, 5);
  new MonthRetention(sim, LAYOUT).prune(log, 1);
  assert.equal(monthsLeft(sim).length, 2);
});

Deno.test("foldLog() gives the same state, wherever the removal was cut off", () => {
  let cuts = 0;
  for (let effect = 1; effect < 20; effect++) {
    const { sim, log } = logOf(QUIET);
    const before = structuredClone(log.state);
    log.close();
    const writer = EventLog.open(sim, LAYOUT);
    sim.crash.atEffect(effect);
    try {
      new MonthRetention(sim, LAYOUT).prune(writer, 1);
    } catch (error) {
      assert.ok(error instanceof Dead, String(error));
      cuts += 1;
    }
    sim.crash.atEffect(Infinity);
    sim.reboot({ power: effect % 2 === 0 });
    assert.deepEqual(judgedBy(foldLog(sim, LAYOUT).state), judgedBy(before), `cut at ${effect}`);
    const again = EventLog.open(sim, LAYOUT);
    new MonthRetention(sim, LAYOUT).prune(again, 1);
    assert.deepEqual(monthsLeft(sim), ["2026-10", NOW]);
    assert.deepEqual(judgedBy(foldLog(sim, LAYOUT).state), judgedBy(before));
  }
  assert.ok(cuts >= 4, String(cuts));
});

Deno.test("foldLog() begins at the start, when a removed month comes back or its removal was cut off", () => {
  const { sim, log } = logOf(QUIET);
  const old = sim.disk.text(`${LAYOUT.dir}/events-2025-12.jsonl`)!;
  const before = structuredClone(log.state);
  new MonthRetention(sim, LAYOUT).prune(log, 10);
  sim.disk.put(`${LAYOUT.dir}/events-2025-12.jsonl`, old);
  assert.deepEqual(foldLog(sim, LAYOUT).state, before);
  log.poll();
  assert.deepEqual(log.state, before);
});
