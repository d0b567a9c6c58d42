import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeEvent, type Draft, type LoggedEvent } from "../../lib/core/events.ts";
import { bestEffort, FileError } from "../../lib/core/file_error.ts";
import {
  holderText,
  livingServe,
  roundLockHolder,
  takeServeLock,
  writeHolder,
} from "../../lib/store/holder.ts";
import { layoutOf, roundLogName, roundNotesName, roundOfLog, roundOfNotes } from "../../lib/store/layout.ts";
import { encodeLine, LineBytes, stamp } from "../../lib/store/line_format.ts";
import { highestRoundOnDisk, pruneRoundLogs, removeStaleTemporaries } from "../../lib/store/retention.ts";
import {
  readRunningRound,
  removeRunningRound,
  type RunningRoundRecord,
  writeRunningRound,
} from "../../lib/store/running_round.ts";
import { readStatus, writeStatus } from "../../lib/store/status.ts";
import { HOUR_MS, simHost } from "../sim/fixtures.ts";

const LAYOUT = layoutOf("/project/logs");
const AT = Date.UTC(2026, 5, 2, 4, 12, 0, 7);

function lineOf(draft: Draft): string {
  return encodeLine(stamp(draft, AT));
}

function encoded(fields: Readonly<Record<string, unknown>>): string {
  return encodeLine(fields as unknown as LoggedEvent);
}

Deno.test("encodeLine() writes the Python version's lines byte for byte", () => {
  const lines = [
    `{"ts": "2026-06-02T04:12:00.007Z", "event": "round_start", "round_num": 31, "phase": null}`,
    `{"ts": "2026-06-02T04:12:00.007Z", "event": "agent_exit", "round_num": 31, "exit_code": -15, ` +
    `"duration_s": 1932.6412, "timed_out": true, "exit_cause": "timeout"}`,
    `{"ts": "2026-06-02T04:12:00.007Z", "event": "round_grace_extended", "round_num": 31, "grace_s": 30, ` +
    `"live_children": [{"name": "cargo", "pid": 48211}, {"name": "rustc", "pid": 48212}], "ignored_children": []}`,
    `{"ts": "2026-06-02T04:12:00.007Z", "event": "smoke_check_failed", "reason": "prompt: \\"a\\\\b\\"\\t\\n\\u0001é€😀"}`,
    `{"ts": "2026-06-02T04:12:00.007Z", "event": "x", "nothing": {}, "nested": {"a": [[1, -0.5], null], "b": false}}`,
  ];
  for (const line of lines) assert.equal(encoded(JSON.parse(line)), `${line}\n`);
});

Deno.test("stamp() puts time and kind first, with three decimals", () => {
  assert.equal(
    lineOf({ event: "round_end", round_num: 12 }),
    `{"ts": "2026-06-02T04:12:00.007Z", "event": "round_end", "round_num": 12}\n`,
  );
  const whole = stamp({ event: "round_end", round_num: 12 }, Date.UTC(2026, 5, 2));
  assert.equal(whole.ts, "2026-06-02T00:00:00.000Z");
});

Deno.test("encodeLine() escapes the three characters at which some readers split lines, in keys too", () => {
  assert.equal(encoded({ "a\u2028": "b\u0085c\u2029" }), `{"a\\u2028": "b\\u0085c\\u2029"}\n`);
});

Deno.test("encodeLine() writes what is no number as null and leaves out what is undefined", () => {
  assert.equal(
    encoded({ a: NaN, b: Infinity, c: -Infinity, d: undefined, e: [undefined], f: 1e21, g: 5 }),
    `{"a": null, "b": null, "c": null, "e": [null], "f": 1e+21, "g": 5}\n`,
  );
});

Deno.test("encodeLine() gives one line that reads back the same, whatever the value", () => {
  const text = fc.string({ unit: fc.constantFrom(...'aé€😀\u2028\u0085\ud800"\\\n\0'), maxLength: 8 });
  fc.assert(fc.property(fc.dictionary(text, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 5 }), (fields) => {
    const line = encoded(fields);
    assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(fields)));
    assert.match(line, /^[^\n\r\u0085\u2028\u2029]*\n$/);
  }));
});

Deno.test("stamp() leaves a round number out, when there is no round", () => {
  const ran = {
    hook_name: "notify",
    hook_kind: "event:serve_stopped",
    exit_code: 0,
    duration_s: 1,
    output: "",
  };
  const stamped = stamp({ event: "hook_ran", ...ran, round_num: null }, AT);
  assert.deepEqual(stamped, { ts: stamped.ts, event: "hook_ran", ...ran });
  assert.deepEqual(decodeEvent(stamped), stamped);
  assert.deepEqual(decodeEvent({ ...stamped, round_num: null }), { ...stamped, round_num: null });
});

Deno.test("stamp() redacts free texts first and cuts them then", () => {
  const secret = `sk-ant-${"a1".repeat(20)}`;
  const stamped = stamp({ event: "agent_self_terminated", reason: `${"x".repeat(185)} ${secret} tail` }, AT);
  assert.equal(
    stamped.event === "agent_self_terminated" && stamped.reason,
    `${"x".repeat(185)} <redacted> tai`,
  );
});

Deno.test("stamp() cuts free texts that may be null and leaves other texts alone", () => {
  const long = "y".repeat(300);
  const tool = {
    event: "anomaly_repetitive_tool",
    round_num: 1,
    tool_name: long,
    count: 1,
    window: 2,
  } as const;
  const cut = stamp({ ...tool, target: long }, AT);
  assert.deepEqual(cut, { ts: cut.ts, ...tool, target: "y".repeat(100) });
  assert.deepEqual(stamp({ ...tool, target: null }, AT), { ts: cut.ts, ...tool, target: null });
});

Deno.test("layoutOf() gives the Python version's names", () => {
  assert.deepEqual(
    [LAYOUT.roundLock, LAYOUT.roundLockHolder, LAYOUT.servePid, LAYOUT.status, LAYOUT.context, LAYOUT.orphan]
      .map((path) => path.slice("/project/logs/".length)),
    [
      "agent-runner.lock",
      "agent-runner.lock.holder",
      "serve.pid",
      "status.json",
      "round-context.json",
      "orphan-state.json",
    ],
  );
  assert.equal(LAYOUT.sentinel, "/project/logs/.agent-done");
  assert.equal(LAYOUT.currentLog, "/project/logs/round-current.log");
});

Deno.test("roundOfLog() and roundOfNotes() read the number back, and null where the name is another's", () => {
  assert.equal(roundLogName(31, AT), "rounds/R31-20260602T041200.log");
  assert.equal(roundOfLog("R31-20260602T041200.log"), 31);
  assert.equal(roundNotesName(31), "round-31.log");
  assert.equal(roundOfNotes("round-31.log"), 31);
  for (
    const name of ["R-1.log", "Rx-1.log", "R1.log", "xR1-2.log", "R1-2.log.gz", "R9999999999999999-1.log"]
  ) {
    assert.equal(roundOfLog(name), null, name);
  }
  for (const name of ["round-current.log", "round-.log", "round-1.log.tmp", "round-1e3.log"]) {
    assert.equal(roundOfNotes(name), null, name);
  }
});

Deno.test("writeStatus() writes exactly the keys that the Python version accepts, without the null ones", () => {
  const sim = simHost(1);
  const first = { last_completed_at: null, last_exit_code: null, last_duration_s: null, current_phase: null };
  writeStatus(sim, LAYOUT, { round_num: 1, running: true, ...first, phase_index: 0 });
  assert.equal(
    sim.disk.text(LAYOUT.status),
    `{\n  "round_num": 1,\n  "running": true,\n  "phase_index": 0\n}`,
  );
  const status = {
    round_num: 4,
    running: false,
    last_completed_at: "2026-06-02T04:12:00.007Z",
    last_exit_code: -15,
    last_duration_s: 1.5,
    current_phase: "dev",
    phase_index: 1,
  };
  writeStatus(sim, LAYOUT, status);
  assert.deepEqual(Object.keys(JSON.parse(sim.disk.text(LAYOUT.status)!)), Object.keys(status));
  assert.deepEqual(readStatus(sim, LAYOUT), { kind: "status", status });
});

Deno.test("readStatus() says what is wrong, when the file is missing or no status", () => {
  const sim = simHost(1);
  const read = (text: string | Uint8Array) => {
    sim.disk.put(LAYOUT.status, text);
    return readStatus(sim, LAYOUT);
  };
  assert.deepEqual(readStatus(sim, LAYOUT), { kind: "none" });
  for (const text of ["", "{", "[]", "null", "7", new Uint8Array([0xff, 0x00, 0xc3])]) {
    assert.deepEqual(read(text), { kind: "unreadable", why: "status.json is no JSON object" });
  }
  for (const text of ["{}", `{"round_num": "3"}`, `{"round_num": 1.5}`, `{"round_num": -1}`]) {
    assert.deepEqual(read(text), { kind: "unreadable", why: "status.json has no round number" });
  }
});

Deno.test("readStatus() takes what it can, when other fields are odd or unknown", () => {
  const sim = simHost(1);
  sim.disk.put(
    LAYOUT.status,
    `{"round_num": 3, "running": 1, "last_exit_code": "0", "phase_index": -1, "x": 1}`,
  );
  assert.deepEqual(readStatus(sim, LAYOUT), {
    kind: "status",
    status: {
      round_num: 3,
      running: false,
      last_completed_at: null,
      last_exit_code: null,
      last_duration_s: null,
      current_phase: null,
      phase_index: 0,
    },
  });
});

const RECORD: RunningRoundRecord = {
  round: 3,
  phase: null,
  id: "round-3-7f",
  pid: 4711,
  start_time: "123456",
  boot_id: "b",
  cgroup: null,
  log: "rounds/R3-20260602T041200.log",
  started_at: "2026-06-02T04:12:00.007Z",
  started_boot_ms: 1,
  deadline_boot_ms: 2,
  timeout_s: 3600,
  hole: null,
};

Deno.test("readRunningRound() gives back what was written, and null when it is removed or cannot be trusted", () => {
  const sim = simHost(1);
  assert.equal(readRunningRound(sim, LAYOUT), null);
  writeRunningRound(sim, LAYOUT, RECORD);
  assert.deepEqual(readRunningRound(sim, LAYOUT), RECORD);
  for (const odd of [{ pid: 1 }, { pid: "4711" }, { round: 0 }, { start_time: 123 }, { boot_id: null }]) {
    sim.disk.put(LAYOUT.runningRound, JSON.stringify({ ...RECORD, ...odd }));
    assert.equal(readRunningRound(sim, LAYOUT), null, JSON.stringify(odd));
  }
  sim.disk.put(LAYOUT.runningRound, JSON.stringify(RECORD).slice(0, 50));
  assert.equal(readRunningRound(sim, LAYOUT), null);
  removeRunningRound(sim, LAYOUT);
  assert.equal(sim.disk.text(LAYOUT.runningRound), null);
});

Deno.test("writeRunningRound() throws, when the disk refuses: then no agent may start", () => {
  const sim = simHost(1);
  sim.disk.readOnlyUntil(HOUR_MS);
  assert.throws(() => writeRunningRound(sim, LAYOUT, RECORD), FileError);
});

function namesIn(sim: ReturnType<typeof simHost>, dir: string): readonly string[] {
  return sim.files.list(dir)!.map(({ name }) => name).sort();
}

Deno.test("pruneRoundLogs() keeps the newest of both kinds by number, and leaves links and others alone", () => {
  const sim = simHost(1);
  for (const n of [1, 2, 9, 10, 11]) {
    sim.disk.put(`${LAYOUT.rounds}/R${n}-20260602T04120${n % 10}.log`, "out");
    sim.disk.put(`${LAYOUT.dir}/round-${n}.log`, "notes");
  }
  sim.disk.put(`${LAYOUT.rounds}/notes.txt`, "mine");
  sim.files.link(LAYOUT.currentLog, "rounds/gone.log");
  pruneRoundLogs(sim, LAYOUT, { round_log_retention: 2, round_logs_total_mb: 1 });
  assert.deepEqual(namesIn(sim, LAYOUT.rounds), [
    "R10-20260602T041200.log",
    "R11-20260602T041201.log",
    "notes.txt",
  ]);
  assert.deepEqual(namesIn(sim, LAYOUT.dir), ["round-10.log", "round-11.log", "round-current.log", "rounds"]);
});

Deno.test("pruneRoundLogs() does nothing, when there is no folder yet", () => {
  pruneRoundLogs(simHost(1), layoutOf("/nowhere"), { round_log_retention: 2, round_logs_total_mb: 1 });
});

Deno.test("highestRoundOnDisk() takes the highest number of any file, 0 without one", () => {
  const sim = simHost(1);
  assert.equal(highestRoundOnDisk(sim, LAYOUT), 0);
  sim.disk.put(`${LAYOUT.dir}/round-7.log`, "");
  assert.equal(highestRoundOnDisk(sim, LAYOUT), 7);
  sim.disk.put(`${LAYOUT.rounds}/R12-20260602T041200.log`, "");
  sim.disk.put(`${LAYOUT.rounds}/Rx-99.log`, "");
  assert.equal(highestRoundOnDisk(sim, LAYOUT), 12);
});

Deno.test("removeStaleTemporaries() removes what broken writes left an hour ago, and nothing younger", () => {
  const sim = simHost(1);
  sim.disk.put(`${LAYOUT.dir}/status.json.k3x.tmp`, "{");
  sim.disk.put(`${LAYOUT.hooks}/plugin-1.json.k3x.tmp`, "{");
  sim.stepClock(HOUR_MS + 1);
  sim.disk.put(`${LAYOUT.dir}/status.json.new.tmp`, "{");
  sim.disk.put(LAYOUT.status, "{}");
  removeStaleTemporaries(sim, LAYOUT);
  assert.deepEqual(namesIn(sim, LAYOUT.dir).filter((name) => name !== "hooks"), [
    "status.json",
    "status.json.new.tmp",
  ]);
  assert.deepEqual(namesIn(sim, LAYOUT.hooks), []);
});

Deno.test("holderText() names the holder as the Python version does", () => {
  const sim = simHost(1);
  const text = (content: string) => {
    sim.disk.put(LAYOUT.roundLockHolder, content);
    return holderText(sim, LAYOUT.roundLockHolder);
  };
  assert.equal(holderText(sim, LAYOUT.roundLockHolder), "holder unknown, sidecar missing");
  assert.equal(text("{torn"), "holder unknown, sidecar missing");
  assert.equal(text(`{"pid": "7"}`), "holder info unreadable");
  assert.equal(text(`{"pid": 999999}`), "stale sidecar, holder PID 999999 no longer alive");
  const { pid } = sim.stranger("python3", ["python3", "-m", "agent_runner", "x".repeat(100)]);
  assert.equal(text(`{"pid": ${pid}, "started_at": "?"}`), `held by PID ${pid}, age ?s, cmd: `);
  writeHolder(sim, LAYOUT.roundLockHolder, pid);
  sim.stepClock(93_400);
  const held = holderText(sim, LAYOUT.roundLockHolder);
  assert.equal(held, `held by PID ${pid}, age 93s, cmd: python3 -m agent_runner ${"x".repeat(56)}`);
  const script = text(JSON.stringify({ pid, cmdline: "/bin/sh -c \n# Called as sh, bash would" }));
  assert.equal(script, `held by PID ${pid}, age ?s, cmd: /bin/sh -c `);
});

Deno.test("takeServeLock() says who holds it, when another serve lives, and frees it with its holder", () => {
  const sim = simHost(1);
  const first = takeServeLock(sim.life, LAYOUT);
  assert.ok("release" in first);
  const second = sim.secondProgram();
  const refused = takeServeLock(second, LAYOUT);
  const { pid } = sim.life.process;
  assert.deepEqual(refused, { heldBy: `held by PID ${pid}, age 0s, cmd: agent-runner` });
  sim.kill();
  assert.ok("release" in takeServeLock(second, LAYOUT));
});

Deno.test("roundLockHolder() is null, when the lock is free, and does not keep it", () => {
  const sim = simHost(1);
  assert.equal(roundLockHolder(sim, LAYOUT), null);
  const lock = sim.secondProgram().files.lock(LAYOUT.roundLock);
  assert.ok(lock !== null, "the look has released it");
  assert.equal(roundLockHolder(sim, LAYOUT), "holder unknown, sidecar missing");
});

Deno.test("roundLockHolder() names the round that runs and who supervises it, where that is known", () => {
  const sim = simHost(1);
  assert.ok(sim.secondProgram().files.lock(LAYOUT.roundLock) !== null);
  const { pid, parent, startTime } = sim.stranger("sh");
  const id = `project-${parent}-1`;
  const record = { ...RECORD, id, pid, start_time: startTime, boot_id: sim.clock.boot().id };
  const holder = (odd: object = {}) => {
    writeRunningRound(sim, LAYOUT, { ...record, started_at: "2026-11-02T08:58:27.000Z", ...odd });
    return roundLockHolder(sim, LAYOUT);
  };
  assert.equal(holder(), `held by round 3, age 93s, supervisor PID ${parent}`);
  const { self } = sim.processes;
  const closing = { pid: 999_999, id: `boot.${self.startTime}-${self.pid}-3` };
  assert.equal(holder(closing), `held by round 3, age 93s, supervisor PID ${self.pid}`);
  const orphan = { id: "project-999999-1" };
  assert.equal(holder(orphan), "held by round 3, age 93s, without a supervisor");
  takeServeLock(sim.life, LAYOUT);
  assert.equal(holder(orphan), `held by round 3, age 93s, supervisor PID ${sim.life.process.pid}`);
  assert.equal(holder({ boot_id: "another" }), "holder unknown, sidecar missing");
});

Deno.test("livingServe() knows a serve by pid and start time, and one of the Python version by its pid", () => {
  const sim = simHost(1);
  const reader = sim.secondProgram();
  assert.equal(livingServe(reader, LAYOUT), null);
  takeServeLock(sim.life, LAYOUT);
  const { pid } = sim.life.process;
  assert.deepEqual(livingServe(reader, LAYOUT), { pid, since: sim.clock.now(), suspended: false });
  sim.disk.put(LAYOUT.servePid, `${pid}`);
  sim.kill();
  assert.equal(livingServe(reader, LAYOUT), null, "it is dead");
  sim.disk.put(LAYOUT.servePid, `${sim.stranger("python3").pid}\n`);
  assert.equal(livingServe(reader, LAYOUT)?.since, null);
  for (const junk of ["", "abc", "-1", "0", "999999"]) {
    sim.disk.put(LAYOUT.servePid, junk);
    assert.equal(livingServe(reader, LAYOUT), null, junk);
  }
});

Deno.test("bestEffort() gives the refusal and lets a bug through", () => {
  const refusal = new FileError("full", "/x", "No space left on device");
  const throwing = (error: unknown) => () => {
    throw error;
  };
  assert.equal(bestEffort(() => {}), null);
  assert.equal(bestEffort(throwing(refusal)), refusal);
  assert.throws(() => bestEffort(throwing(new TypeError("bug"))), TypeError);
});

Deno.test("LineBytes.of() gives a line as UTF-8, short or long, and each call its own", () => {
  const bytes = new LineBytes();
  for (
    const line of ["a\n", "ü€𝄞".repeat(5000), "b".repeat(16 * 1024), "c".repeat(16 * 1024 + 1), "", "d\n"]
  ) {
    assert.equal(new TextDecoder().decode(bytes.of(line)), line);
  }
});
