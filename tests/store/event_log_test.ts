import assert from "node:assert/strict";
import type { Draft } from "../../lib/core/events.ts";
import { FileError } from "../../lib/core/file_error.ts";
import type { Host } from "../../lib/host.ts";
import { EventLog } from "../../lib/store/event_log.ts";
import { foldLog } from "../../lib/store/fold.ts";
import { type Layout, layoutOf } from "../../lib/store/layout.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { EVENTS, HOUR_MS, simHost } from "../sim/fixtures.ts";
import type { SimHost } from "../sim/sim_host.ts";

const LAYOUT = layoutOf("/project/logs");
const DAY_MS = 24 * HOUR_MS;
/** Until the simulated disk works again. */
const UNTIL = HOUR_MS;
const FOREIGN = `{"ts": "2026-11-02T09:00:00.000Z", "event": "ticket_sync_done", "tickets": 4}\n`;

function start(round_num: number): Draft {
  return { event: "round_start", round_num, phase: null };
}

/** A state-changing event of somebody else's. */
function foreignStart(round: number): string {
  return `{"ts":"2026-11-02T09:00:00.000Z","event":"round_start","round_num":${round},"phase":null}\n`;
}

function roundsIn(text: string | null): readonly number[] {
  return (text ?? "").split("\n").flatMap((line) => {
    const round = line.match(
      /^\{"ts": ?"[^"]*", ?"event": ?"round_start", ?"round_num": ?(\d+), ?"phase": ?null\}$/,
    );
    return round === null ? [] : [Number(round[1])];
  });
}

/** What the log holds on the disk is what the writer believes. */
function assertTrue(log: EventLog, host: Host, layout: Layout = LAYOUT): void {
  const checkpoint = host.files.readText(layout.checkpoint);
  host.files.remove(layout.checkpoint);
  const { state, counts } = foldLog(host, layout);
  assert.deepEqual(log.state, state);
  assert.deepEqual(log.folded.counts, counts);
  if (checkpoint !== null) host.files.replace(layout.checkpoint, checkpoint, "whole");
}

function month(name: string): string {
  return `${LAYOUT.dir}/events-${name}.jsonl`;
}

function opened(
  prepare: (sim: SimHost) => void = () => {},
): { readonly sim: SimHost; readonly log: EventLog } {
  const sim = simHost(1);
  prepare(sim);
  return { sim, log: EventLog.open(sim, LAYOUT) };
}

Deno.test("append() stamps, writes and folds one line, and hands the event to onAppend", () => {
  const { sim, log } = opened();
  const seen: unknown[] = [];
  log.onAppend = (event) => void seen.push(event);
  const event = log.append(start(3));
  assert.deepEqual(event, {
    ts: "2026-11-02T09:00:00.000Z",
    event: "round_start",
    round_num: 3,
    phase: null,
  });
  assert.equal(
    sim.disk.text(EVENTS),
    `{"ts": "2026-11-02T09:00:00.000Z", "event": "round_start", "round_num": 3, "phase": null}\n`,
  );
  assert.deepEqual(seen, [event]);
  assert.equal(log.state.running?.num, 3);
  assertTrue(log, sim);
});

Deno.test("append() lets round starts and ends survive a power cut", () => {
  const { sim, log } = opened();
  log.append(start(1));
  log.append({ event: "agent_spawn", round_num: 1, timeout_s: 10 });
  log.append({ event: "round_end", round_num: 1 });
  sim.reboot({ power: true });
  assert.equal(EventLog.open(sim, LAYOUT).state.roundsEnded, 1);
});

Deno.test("open() ends a torn last line, and what is appended stands alone", () => {
  const { sim, log } = opened((sim) => sim.disk.put(EVENTS, `${foreignStart(1)}{"ts": "2026-11-02T0`));
  log.append(start(2));
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [1, 2]);
  assert.deepEqual(log.folded.counts, { lines: 3, broken: 1, foreign: 0 });
  assertTrue(log, sim);
});

Deno.test("open() counts a last line that lacks only its newline", () => {
  const { log } = opened((sim) => sim.disk.put(EVENTS, foreignStart(7).trimEnd()));
  assert.equal(log.state.highestRound, 7);
});

Deno.test("open() goes on with the fold at which a life before was killed, at any append", () => {
  for (let n = 1; n <= 6; n++) {
    for (let seed = 1; seed <= 5; seed++) {
      const sim = simHost(seed);
      const log = EventLog.open(sim, LAYOUT);
      sim.crash.atAppend(n);
      let acknowledged = 0;
      assert.throws(() => {
        for (let round = 1;; round++) {
          log.append(start(round));
          acknowledged = round;
        }
      }, { name: "Dead" });
      const next = EventLog.open(sim.reboot({ power: false }), LAYOUT);
      assert.ok(next.state.highestRound >= acknowledged && acknowledged === n - 1);
      next.append(start(99));
      assert.equal(roundsIn(sim.disk.text(EVENTS)).at(-1), 99);
      assertTrue(next, sim);
    }
  }
});

Deno.test("open() throws, when the directory takes no file", () => {
  const sim = simHost(1);
  sim.disk.readOnlyUntil(UNTIL);
  assert.throws(() => EventLog.open(sim, LAYOUT), FileError);
});

Deno.test("append() folds what others wrote in between, before its own", () => {
  const { sim, log } = opened();
  log.append(start(1));
  sim.foreignAppend(EVENTS, FOREIGN + foreignStart(5));
  log.append(start(2));
  assert.equal(log.state.highestRound, 5);
  assert.equal(log.state.running?.num, 2);
  assert.deepEqual(log.folded.counts, { lines: 4, broken: 0, foreign: 1 });
  assertTrue(log, sim);
});

Deno.test("append() writes its line again, when another writer left half a line before it", () => {
  const { sim, log } = opened();
  log.append(start(1));
  sim.foreignAppend(EVENTS, `${FOREIGN}{"ts": "2026-11-02T09:00:00.0`);
  log.append(start(2));
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [1, 2]);
  assert.deepEqual(log.folded.counts, { lines: 4, broken: 1, foreign: 1 });
  assertTrue(log, sim);
});

Deno.test("append() writes its line again, when another writer left half a line of more than a block", () => {
  const { sim, log } = opened();
  sim.foreignAppend(EVENTS, "x".repeat(1_500_000));
  log.poll();
  log.append(start(2));
  assert.equal(log.state.highestRound, 2);
  assertTrue(log, sim);
});

Deno.test("append() loses nothing, when the disk fills up while a line is written again", () => {
  const { sim, log } = opened();
  sim.foreignAppend(EVENTS, `{"ts": "torn`);
  const append = sim.disk.append.bind(sim.disk);
  let writes = 0;
  sim.disk.append = (file, path, bytes) => {
    if (path === EVENTS && ++writes === 2) throw new FileError("full", path, "No space left on device");
    append(file, path, bytes);
  };
  log.append(start(2));
  assert.equal(log.fault?.fault, "full");
  assert.equal(log.state.highestRound, 2);
  log.poll();
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [2]);
  assertTrue(log, sim);
});

Deno.test("poll() takes in what others have appended, and append() goes on behind it", () => {
  const { sim, log } = opened();
  sim.foreignAppend(EVENTS, foreignStart(4));
  log.poll();
  assert.equal(log.state.running?.num, 4);
  log.append(start(5));
  sim.foreignAppend(EVENTS, `{"ts": "half`);
  log.poll();
  sim.foreignAppend(EVENTS, ` a line"}\n`);
  log.poll();
  assert.deepEqual(log.folded.counts, { lines: 3, broken: 0, foreign: 1 });
  assertTrue(log, sim);
});

Deno.test("two logs on one directory see all of each other's events, when they take turns", () => {
  const sim = simHost(1);
  const logs = [EventLog.open(sim, LAYOUT), EventLog.open(sim.secondProgram(), LAYOUT)] as const;
  for (let round = 1; round <= 10; round++) {
    const log = logs[round % 2]!;
    log.append(start(round));
    assert.equal(log.folded.counts.lines, round);
    assertTrue(log, sim);
  }
  for (const log of logs) {
    log.poll();
    assert.equal(log.folded.counts.lines, 10);
    assertTrue(log, sim);
  }
});

Deno.test("append() begins a new file with the new month, and the state goes on", () => {
  const { sim, log } = opened();
  log.append(start(1));
  sim.stepClock(29 * DAY_MS);
  log.append(start(2));
  log.append(start(3));
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [1]);
  assert.deepEqual(roundsIn(sim.disk.text(month("2026-12"))), [2, 3]);
  assertTrue(log, sim);
});

Deno.test("append() never goes back to an older month, when the clock steps back a little", () => {
  const { sim, log } = opened();
  sim.stepClock(29 * DAY_MS);
  log.append(start(1));
  sim.stepClock(-10 * DAY_MS);
  log.append(start(2));
  assert.deepEqual(roundsIn(sim.disk.text(month("2026-12"))), [1, 2]);
  const next = EventLog.open(sim, LAYOUT);
  next.append(start(3));
  assert.deepEqual(roundsIn(sim.disk.text(month("2026-12"))), [1, 2, 3]);
  assertTrue(next, sim);
});

Deno.test("append() leaves a file dated beyond next month alone, though its events count", () => {
  const { sim, log } = opened((sim) => sim.disk.put(month("2031-05"), foreignStart(40)));
  log.append(start(41));
  assert.equal(sim.disk.text(month("2031-05")), foreignStart(40));
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [41]);
  assert.deepEqual([log.state.highestRound, log.state.running?.num], [41, 41]);
  assertTrue(log, sim);
});

Deno.test("append() leaves the file of a wrong clock, when the clock is set right", () => {
  const { sim, log } = opened();
  sim.stepClock(400 * DAY_MS);
  log.append(start(1));
  sim.stepClock(-400 * DAY_MS);
  log.append(start(2));
  assert.deepEqual(roundsIn(sim.disk.text(month("2027-12"))), [1]);
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [2]);
  assertTrue(log, sim);
});

Deno.test("poll() folds from the start, when an older month's file has grown", () => {
  const { sim, log } = opened((sim) => sim.disk.put(month("2026-10"), foreignStart(8)));
  log.append(start(2));
  sim.foreignAppend(month("2026-10"), foreignStart(9));
  log.poll();
  assert.deepEqual([log.state.highestRound, log.state.running?.num], [9, 2]);
  assertTrue(log, sim);
});

Deno.test("append() forgets nothing, when somebody has cut the file", () => {
  const { sim, log } = opened();
  for (let round = 1; round <= 9; round++) log.append(start(round));
  sim.disk.put(EVENTS, "");
  log.append(start(10));
  sim.disk.put(EVENTS, `{"ts": "cut here`);
  log.append(start(11));
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [11]);
  assert.deepEqual([log.state.highestRound, log.state.running?.num, log.state.roundsEnded], [11, 11, 0]);
  assert.deepEqual(EventLog.open(sim.secondProgram(), LAYOUT).state, log.state);
});

Deno.test("poll() begins the file anew, when somebody has moved or removed it", () => {
  const { sim, log } = opened();
  log.append(start(1));
  sim.files.rename(EVENTS, "/project/archived.jsonl");
  log.poll();
  log.append(start(2));
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [2]);
  assert.deepEqual(roundsIn(sim.disk.text("/project/archived.jsonl")), [1]);
  sim.files.remove(EVENTS);
  sim.elapse(1);
  const second = EventLog.open(sim.secondProgram(), LAYOUT);
  second.append(start(7));
  log.poll();
  log.append(start(8));
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [7, 8]);
  assert.deepEqual([log.state.highestRound, log.state.running?.num], [8, 8]);
  assert.deepEqual(EventLog.open(sim.secondProgram(), LAYOUT).state, log.state);
});

Deno.test("append() frees the reserve of a full disk first, writes what was refused, and says so meanwhile", () => {
  const { sim, log } = opened();
  assert.equal(sim.disk.text(LAYOUT.reserve)?.length, 65_536);
  sim.disk.fillUntil(UNTIL);
  log.append(start(1));
  assert.equal(log.fault?.fault, "full");
  assert.equal(sim.disk.text(LAYOUT.reserve), null);
  assert.equal(log.state.running?.num, 1, "the state goes on from it");
  log.append(start(2));
  assert.equal(log.fault, null);
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [1, 2]);
  assertTrue(log, sim);
});

Deno.test("poll() writes what was refused, and has no fault left, when the reserve was enough", () => {
  const { sim, log } = opened();
  sim.disk.fillUntil(UNTIL);
  log.append(start(1));
  log.poll();
  assert.equal(log.fault, null);
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [1]);
  assertTrue(log, sim);
});

Deno.test("append() keeps time and order of what a full disk refused, until there is space", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const sim = simHost(seed);
    const log = EventLog.open(sim, LAYOUT);
    log.append(start(1));
    sim.files.remove(LAYOUT.reserve);
    sim.disk.fillUntil(sim.t + UNTIL);
    for (let round = 2; round <= 6; round++) {
      sim.elapse(1000);
      log.append(start(round));
      assert.equal(log.state.running?.num, round);
      assert.equal(log.fault?.fault, "full");
      if (round === 4) log.poll();
    }
    assert.ok(roundsIn(sim.disk.text(EVENTS)).length < 6);
    sim.elapse(UNTIL);
    log.poll();
    assert.equal(log.fault, null);
    const text = sim.disk.text(EVENTS)!;
    assert.deepEqual([...new Set(roundsIn(text))], [1, 2, 3, 4, 5, 6], `seed ${seed}`);
    assert.match(text, /"ts": "2026-11-02T09:00:05.000Z", "event": "round_start", "round_num": 6/);
    assertTrue(log, sim);
    assert.equal(sim.disk.text(LAYOUT.reserve)?.length, 65_536, "the reserve is kept again");
  }
});

Deno.test("append() waits for a read-only disk, takes in others' lines meanwhile and loses nothing", () => {
  const { sim, log } = opened();
  sim.disk.readOnlyUntil(UNTIL);
  log.append(start(1));
  log.append(start(2));
  assert.equal(log.fault?.fault, "read_only");
  assert.equal(sim.disk.text(EVENTS), "");
  sim.elapse(UNTIL);
  sim.foreignAppend(EVENTS, foreignStart(9));
  log.append(start(3));
  assert.equal(log.fault, null);
  assert.deepEqual(roundsIn(sim.disk.text(EVENTS)), [9, 1, 2, 3]);
  assertTrue(log, sim);
});

Deno.test("append() carries what was refused into the next month's file, when the month turns meanwhile", () => {
  const { sim, log } = opened();
  sim.files.remove(LAYOUT.reserve);
  sim.disk.fillUntil(UNTIL);
  log.append(start(1));
  sim.stepClock(29 * DAY_MS);
  log.append(start(2));
  sim.elapse(UNTIL);
  log.append(start(3));
  assert.deepEqual(roundsIn(sim.disk.text(month("2026-12"))), [1, 2, 3]);
  assertTrue(log, sim);
});

Deno.test("fault stays null, when only the checkpoint finds no space", () => {
  const { sim, log } = opened();
  log.append(start(1));
  sim.disk.fillUntil(UNTIL);
  log.checkpoint();
  assert.equal(log.fault, null);
});

Deno.test("close() leaves a checkpoint with which the next open() gets on at once", () => {
  const { sim, log } = opened();
  for (let round = 1; round <= 3; round++) log.append(start(round));
  log.close();
  const checkpoint = JSON.parse(sim.disk.text(LAYOUT.checkpoint)!);
  assert.equal(checkpoint.files["events-2026-11.jsonl"].offset, sim.disk.text(EVENTS)!.length);
  sim.disk.put(
    LAYOUT.checkpoint,
    JSON.stringify({ ...checkpoint, state: { ...checkpoint.state, crashes: 4 } }),
  );
  assert.equal(EventLog.open(sim, LAYOUT).state.crashes, 4);
});

Deno.test("append() writes a checkpoint after 2000 lines", () => {
  const { sim, log } = opened();
  for (let round = 1; round < 2000; round++) log.append(start(round));
  assert.equal(JSON.parse(sim.disk.text(LAYOUT.checkpoint)!).state.highestRound, 0);
  log.append(start(2000));
  assert.equal(JSON.parse(sim.disk.text(LAYOUT.checkpoint)!).state.highestRound, 2000);
});

async function withRealFolder(act: (host: Host, layout: Layout) => void): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir());
  try {
    act(systemHost(), layoutOf(dir));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function realFile({ dir }: Layout): string {
  const [name] = [...Deno.readDirSync(dir)].map((entry) => entry.name).filter((name) =>
    name.startsWith("events-")
  );
  return `${dir}/${name}`;
}

Deno.test("append() writes on the real disk, behind others, with mode 0600", () =>
  withRealFolder((host, layout) => {
    const log = EventLog.open(host, layout);
    log.append(start(1));
    const path = realFile(layout);
    Deno.writeTextFileSync(path, `${FOREIGN}{"torn`, { append: true });
    log.append(start(2));
    Deno.writeTextFileSync(path, foreignStart(3), { append: true });
    log.poll();
    assert.deepEqual(roundsIn(Deno.readTextFileSync(path)), [1, 2, 3]);
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    assertTrue(log, host, layout);
    log.close();
    assertTrue(EventLog.open(host, layout), host, layout);
  }));

Deno.test("two logs on the real disk see all of each other's events, when they take turns", () =>
  withRealFolder((host, layout) => {
    const logs = [EventLog.open(host, layout), EventLog.open(host, layout)] as const;
    for (let round = 1; round <= 20; round++) {
      logs[round % 2]!.append(start(round));
      assert.equal(logs[round % 2]!.folded.counts.lines, round);
    }
    for (const log of logs) log.poll();
    assert.deepEqual(logs[0].state, logs[1].state);
    assert.deepEqual(
      roundsIn(Deno.readTextFileSync(realFile(layout))),
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  }));
