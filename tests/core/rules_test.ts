import assert from "node:assert/strict";
import { RULES, slowdownOf } from "../../lib/core/rules.ts";
import {
  decided,
  limitOf,
  POLICY,
  pythonRound,
  round,
  serve,
  stateAfter,
  type Step,
  stopped,
} from "./given.ts";

/** `count` rounds in a row, each of which begins a second after the one before. */
function rowOf(count: number, options: Parameters<typeof round>[2], fromS = 0): readonly Step[] {
  const everyS = (options?.durationS ?? 100) + 1;
  return Array.from({ length: count }, (_, i) => round(i + 1, fromS + i * everyS, options)).flat();
}

/** The pause that the loop makes after the last round of the row. */
function pauseAfter(steps: readonly Step[], ...rest: readonly [Parameters<typeof decided>[2]?]): string {
  const endS = steps.at(-1)![0];
  const [kind, rule, atS] = decided(steps, endS, ...rest).split(" ");
  return kind === "wait" ? `${rule} ${Number(atS) - endS}` : [kind, rule, atS].join(" ").trim();
}

Deno.test("decideNext() asks the rules in the documented order", () => {
  assert.deepEqual(Object.keys(RULES), [
    "stop_asked",
    "sentinel",
    "stop_file",
    "max_rounds",
    "restart_guard",
    "config_broken",
    "refused",
    "crash_loop",
    "disk_low",
    "throttled",
    "no_work",
    "restart_delay",
    "log_unwritable",
    "lock_held",
  ]);
});

Deno.test("decideNext() lets the earlier rule win, when several have an answer", () => {
  const crashes = [
    ...serve(0),
    ...rowOf(5, { code: 1, durationS: 1, refusal: "auth", limit: limitOf("rate_limit_account", 9000) }),
  ];
  const given = [...crashes.map(([s, draft]): Step => [s, asFailed(draft)])];
  const all = {
    stopAsked: true,
    sentinel: "done",
    stopFile: "",
    brokenConfig: ["prompt_file: missing"],
    logFault: "full",
    lockHolder: "held by PID 1",
  };
  const answers: string[] = [];
  const policy = { maxRounds: 5 };
  answers.push(decided(given, 20, { world: all, policy }));
  answers.push(decided(given, 20, { world: { ...all, stopAsked: false }, policy }));
  answers.push(decided(given, 20, { world: { ...all, stopAsked: false, sentinel: null }, policy }));
  const none = { ...all, stopAsked: false, sentinel: null, stopFile: null };
  answers.push(decided(given, 20, { world: none, policy }));
  answers.push(decided(given, 20, { world: none }));
  answers.push(decided(given, 20, { world: { ...none, brokenConfig: [] } }));
  assert.deepEqual(answers, [
    "stop stop_asked 0",
    "stop sentinel 0",
    "stop stop_file 0",
    "stop max_rounds 0",
    "stop config_broken 78",
    "stop refused 77",
  ]);
});

/** A round that met a limit counts as a crash only if its verdict says so. */
function asFailed(draft: Step[1]): Step[1] {
  return draft.event === "round_end" ? { ...draft, verdict: "failed" } : draft;
}

Deno.test("decideNext() runs at once, when the log is empty or a serve has just begun", () => {
  assert.equal(decided([], 0), "run");
  assert.equal(decided(serve(0), 0), "run");
  assert.equal(decided([...round(1, 0, { code: 1 }), ...serve(100.001)], 101), "run");
});

Deno.test("decideNext() stops for an empty sentinel and an empty stop file, when they are there", () => {
  assert.equal(decided(serve(0), 0, { world: { sentinel: "" } }), "stop sentinel 0");
  assert.equal(decided(serve(0), 0, { world: { stopFile: "" } }), "stop stop_file 0");
});

Deno.test("decideNext() looks again after 2 s, when the log or the round lock is in the way", () => {
  assert.equal(decided(serve(0), 7, { world: { logFault: "full" } }), "wait log_unwritable 9");
  assert.equal(decided(serve(0), 7, { world: { lockHolder: "held" } }), "wait lock_held 9");
});

Deno.test("max_rounds counts only rounds of this serve whose agent ran", () => {
  const policy = { maxRounds: 2, restartDelayS: 0 };
  const lost: readonly Step[] = round(3, 300).filter(([, { event }]) => event !== "agent_exit");
  const given = [
    ...rowOf(2, {}),
    ...serve(210),
    ...lost,
    ...round(4, 500, { ending: "not_started", code: 127, durationS: 1 }),
    ...round(5, 600),
  ];
  assert.equal(stateAfter(given).roundsEnded, 5);
  assert.equal(decided(given, 800, { policy }), "run");
  assert.equal(
    decided([...given, ...round(6, 800, { code: 1 })], 900, { policy }),
    "stop max_rounds 0",
  );
  assert.equal(decided([...given, ...round(6, 800), ...serve(1000)], 1000, { policy }), "run");
});

Deno.test("max_rounds is one for --once, whatever the bound", () => {
  const policy = { once: true, maxRounds: 9 };
  assert.equal(decided(serve(0), 0, { policy }), "run");
  assert.equal(decided([...serve(0), ...round(1, 1, { code: 1 })], 101, { policy }), "stop max_rounds 0");
});

Deno.test("restart_delay pauses 6, 12, 24, 48 s after short failures, and the fifth stops with 70", () => {
  const pauses = [1, 2, 3, 4, 5].map((count) =>
    pauseAfter([...serve(0), ...rowOf(count, { code: 7, durationS: 1 })])
  );
  assert.deepEqual(pauses, [
    "restart_delay 6",
    "restart_delay 12",
    "restart_delay 24",
    "restart_delay 48",
    "stop crash_loop 70",
  ]);
});

Deno.test("restart_delay bounds the pause after short failures at 1800 s, when the delay is long", () => {
  const given = [...serve(0), ...rowOf(3, { code: 1, durationS: 1 })];
  assert.equal(pauseAfter(given, { policy: { restartDelayS: 600 } }), "restart_delay 1800");
});

Deno.test("crash_loop starts to count again, when a round was long, good, limited or of another serve", () => {
  const four = [...serve(0), ...rowOf(4, { code: 1, durationS: 1 })];
  const next = (options: Parameters<typeof round>[2]) => [
    ...four,
    ...round(5, 100, options),
    ...round(6, 300, { code: 1, durationS: 1 }),
  ];
  for (
    const options of [
      {},
      { code: 1, durationS: 60 },
      { code: 1, durationS: 1, verdict: "interrupted" },
      { code: 1, durationS: 1, limit: limitOf("rate_limit_model", 110, "estimate") },
    ] as const
  ) assert.equal(pauseAfter(next(options)), "restart_delay 6", JSON.stringify(options));
  assert.equal(
    pauseAfter([
      ...four,
      ...stopped(50, "stop_asked", 0),
      ...serve(60),
      ...round(5, 61, { code: 1, durationS: 1 }),
    ]),
    "restart_delay 6",
  );
  assert.equal(
    pauseAfter([...four, ...serve(60), ...round(5, 61, { code: 1, durationS: 1 })]),
    "stop crash_loop 70",
  );
});

Deno.test("restart_delay is doubled after other ends that are no success", () => {
  const after = (options: Parameters<typeof round>[2]) => pauseAfter([...serve(0), ...round(1, 0, options)]);
  assert.equal(after({}), "restart_delay 3");
  assert.equal(after({ verdict: "no_work", durationS: 1 }), "restart_delay 3");
  assert.equal(after({ verdict: "waiting_for_human" }), "restart_delay 3");
  assert.equal(after({ code: 1, durationS: 999 }), "restart_delay 6");
  assert.equal(after({ verdict: "timed_out" }), "restart_delay 6");
  assert.equal(after({ verdict: "interrupted" }), "restart_delay 6");
});

Deno.test("restart_delay of 0 pauses neither after a success nor after a failure", () => {
  const policy = { restartDelayS: 0 };
  assert.equal(pauseAfter([...serve(0), ...round(1, 0)], { policy }), "run");
  assert.equal(pauseAfter([...serve(0), ...rowOf(4, { code: 1, durationS: 1 })], { policy }), "run");
  assert.equal(
    pauseAfter([...serve(0), ...rowOf(5, { code: 1, durationS: 1 })], { policy }),
    "stop crash_loop 70",
  );
});

Deno.test("no_work doubles the pause from the fifth round on, up to 1800 s with a reader and 300 s without", () => {
  const pauses = (hasReader: boolean, restartDelayS: number) =>
    [4, 5, 6, 7, 13, 14, 30].map((count) =>
      pauseAfter(
        [...serve(0), ...rowOf(count, { verdict: "no_work", durationS: 1 })],
        { policy: { hasReader, restartDelayS } },
      ).split(" ")[1]
    );
  assert.deepEqual(pauses(true, 3), ["3", "6", "12", "24", "1536", "1800", "1800"]);
  assert.deepEqual(pauses(false, 3), ["3", "6", "12", "24", "300", "300", "300"]);
  assert.deepEqual(pauses(true, 0).slice(1, 4), ["2", "4", "8"]);
});

Deno.test("no_work doubles the pause from the third round on that timed out or stalled", () => {
  const pauses = (count: number, ending: "timed_out" | "stalled", policy = {}) =>
    pauseAfter([...serve(0), ...rowOf(count, { verdict: "timed_out", ending })], { policy });
  assert.deepEqual(
    [2, 3, 4, 5, 12].map((count) => pauses(count, "timed_out")),
    ["restart_delay 6", "no_work 6", "no_work 12", "no_work 24", "no_work 1800"],
  );
  assert.equal(pauses(12, "stalled", { hasReader: false }), "no_work 300");
  assert.equal(pauses(3, "stalled", { restartDelayS: 0 }), "no_work 2");
  assert.equal(pauses(3, "stalled", { onNoWork: "stop" }), "stop no_work 70");
  assert.equal(pauses(2, "stalled", { onNoWork: "stop" }), "restart_delay 6");
  assert.equal(pauses(9, "timed_out", { onNoWork: "ignore" }), "restart_delay 6");
});

Deno.test("slowdownOf() names what the last round of the row did", () => {
  const timedOut = { verdict: "timed_out", ending: "timed_out" } as const;
  const stalled = { verdict: "timed_out", ending: "stalled" } as const;
  const causeAfter = (...rounds: readonly Parameters<typeof round>[2][]) =>
    slowdownOf(stateAfter([...serve(0), ...rounds.flatMap((one, i) => round(i + 1, i * 101, one))]), POLICY);
  assert.equal(causeAfter(stalled, timedOut, timedOut)?.cause, "timed_out");
  assert.deepEqual(causeAfter(timedOut, timedOut, stalled), { cause: "stalled", consecutive: 3, pauseS: 6 });
  assert.equal(causeAfter(stalled, stalled, {}, stalled), null);
  const idle = { verdict: "no_work", durationS: 1 } as const;
  assert.equal(causeAfter(idle, idle, idle, idle, idle)?.cause, "no_work");
});

Deno.test("no_work stops with 70 or does nothing, as on_no_work says", () => {
  const row = (count: number) => [...serve(0), ...rowOf(count, { verdict: "no_work", durationS: 1 })];
  assert.equal(pauseAfter(row(5), { policy: { onNoWork: "stop" } }), "stop no_work 70");
  assert.equal(pauseAfter(row(4), { policy: { onNoWork: "stop" } }), "restart_delay 3");
  assert.equal(pauseAfter(row(30), { policy: { onNoWork: "ignore" } }), "restart_delay 3");
});

Deno.test("no_work starts to count again, when a round did something or serve had stopped", () => {
  const four = [...serve(0), ...rowOf(4, { verdict: "no_work", durationS: 1 })];
  const nothing = { verdict: "no_work", durationS: 1 } as const;
  assert.equal(pauseAfter([...four, ...round(5, 100), ...round(6, 300, nothing)]), "restart_delay 3");
  const restarted = [...four, ...stopped(50, "stop_asked", 0), ...serve(60), ...round(5, 61, nothing)];
  assert.equal(pauseAfter(restarted), "restart_delay 3");
});

Deno.test("refused stops with 77 after three refusals in a row, and any other end breaks the row", () => {
  const refusal = { code: 1, durationS: 70, refusal: "auth" } as const;
  assert.equal(pauseAfter([...serve(0), ...rowOf(2, refusal)]), "restart_delay 6");
  const three = [...rowOf(2, refusal), ...round(3, 300, { ...refusal, refusal: "billing" })];
  assert.equal(pauseAfter([...serve(0), ...three]), "stop refused 77");
  const broken = [...rowOf(2, refusal), ...round(3, 300), ...round(4, 500, refusal)];
  assert.equal(pauseAfter([...serve(0), ...broken]), "restart_delay 6");
  assert.equal(decided([...serve(0), ...three, ...stopped(400, "refused", 77), ...serve(500)], 500), "run");
});

Deno.test("restart_guard waits 60 s x 2^n up to 1800 s, when serve comes back at once after its own stop", () => {
  const given: Step[] = [];
  const waits: number[] = [];
  let atS = 0;
  for (const code of [70, 69, 77, 78, 70, 70, 70]) {
    given.push(...serve(atS), ...stopped(atS + 1, "crash_loop", code));
    given.push(...serve(atS + 4));
    const [, rule, untilS] = decided(given, atS + 4).split(" ");
    assert.equal(rule, "restart_guard");
    waits.push(Number(untilS) - (atS + 4));
    atS = Number(untilS);
    assert.equal(decided(given, atS), "run");
  }
  assert.deepEqual(waits, [60, 120, 240, 480, 960, 1800, 1800]);
});

Deno.test("restart_guard comes before the stops that a restart does not mend", () => {
  const given = [...serve(0), ...stopped(1, "config_broken", 78), ...serve(5)];
  const world = { brokenConfig: ["prompt_file: missing"] };
  assert.equal(decided(given, 5, { world }), "wait restart_guard 65");
  assert.equal(decided(given, 65, { world }), "stop config_broken 78");
});

Deno.test("restart_guard lets go, when a person starts serve, later, or after an ordered stop", () => {
  const twice = [...serve(0), ...stopped(1, "throttled", 69), ...serve(5), ...stopped(6, "throttled", 69)];
  assert.equal(decided([...twice, ...serve(9)], 9), "wait restart_guard 129");
  assert.equal(decided([...twice, ...serve(9)], 9, { policy: { unattended: false } }), "run");
  assert.equal(decided([...twice, ...serve(67)], 67), "run");
  assert.equal(decided([...twice, ...serve(9), ...stopped(10, "stop_asked", 0), ...serve(12)], 12), "run");
});

Deno.test("restart_guard begins anew, when a serve in between did good work", () => {
  const given = [
    ...serve(0),
    ...stopped(1, "crash_loop", 70),
    ...serve(5),
    ...stopped(6, "crash_loop", 70),
    ...serve(200),
    ...round(1, 200),
    ...stopped(400, "crash_loop", 70),
    ...serve(403),
  ];
  assert.equal(decided(given, 403), "wait restart_guard 463");
  const bad = given.filter(([, draft]) => draft.event !== "round_end");
  assert.equal(decided(bad, 403), "wait restart_guard 643");
});

Deno.test("restart_guard is over, when the first round of the new serve is", () => {
  const given = [...serve(0), ...stopped(1, "crash_loop", 70), ...serve(5), ...round(1, 65)];
  assert.equal(decided(given, 168), "run");
});

Deno.test("decideNext() takes no pause for longer than twice its length, when the clock is set back", () => {
  const crashes = [...serve(0), ...rowOf(1, { code: 1, durationS: 50 })];
  const idle = [...serve(0), ...rowOf(5, { verdict: "no_work", durationS: 10 })];
  const guarded = [...serve(0), ...stopped(1, "crash_loop", 70), ...serve(5)];
  for (
    const [given, rule, endS, pauseS] of [
      [crashes, "restart_delay", 50, 6],
      [idle, "no_work", 54, 6],
      [guarded, "restart_guard", 5, 60],
    ] as const
  ) {
    assert.equal(decided(given, endS - pauseS), `wait ${rule} ${endS + pauseS}`);
    assert.equal(decided(given, endS - pauseS - 1), "run", rule);
  }
});

Deno.test("decideNext() runs into no limit, when the clock is set back", () => {
  for (const [source, untilS] of [["server", 9005], ["estimate", 165]] as const) {
    const limit = limitOf("rate_limit_model", 9000, source);
    assert.equal(decided([...serve(0), ...round(1, 0, { limit })], -9000), `wait throttled ${untilS}`);
  }
});

Deno.test("decideNext() counts and pauses by the order of the log, when the clock is set back", () => {
  const given = [...serve(9000), ...round(1, 0)];
  assert.equal(pauseAfter(given), "restart_delay 3");
  assert.equal(pauseAfter(given, { policy: { once: true } }), "stop max_rounds 0");
  const [start, ...end] = round(1, 9000);
  assert.equal(pauseAfter([start!, ...serve(0), ...end], { policy: { once: true } }), "restart_delay 3");
});

Deno.test("decideNext() goes on at once, when the last round was the Python version's", () => {
  assert.equal(decided([...pythonRound(1, 0, 1), ...serve(5)], 5), "run");
});
