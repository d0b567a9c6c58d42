import assert from "node:assert/strict";
import { EventLog } from "../../lib/store/event_log.ts";
import { livingServe, ServeLock, takeServeLock } from "../../lib/store/holder.ts";
import { layoutOf } from "../../lib/store/layout.ts";
import { EVENTS, HOUR_MS, simHost } from "../sim/fixtures.ts";
import type { SimHost } from "../sim/sim_host.ts";

const LAYOUT = layoutOf("/project/logs");
const OLDER = `${LAYOUT.dir}/events-2026-01.jsonl`;

function takeAway(sim: SimHost): void {
  sim.disk.detach(sim.disk.place(LAYOUT.dir, false)!);
}

function roundsIn(text: string | null): readonly number[] {
  return [...(text ?? "").matchAll(/"round_num": (\d+)/g)].map(([, round]) => Number(round));
}

function logWithARound(sim: SimHost): EventLog {
  const log = EventLog.open(sim, LAYOUT);
  log.append({ event: "round_start", round_num: 41, phase: null });
  return log;
}

Deno.test("poll() makes a log directory again that was taken away, and the state goes on, also for the next writer", () => {
  const sim = simHost(1);
  const log = logWithARound(sim);
  const replaced: string[] = [];
  log.onReplaced = (path) => replaced.push(path);
  takeAway(sim);
  log.poll();
  assert.deepEqual([replaced, log.fault], [[EVENTS], null]);
  log.append({ event: "round_end", round_num: 41 });
  log.poll();
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [41]);
  const { highestRound, roundsEnded, running } = log.state;
  assert.deepEqual([highestRound, roundsEnded, running], [41, 1, null]);
  assert.deepEqual(EventLog.open(sim.secondProgram(), LAYOUT).state, log.state);
  assert.notEqual(sim.disk.text(LAYOUT.reserve), null);
});

/** A supervisor in its second round, with a limit ahead. */
function busyLog(sim: SimHost): EventLog {
  const log = logWithARound(sim);
  log.append({ event: "round_end", round_num: 41 });
  log.append({ event: "wait_started", rule: "restart_delay", until_epoch: sim.t / 1000 + 60 });
  return log;
}

const LOSSES: Readonly<Record<string, (sim: SimHost) => void>> = {
  "removed": (sim) => void sim.files.remove(EVENTS),
  "cut to nothing": (sim) => cutInPlace(sim, ""),
  "cut, and written to by another program": (sim) =>
    cutInPlace(sim, `{"ts": "2026-06-01T00:00:00.000Z", "event": "note"}\n`),
};

/** The same file with another content, as `: > file` leaves it. */
function cutInPlace(sim: SimHost, content: string): void {
  sim.disk.put(EVENTS, content);
}

for (const [loss, lose] of Object.entries(LOSSES)) {
  Deno.test(`poll() and append() forget nothing of what is known when the events file is ${loss}`, () => {
    for (const look of [true, false]) {
      const sim = simHost(1);
      const log = busyLog(sim);
      const { state } = log;
      const replaced: string[] = [];
      log.onReplaced = (path) => replaced.push(path);
      lose(sim);
      if (look) {
        log.poll();
        assert.deepEqual([log.state, replaced], [state, [EVENTS]], loss);
        log.poll();
      }
      log.append({ event: "round_start", round_num: 42, phase: null });
      log.poll();
      assert.deepEqual(
        [log.state.highestRound, log.state.roundsEnded, log.state.running?.num],
        [42, 1, 42],
        loss,
      );
      assert.equal(replaced.length, 1, loss);
      assert.deepEqual(EventLog.open(sim.secondProgram(), LAYOUT).state, log.state);
    }
  });
}

Deno.test("poll() folds nothing twice when an older month is removed, or lines of this one", () => {
  const ways: readonly ((sim: SimHost) => void)[] = [
    (sim) => void sim.files.remove(OLDER),
    (sim) => {
      const kept = sim.disk.text(EVENTS)!.split("\n").slice(-4).join("\n");
      sim.files.remove(EVENTS);
      sim.disk.put(EVENTS, kept);
    },
  ];
  for (const change of ways) {
    const sim = simHost(1);
    sim.disk.put(OLDER, "");
    const log = busyLog(sim);
    sim.elapse(5);
    log.poll();
    const { state } = log;
    change(sim);
    log.poll();
    assert.deepEqual(log.state, state);
    log.poll();
    assert.deepEqual(log.state, state);
    assert.deepEqual(EventLog.open(sim.secondProgram(), LAYOUT).state, state);
  }
});

Deno.test("poll() takes in what another program wrote into a month that begins meanwhile", () => {
  const sim = simHost(1);
  const log = busyLog(sim);
  sim.stepClock(31 * 24 * HOUR_MS);
  const second = EventLog.open(sim.secondProgram(), LAYOUT);
  second.append({ event: "round_start", round_num: 44, phase: null });
  sim.files.remove(EVENTS);
  log.poll();
  assert.equal(log.state.highestRound, 44);
});

Deno.test("poll() goes on where it was when a log directory comes back as it was", () => {
  const sim = simHost(1);
  const log = busyLog(sim);
  const { state } = log;
  const { dir, name, node } = sim.disk.place(LAYOUT.dir, false)!;
  takeAway(sim);
  sim.disk.readOnlyUntil(sim.t + HOUR_MS);
  log.poll();
  assert.notEqual(log.fault, null);
  dir.entries.set(name, node!);
  sim.elapse(HOUR_MS);
  log.poll();
  assert.deepEqual([log.state, log.fault], [state, null]);
});

Deno.test("append() keeps what comes while a log directory is away and cannot be made again", () => {
  const sim = simHost(1);
  const log = logWithARound(sim);
  const faults: string[] = [];
  log.onFault = (fault) => faults.push(fault.path);
  takeAway(sim);
  sim.disk.readOnlyUntil(sim.t + HOUR_MS);
  log.poll();
  assert.deepEqual([faults, log.fault?.fault], [[LAYOUT.dir], "read_only"]);
  log.append({ event: "round_end", round_num: 41 });
  log.append({ event: "round_start", round_num: 42, phase: null });
  log.poll();
  assert.ok(log.isBehind && log.fault !== null);
  assert.deepEqual([log.state.highestRound, log.state.running?.num, faults.length], [42, 42, 1]);
  sim.elapse(HOUR_MS);
  log.append({ event: "round_end", round_num: 42 });
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [41, 42, 42]);
  assert.deepEqual([log.isBehind, log.fault, log.state.roundsEnded], [false, null, 2]);
  assert.deepEqual(EventLog.open(sim.secondProgram(), LAYOUT).state, log.state);
});

Deno.test("renew() takes the lock again where its file has gone, and names who was faster", () => {
  const sim = simHost(1);
  const lock = takeServeLock(sim.life, LAYOUT);
  assert.ok("release" in lock);
  const held = new ServeLock(sim.life, LAYOUT, lock);
  assert.equal(held.renew(), null);
  const { since } = livingServe(sim, LAYOUT)!;
  const second = sim.secondProgram();
  takeAway(sim);
  sim.disk.makeDir(LAYOUT.dir);
  sim.elapse(HOUR_MS);
  assert.equal(held.renew(), null);
  assert.equal(livingServe(sim, LAYOUT)?.since, since);
  assert.ok("heldBy" in takeServeLock(second, LAYOUT));
  assert.equal(sim.disk.text(LAYOUT.servePid), String(sim.life.process.pid));
  takeAway(sim);
  sim.disk.makeDir(LAYOUT.dir);
  assert.ok("release" in takeServeLock(second, LAYOUT));
  assert.equal(held.renew(), `held by PID ${second.process.pid}, age 0s, cmd: agent-runner`);
});
