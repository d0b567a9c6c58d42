import assert from "node:assert/strict";
import fc from "fast-check";
import { EVOLVE_VERSION } from "../../lib/core/project_state.ts";
import {
  eventFileName,
  eventFileNames,
  type Folded,
  foldLog,
  foldOn,
  lastPlausibleName,
  writeCheckpoint,
} from "../../lib/store/fold.ts";
import { layoutOf } from "../../lib/store/layout.ts";
import { encodeLine, stamp } from "../../lib/store/line_format.ts";
import { logged, round, serve, type Step, stopped } from "../core/given.ts";
import { bytes, simHost } from "../sim/fixtures.ts";
import type { SimHost } from "../sim/sim_host.ts";

const LAYOUT = layoutOf("/project/logs");
const OCTOBER = "events-2026-10.jsonl";
const NOVEMBER = "events-2026-11.jsonl";

function at(name: string): string {
  return `${LAYOUT.dir}/${name}`;
}

function textOf(steps: readonly Step[]): string {
  return steps.map((step) => encodeLine(logged(step))).join("");
}

/** A log of two months with a checkpoint at its end. */
function withCheckpoint(): SimHost {
  const sim = simHost(1);
  sim.disk.put(at(OCTOBER), textOf([...serve(0), ...round(1, 1)]));
  sim.disk.put(at(NOVEMBER), textOf([...round(2, 200), ...stopped(400, "stop_asked", 0)]));
  writeCheckpoint(sim, LAYOUT, foldLog(sim, LAYOUT));
  return sim;
}

/** The same fold with no help. */
function foldFromStart(sim: SimHost): Folded {
  const checkpoint = sim.disk.text(LAYOUT.checkpoint);
  sim.files.remove(LAYOUT.checkpoint);
  const folded = foldLog(sim, LAYOUT);
  if (checkpoint !== null) sim.disk.put(LAYOUT.checkpoint, checkpoint);
  return folded;
}

/** Makes the checkpoint tell something that the files do not, so that its use can be seen. */
function marked(sim: SimHost): void {
  const text = sim.disk.text(LAYOUT.checkpoint)!;
  sim.disk.put(LAYOUT.checkpoint, text.replace(`"highestRound":2`, `"highestRound":777`));
}

function usesCheckpoint(sim: SimHost): boolean {
  return foldLog(sim, LAYOUT).state.highestRound === 777;
}

const FOREIGN = `{"ts": "2026-11-02T09:00:00.000Z", "event": "ticket_sync_done", "tickets": 4}\n`;

const step = fc.integer({ min: 1, max: 9 }).chain((num) =>
  fc.constantFrom(
    ...round(num, num * 200),
    ...round(num, num * 200, { code: 1, durationS: 1 }).slice(1),
    ...serve(num * 200),
    ...stopped(num * 200, "crash_loop", 70),
  )
);

/** What a log may hold: our lines, compact ones, other writers' ones, rubbish, torn lines, nothing. */
const pieces = fc.oneof(
  { weight: 6, arbitrary: step.map((one) => bytes(encodeLine(logged(one)))) },
  step.map((one) => bytes(`${JSON.stringify(logged(one))}\n`)),
  step.chain((one) => {
    const line = encodeLine(logged(one));
    return fc.integer({ min: 1, max: line.length }).map((length) => bytes(line.slice(0, length)));
  }),
  fc.constantFrom(FOREIGN, "\n", "42\n", "null\n", "[]\n", "\ufeff", `{"event": "round_end"}\n`, "é\n").map(
    bytes,
  ),
  fc.uint8Array({ maxLength: 20 }),
);

const logs = fc.array(fc.record({ piece: pieces, checkpoint: fc.boolean() }), { maxLength: 40 });

Deno.test("foldLog() gives the same with checkpoints on the way as from the start, whatever the log holds", () => {
  fc.assert(fc.property(logs, fc.nat(40), (log, newMonth) => {
    const sim = simHost(1);
    for (const [index, { piece, checkpoint }] of log.entries()) {
      const path = at(index < newMonth ? OCTOBER : NOVEMBER);
      sim.disk.append(sim.disk.fileToChange(path), path, piece);
      if (checkpoint) writeCheckpoint(sim, LAYOUT, foldLog(sim, LAYOUT));
    }
    assert.deepEqual(foldLog(sim, LAYOUT), foldFromStart(sim));
  }));
});

Deno.test("foldOn() gives null or the same as from the start, when any file grew, shrank or vanished", () => {
  const change = fc.record({
    name: fc.constantFrom("events-2026-09.jsonl", OCTOBER, NOVEMBER),
    piece: pieces,
    how: fc.constantFrom("grow", "grow", "grow", "replace", "remove"),
  });
  fc.assert(fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
    const sim = withCheckpoint();
    let folded = foldLog(sim, LAYOUT);
    for (const { name, piece, how } of changes) {
      if (how === "remove") sim.files.remove(at(name));
      else if (how === "replace") {
        sim.files.remove(at(name));
        sim.disk.put(at(name), piece);
      } else sim.disk.append(sim.disk.fileToChange(at(name)), name, piece);
      folded = foldOn(sim, LAYOUT, folded) ?? foldLog(sim, LAYOUT);
      assert.deepEqual(folded.state, foldFromStart(sim).state);
      assert.deepEqual(folded.counts, foldFromStart(sim).counts);
    }
  }));
});

Deno.test("foldLog() uses the checkpoint, when nothing or only the newest file has grown", () => {
  const sim = withCheckpoint();
  marked(sim);
  assert.ok(usesCheckpoint(sim));
  sim.foreignAppend(at(NOVEMBER), FOREIGN);
  assert.ok(usesCheckpoint(sim));
  sim.foreignAppend(at("events-2026-12.jsonl"), FOREIGN);
  assert.ok(usesCheckpoint(sim));
  sim.foreignAppend(at(OCTOBER), `{"ts": "torn`);
  assert.ok(usesCheckpoint(sim), "half a line is none yet");
});

Deno.test("foldLog() starts from the beginning, when the checkpoint does not fit", () => {
  const changes: Readonly<Record<string, (sim: SimHost) => void>> = {
    "another version's": (sim) => {
      const text = sim.disk.text(LAYOUT.checkpoint)!;
      sim.disk.put(
        LAYOUT.checkpoint,
        text.replace(`{"evolveVersion":${EVOLVE_VERSION}`, `{"evolveVersion":0`),
      );
    },
    "torn": (sim) => sim.disk.put(LAYOUT.checkpoint, sim.disk.text(LAYOUT.checkpoint)!.slice(0, -1)),
    "no object": (sim) => sim.disk.put(LAYOUT.checkpoint, "null"),
    "a file replaced by its copy": (sim) => {
      const text = sim.disk.text(at(NOVEMBER))!;
      sim.files.remove(at(NOVEMBER));
      sim.disk.put(at(NOVEMBER), text);
    },
    "a file cut": (sim) => sim.disk.put(at(NOVEMBER), textOf(round(2, 200))),
    "a file's last line changed": (sim) => {
      const text = sim.disk.text(at(NOVEMBER))!;
      sim.disk.put(at(NOVEMBER), text.replace("stop_asked", "stop_akked"));
    },
    "an older file grown": (sim) => sim.foreignAppend(at(OCTOBER), FOREIGN),
    "a file gone": (sim) => sim.files.remove(at(OCTOBER)),
    "an older file come": (sim) => sim.disk.put(at("events-2026-09.jsonl"), FOREIGN),
  };
  for (const [why, change] of Object.entries(changes)) {
    const sim = withCheckpoint();
    marked(sim);
    change(sim);
    assert.ok(!usesCheckpoint(sim), why);
    assert.equal(foldLog(sim, LAYOUT).state.highestRound, 2, why);
  }
});

Deno.test("foldLog() counts blank lines as none, broken and foreign ones as such, and never fails on them", () => {
  const sim = simHost(1);
  const rubbish = Uint8Array.from([0, 255, 10, 10, 0xc3, 10]);
  const torn = `{"ts": "2026-11-02T09:00:00.000Z", "event": "round_progress", "round_num": 1, "log\n`;
  const text = `${FOREIGN}42\n\nnull\n{"a": 1}\n${torn}${textOf(round(5, 0))}`;
  sim.disk.put(at(NOVEMBER), Uint8Array.from([...rubbish, ...bytes(text)]));
  const { state, counts } = foldLog(sim, LAYOUT);
  assert.equal(state.highestRound, 5);
  assert.deepEqual(counts, { lines: 10, broken: 5, foreign: 2 });
});

Deno.test("foldLog() takes no kind for one whose name it begins with", () => {
  const sim = simHost(1);
  const others = FOREIGN.replace(/"event": "[^"]*"/, '"event": "round_"').repeat(2);
  sim.disk.put(at(NOVEMBER), others + textOf(round(5, 0)) + others);
  const { state, counts } = foldLog(sim, LAYOUT);
  assert.deepEqual([state.roundsEnded, counts.broken, counts.foreign], [1, 0, 4]);
});

Deno.test("foldLog() knows a kind in a line that another program wrote more densely", () => {
  const sim = simHost(1);
  sim.disk.put(at(NOVEMBER), round(5, 0).map((one) => `${JSON.stringify(logged(one))}\n`).join(""));
  assert.equal(foldLog(sim, LAYOUT).state.roundsEnded, 1);
});

Deno.test("foldLog() passes over a line of 10 MB, and knows what comes before and behind it", () => {
  const sim = simHost(1);
  const long = encodeLine(stamp({ event: "round_end", round_num: 1 }, 0)).replace(
    "}",
    `, "x": "${"x".repeat(1e7)}"}`,
  );
  sim.disk.put(at(NOVEMBER), textOf(round(1, 0).slice(0, 2)) + long + textOf(round(2, 200)));
  const { state, counts } = foldLog(sim, LAYOUT);
  assert.deepEqual([state.highestRound, state.roundsEnded, counts.broken, counts.lines], [2, 1, 1, 6]);
});

Deno.test("foldLog() counts an overlong line once, when a checkpoint was written in the middle of it", () => {
  const sim = simHost(1);
  const long = "x".repeat(1_500_000);
  sim.disk.put(at(NOVEMBER), textOf(round(1, 0)) + long);
  writeCheckpoint(sim, LAYOUT, foldLog(sim, LAYOUT));
  sim.foreignAppend(at(NOVEMBER), `{"a": 1}\n${textOf(round(2, 200))}`);
  const { state, counts } = foldLog(sim, LAYOUT);
  assert.equal(state.highestRound, 2);
  assert.deepEqual(counts, foldFromStart(sim).counts);
});

Deno.test("foldLog() is the beginning of all, when there is no log or no folder", () => {
  assert.equal(foldLog(simHost(1), LAYOUT).state.highestRound, 0);
  assert.equal(foldLog(simHost(1), layoutOf("/nowhere")).counts.lines, 0);
});

Deno.test("foldLog() passes over folders and dangling links with a month file's name", () => {
  const sim = withCheckpoint();
  sim.files.makeDir(at("events-2026-08.jsonl"));
  sim.files.link(at("events-2026-09.jsonl"), "/archive/gone.jsonl");
  assert.equal(foldLog(sim, LAYOUT).state.highestRound, 2);
  sim.disk.put("/archive/gone.jsonl", textOf(round(5, 0)));
  assert.equal(foldLog(sim, LAYOUT).state.highestRound, 5, "a link to a file counts");
});

Deno.test("eventFileNames() puts what is dated beyond next month first, and takes no other names", () => {
  const sim = simHost(1);
  for (
    const name of [
      "events-2026-11.jsonl",
      "events-2026-12.jsonl",
      "events-2027-01.jsonl",
      "events-2031-05.jsonl",
      "events-2025-02.jsonl",
      "events-2026-11.jsonl.bak",
      "metrics-2026-11.jsonl",
      "events-2026-1.jsonl",
    ]
  ) sim.disk.put(at(name), "");
  assert.deepEqual(eventFileNames(sim, LAYOUT), [
    "events-2027-01.jsonl",
    "events-2031-05.jsonl",
    "events-2025-02.jsonl",
    "events-2026-11.jsonl",
    "events-2026-12.jsonl",
  ]);
});

Deno.test("eventFileName() is the month by UTC, and lastPlausibleName() the one after it, across a year's end", () => {
  const lastMs = Date.UTC(2026, 11, 31, 23, 59, 59, 999);
  assert.equal(eventFileName(lastMs), "events-2026-12.jsonl");
  assert.equal(eventFileName(lastMs + 1), "events-2027-01.jsonl");
  assert.equal(lastPlausibleName(lastMs), "events-2027-01.jsonl");
  assert.equal(lastPlausibleName(Date.UTC(2026, 0, 31)), "events-2026-02.jsonl");
});
