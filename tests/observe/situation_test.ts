import assert from "node:assert/strict";
import { isoOf } from "../../lib/core/instant.ts";
import { limitOf, round, serve, type Step, stopped, T0 } from "../core/given.ts";
import { holds, told } from "./given.ts";

function wait(atS: number, rule: string, untilS: number): readonly Step[] {
  return [[atS, { event: "wait_started", rule, until_epoch: T0 / 1000 + untilS }]];
}

const BEGUN: readonly Step[] = [...serve(0), ...round(1, 1)];

for (
  const [rule, because] of [
    ["disk_low", "too little free space for a new round"],
    ["log_unwritable", "the log directory cannot be written"],
    ["lock_held", "another round holds the lock"],
  ] as const
) {
  Deno.test(`whyText() says that serve waits and looks again, by the rule ${rule}, however long it takes`, () => {
    const low: readonly Step[] = [[102, { event: "disk_low", free_mb: 1, needed_mb: 200 }]];
    const { why, document, headline, waiting } = told({
      steps: [...BEGUN, ...low, ...wait(102, rule, 104)],
      atS: 300,
      serveAtS: 0,
    });
    assert.ok(
      why.startsWith(`Waiting: ${because}. It waits since 22:15 by the rule ${rule} and looks again`),
      why,
    );
    assert.match(why, /; round 2 starts when that is over\./);
    const since = isoOf(T0 + 102_000);
    assert.deepEqual(waiting, { rule, until_epoch: null, since });
    assert.deepEqual(document, {
      kind: "waiting",
      text: why,
      rule,
      until_epoch: null,
      since,
      round_num: null,
    });
    assert.equal(headline, "waiting");
  });
}

Deno.test("whyText() no longer waits for space when there is some", () => {
  const { why, waiting, headline } = told({
    steps: [
      ...BEGUN,
      [102, { event: "disk_low", free_mb: 1, needed_mb: 200 }],
      ...wait(102, "disk_low", 104),
      [290, { event: "disk_ok", free_mb: 500 }],
    ],
    atS: 291,
    serveAtS: 0,
  });
  assert.match(
    why,
    /^Between two rounds, since 22:15 \(for 3 min 10 s\): the start of round 2 is not in the log/,
  );
  assert.deepEqual([waiting, headline], [null, "between rounds"]);
});

for (const rule of ["restart_guard", "throttled", "no_work", "restart_delay"]) {
  Deno.test(`whyText() says until when serve waits by the rule ${rule}, and when that is over`, () => {
    const scene = { steps: [...BEGUN, ...wait(102, rule, 400)], serveAtS: 0 };
    const before = told({ ...scene, atS: 300 });
    assert.match(before.why, /^Waiting until 22:20:00 \(in 1 min 40 s\): /);
    assert.match(before.why, new RegExp(`It waits since 22:15 by the rule ${rule}; then round 2 starts\\.`));
    assert.deepEqual(before.document.until_epoch, T0 / 1000 + 400);
    const after = told({ ...scene, atS: 403 });
    assert.match(
      after.why,
      new RegExp(`^The wait by the rule ${rule} .* is over since 22:20:00 \\(for 3 s\\): the `),
    );
    assert.match(after.why, /: the start of round 2 is not in the log yet\. The last/);
    assert.deepEqual([after.document.kind, after.document.rule], ["waiting", rule]);
    assert.match(told({ ...scene, atS: 500 }).why, /or the log directory cannot be written\./);
  });
}

Deno.test("whyDocument() says since when a round runs, with nothing of the last stop", () => {
  const steps: readonly Step[] = [
    ...stopped(0, "max_rounds", 0),
    [10, { event: "round_start", round_num: 4, phase: null }],
    [10, { event: "agent_spawn", round_num: 4, timeout_s: 1800 }],
  ];
  const { why, document } = told({
    steps,
    atS: 100,
    arrange: (sim) => holds(sim, "agent-runner.lock.holder", 10),
  });
  assert.match(why, /^Running round 4 since 22:13:30 \(for 1 min 30 s\)\. /);
  assert.deepEqual(document, {
    kind: "running",
    text: why,
    rule: null,
    until_epoch: null,
    since: isoOf(T0 + 10_000),
    round_num: 4,
  });
});

Deno.test("whyText() says of a round that it is over its limit, and of one whose agent has ended that it is closed", () => {
  const steps: readonly Step[] = [
    ...serve(0),
    [10, { event: "round_start", round_num: 1, phase: null }],
    [10, { event: "agent_spawn", round_num: 1, timeout_s: 60 }],
  ];
  assert.match(
    told({ steps, atS: 71, serveAtS: 0 }).why,
    /Its limit of 1 min \(round_timeout_s\) is over since 22:14:30: it is being ended\./,
  );
  const [, exit] = round(1, 10, { durationS: 50 });
  assert.match(
    told({ steps: [...steps, exit!], atS: 62, serveAtS: 0 }).why,
    /^Closing round 1, which runs since .*: its agent has ended after 50 s \(exit 0\), /,
  );
});

Deno.test("whyText() says that a serve is starting while the log holds only the last one's wait", () => {
  const { why, document, headline, waiting } = told({
    steps: [...BEGUN, ...wait(102, "throttled", 4000)],
    atS: 200,
    serveAtS: 199,
  });
  assert.match(
    why,
    /^A serve \(pid \d+\) is starting, since 22:16:39 \(for 1 s\): its start is not in the log yet\./,
  );
  assert.deepEqual([document.kind, document.rule, document.since], ["starting", null, isoOf(T0 + 199_000)]);
  assert.deepEqual([headline, waiting], ["starting", null]);
});

Deno.test("whyText() says that a serve has stopped whose process has not ended yet", () => {
  const { why, document, headline } = told({
    steps: [...BEGUN, ...stopped(110, "max_rounds", 0)],
    atS: 112,
    serveAtS: 0,
  });
  assert.match(
    why,
    /^Stopped at 22:15:10 by the rule max_rounds: .* Its process \(pid \d+\) has not ended yet\./,
  );
  assert.deepEqual([document.kind, document.rule, headline], ["stopping", "max_rounds", "stopping"]);
});

Deno.test("whyText() takes no round for a running one of which nothing lives", () => {
  const steps: readonly Step[] = [...BEGUN, [110, { event: "round_start", round_num: 2, phase: null }]];
  const killed = told({ steps, atS: 300 });
  assert.match(
    killed.why,
    /^No serve runs: .* without a word\. Round 2, started at 22:15, has lost its supervisor/,
  );
  assert.deepEqual([killed.document.kind, killed.document.since, killed.round], ["stopped", null, null]);
  const beside = told({ steps: [...steps, ...wait(111, "throttled", 4000)], atS: 300, serveAtS: 0 });
  assert.match(beside.why, /^Waiting until .* Round 2, started at 22:15, has lost its supervisor/);
  assert.deepEqual([beside.document.kind, beside.headline, beside.round], ["waiting", "waiting", null]);
  assert.doesNotMatch(told({ steps: steps.slice(-1), atS: 300 }).why, /Nothing has run/);
});

Deno.test("snapshot() shows a round that nobody closed as it started, without a length that grows", () => {
  const steps: readonly Step[] = [...BEGUN, [110, { event: "round_start", round_num: 2, phase: null }]];
  const { newest } = told({
    steps,
    atS: 300,
    arrange: (sim) => sim.disk.put("/project/logs/rounds/R2-20231114T221510Z.log", ""),
  });
  assert.deepEqual([newest?.round_num, newest?.started_at, newest?.duration_so_far_s], [
    2,
    isoOf(T0 + 110_000),
    null,
  ]);
});

Deno.test("whyText() tells of a round by hand and of the serve that waits beside it", () => {
  const { why, document, headline, waiting, round: current } = told({
    steps: [
      ...BEGUN,
      ...wait(102, "throttled", 4000),
      [200, { event: "round_start", round_num: 2, phase: null }],
      ...wait(201, "throttled", 4000),
    ],
    atS: 300,
    serveAtS: 0,
    arrange: (sim) => holds(sim, "agent-runner.lock.holder", 200),
  });
  assert.match(why, /^Running round 2 since 22:16:40 \(for 1 min 40 s\)\. .* Waiting until 23:20 /);
  assert.deepEqual([document.kind, document.rule, headline, current], [
    "running",
    null,
    "running round 2",
    2,
  ]);
  assert.equal(waiting?.rule, "throttled");
});

/** Rounds that met the server's failure again and again; the last ended in second 400. */
const FAILING: readonly Step[] = [
  ...serve(0),
  ...[0, 100, 200, 300].flatMap((atS, n) =>
    round(n + 1, atS, { code: 1, limit: limitOf("api_timeout", atS + 130, "estimate") })
  ),
  ...wait(400, "throttled", 652),
];

Deno.test("whyText() names the time that a serve started now really waits for, when the estimate has doubled", () => {
  const { why, document } = told({ steps: FAILING, atS: 500 });
  assert.match(
    why,
    /A serve started now waits until 22:24 \(in 2 min 25 s\), or up to 25 s longer: the server's timeout, as estimated in round 4, for the 4\. time in a row\.$/,
  );
  assert.deepEqual([document.kind, document.since], ["stopped", null]);
});

Deno.test("whyText() says that a serve started now stops at once or starts, as transient_error_action says", () => {
  const why = (transient_error_action: string) =>
    told({ steps: FAILING, atS: 500, runtime: { transient_error_action } }).why;
  assert.match(
    why("stop"),
    /A serve started now stops at once by the rule throttled: the server's .* \(exit 69\)\.$/,
  );
  assert.match(why("skip"), /Start it with: agent-runner serve$/);
});

Deno.test("whyText() says that a serve started now stops at once, when a stop file or an unheard sentinel is there", () => {
  const steps = [...BEGUN, ...stopped(110, "stop_asked", 0)];
  const stopFile = (path: string) =>
    told({
      steps,
      atS: 200,
      runtime: { stop_file: "/project/STOP" },
      arrange: (sim) => sim.disk.put(path, "done"),
    }).why;
  assert.match(
    stopFile("/project/STOP"),
    /stops at once by the rule stop_file: the stop file is there \(exit 0\)\.$/,
  );
  assert.match(stopFile("/project/STOPPED"), /Start it with/);
  const sentinel = (steps: readonly Step[]) =>
    told({ steps, atS: 200, arrange: (sim) => sim.disk.put("/project/logs/.agent-done", "done") }).why;
  assert.match(sentinel(BEGUN), /stops at once by the rule sentinel: /);
  assert.match(sentinel(steps), /Start it with/);
});
