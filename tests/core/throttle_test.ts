import assert from "node:assert/strict";
import { emptyEvidence, type Limit, withFinding } from "../../lib/core/evidence.ts";
import type { Finding } from "../../lib/core/plugin.ts";
import { estimatedWait, lastingThrottle, settleLimit } from "../../lib/core/throttle.ts";
import {
  decided,
  detected,
  limitOf,
  pythonRound,
  recovered,
  round,
  serve,
  sourceless,
  stateAfter,
  type Step,
  stopped,
  T0,
  THROTTLE,
} from "./given.ts";

const FIVE_HOURS = 3600;
const WEEK = 500_000;

/** Rounds of 10 s, each of which meets the limit again right after the wait for the one before. */
function estimatedWaits(classification: string, count: number, between: readonly Step[] = []): number[] {
  const given: Step[] = [...serve(0)];
  const waits: number[] = [];
  let atS = 0;
  for (let num = 1; num <= count; num++) {
    const endS = atS + 10;
    given.push(...round(num, atS, { durationS: 10, limit: limitOf(classification, endS + 1, "estimate") }));
    const [, rule, untilS] = decided(given, endS).split(" ");
    assert.equal(rule, "throttled");
    atS = Number(untilS);
    waits.push(atS - endS - 5);
    given.push(...between.map(([s, draft]): Step => [atS + s, draft]));
  }
  return waits;
}

function settled(resetS: number | null, classification = "rate_limit_account") {
  const limit = {
    classification,
    resetAt: resetS === null ? null : T0 + resetS * 1000,
    window: null,
    raw: "",
  };
  const { reset_at_epoch, reset_source } = settleLimit(limit as Limit, "claude", T0, THROTTLE);
  return [reset_at_epoch - T0 / 1000, reset_source];
}

Deno.test("throttled waits until the server's reset, and 5 to 30 s more", () => {
  const given = [
    ...serve(-10),
    ...round(1, -10, { durationS: 10, limit: limitOf("rate_limit_account", FIVE_HOURS) }),
  ];
  assert.equal(decided(given, 0, { jitter: 0 }), `wait throttled ${FIVE_HOURS + 5}`);
  assert.equal(decided(given, 0, { jitter: 0.5 }), `wait throttled ${FIVE_HOURS + 17.5}`);
  assert.equal(decided(given, 0, { jitter: 1 - 2 ** -53 }), `wait throttled ${FIVE_HOURS + 30}`);
  assert.equal(decided(given, FIVE_HOURS + 4.999), `wait throttled ${FIVE_HOURS + 5}`);
  assert.equal(decided(given, FIVE_HOURS + 5), "run");
});

Deno.test("throttled waits on for the latest, when two windows are exhausted", () => {
  const windows: readonly Finding[] = [
    { kind: "limit", scope: "account", window: "five_hour", resetAt: T0 + FIVE_HOURS * 1000, raw: "" },
    { kind: "limit", scope: "account", window: "seven_day", resetAt: T0 + WEEK * 1000, raw: "" },
  ];
  for (const findings of [windows, windows.toReversed()]) {
    const { limit } = findings.reduce(withFinding, emptyEvidence());
    const { reset_at_epoch, reset_source } = settleLimit(limit!, "claude", T0, THROTTLE);
    assert.deepEqual([reset_at_epoch - T0 / 1000, reset_source], [WEEK, "server"]);
  }
  const both = [
    ...serve(0),
    ...round(1, 0, { durationS: 1, limit: limitOf("rate_limit_account", WEEK) }),
    ...round(2, 2, { durationS: 1, limit: limitOf("rate_limit_model", FIVE_HOURS) }),
  ];
  assert.equal(decided(both, 4), `wait throttled ${WEEK + 5}`);
});

Deno.test("throttled does not shorten a wait of a day, when nothing has changed", () => {
  const given = [...serve(0), ...detected(0, 0, sourceless("rate_limit_account", 86_400))];
  for (const atS of [0, 28_800, 86_404]) assert.equal(decided(given, atS), "wait throttled 86405");
  assert.equal(decided(given, 86_405), "run");
});

Deno.test("throttled doubles an estimate from the detection on, 32-fold and 1800 s at most", () => {
  const long = [60, 120, 240, 480, 960, 1800, 1800];
  for (const classification of ["rate_limit_account", "rate_limit_model", "api_transient_5xx"]) {
    assert.deepEqual(estimatedWaits(classification, 7), long, classification);
  }
  assert.deepEqual(estimatedWaits("api_timeout", 7), [30, 60, 120, 240, 480, 960, 960]);
});

Deno.test("throttled counts on from the log, when serve was stopped, killed or restarted", () => {
  const doubling = [60, 120, 240, 480, 960, 1800];
  assert.deepEqual(estimatedWaits("rate_limit_model", 6, serve(0)), doubling);
  const stop = [...stopped(0, "stop_asked", 0), ...serve(0)];
  assert.deepEqual(estimatedWaits("rate_limit_model", 6, stop), doubling);
});

Deno.test("throttled counts the time since the detection, when serve was down meanwhile", () => {
  const limit = limitOf("api_transient_5xx", 70, "estimate");
  const given = [...serve(0), ...round(1, 0, { durationS: 10, limit }), ...serve(50)];
  assert.equal(decided(given, 50), "wait throttled 75");
  assert.equal(decided([...given, ...serve(90)], 90), "run");
});

Deno.test("throttled keeps a row a class, and takes up the older one where it was", () => {
  const given = [
    ...serve(0),
    ...round(1, 0, { durationS: 10, limit: limitOf("api_transient_5xx", 70, "estimate") }),
    ...round(2, 100, { durationS: 10, limit: limitOf("rate_limit_model", 170, "estimate") }),
    ...round(3, 200, { durationS: 10, limit: limitOf("api_transient_5xx", 270, "estimate") }),
  ];
  assert.equal(decided(given.slice(0, -4), 110), "wait throttled 175");
  assert.equal(decided(given, 210), "wait throttled 335");
});

Deno.test("throttled forgets all rows, when a round met no new limit, whatever its end", () => {
  for (
    const options of [{}, { code: 1, durationS: 90 }, { verdict: "interrupted" }, {
      verdict: "timed_out",
    }] as const
  ) {
    const given = [
      ...serve(0),
      ...round(1, 0, { durationS: 10, limit: limitOf("rate_limit_model", 70, "estimate") }),
      ...round(2, 100, { durationS: 10, limit: limitOf("rate_limit_model", 170, "estimate") }),
      ...round(3, 300, options),
    ];
    const state = stateAfter(given);
    assert.deepEqual([state.throttles, state.rows], [[], {}]);
    assert.equal(decided(given, 500), "run");
    const again = [
      ...given,
      ...round(4, 500, { durationS: 10, limit: limitOf("rate_limit_model", 570, "estimate") }),
    ];
    assert.equal(decided(again, 510), "wait throttled 575");
  }
});

Deno.test("evolve() says for how long a limit held, when a round has proven it to be over", () => {
  const given = [
    ...serve(0),
    ...round(1, 0, { durationS: 10, limit: limitOf("rate_limit_model", 70, "estimate") }),
    ...round(2, 100, { durationS: 10, limit: limitOf("rate_limit_model", 170, "estimate") }),
    ...round(3, 300),
  ];
  const { recovering } = stateAfter(given);
  assert.deepEqual(recovering.map((throttle) => throttle.firstDetectedAt - T0), [10_000]);
  const done = stateAfter([...given, ...recovered(400, "rate_limit_model")]);
  assert.deepEqual(done.recovering, []);
});

Deno.test("throttled is skipped or stops with 69, as transient_error_action says", () => {
  const given = [
    ...serve(0),
    ...round(1, 0, { durationS: 10, limit: limitOf("rate_limit_account", FIVE_HOURS) }),
  ];
  assert.equal(decided(given, 17, { policy: { onLimit: "skip" } }), "run");
  assert.equal(decided(given, 17, { policy: { onLimit: "stop" } }), "stop throttled 69");
  assert.equal(decided(given, FIVE_HOURS, { policy: { onLimit: "stop" } }), "run");
});

Deno.test("restart_delay holds on, when it is longer than the estimate", () => {
  const limit = limitOf("api_timeout", 40, "estimate");
  const given = [...serve(0), ...round(1, 0, { durationS: 10, limit })];
  const policy = { restartDelayS: 60 };
  assert.equal(decided(given, 10, { policy }), "wait throttled 45");
  assert.equal(decided(given, 45, { policy }), "wait restart_delay 130");
  const second = [
    ...given,
    ...round(2, 130, { durationS: 10, limit: limitOf("api_timeout", 170, "estimate") }),
  ];
  assert.equal(decided(second, 140, { policy }), "wait throttled 205");
});

Deno.test("evolve() throttles by round_end alone, when serve was killed before the second event", () => {
  const whole = [
    ...serve(0),
    ...round(1, 0, { durationS: 10, limit: limitOf("rate_limit_model", 70, "estimate") }),
  ];
  const cut = whole.slice(0, -1);
  assert.equal(cut.at(-1)![1].event, "round_end");
  assert.equal(decided([...cut, ...serve(20)], 20), "wait throttled 75");
  assert.deepEqual(stateAfter(whole), stateAfter(cut), "both events count once");
});

Deno.test("evolve() counts a limit that an operator wrote by hand each time", () => {
  const limit = limitOf("rate_limit_model", 60, "estimate");
  const given = [...serve(0), ...detected(0, 0, limit), ...detected(0, 100, limit)];
  assert.equal(decided(given, 100), "wait throttled 225");
});

Deno.test("evolve() takes old logs' account limits as the server's and their other classes as estimates", () => {
  const waiting = (classification: string, resetS: number) =>
    decided(
      [...pythonRound(1, 0, 10), ...detected(1, 10, sourceless(classification, resetS)), ...serve(20)],
      20,
    );
  assert.equal(waiting("rate_limit_account", FIVE_HOURS), `wait throttled ${FIVE_HOURS + 5}`);
  assert.equal(waiting("aider_quota", 777), "wait throttled 782");
  for (const guessed of ["rate_limit_model", "api_transient_5xx"]) {
    assert.equal(waiting(guessed, 900), "wait throttled 75", guessed);
  }
  assert.equal(waiting("api_timeout", 900), "wait throttled 45");
});

Deno.test("evolve() never doubles a plugin's own class", () => {
  const given = [
    ...serve(0),
    ...round(1, 0, { durationS: 10, limit: limitOf("aider_quota", 70) }),
    ...round(2, 100, { durationS: 10, limit: limitOf("aider_quota", 170) }),
  ];
  assert.equal(decided(given, 110), "wait throttled 175");
});

Deno.test("evolve() takes a reset above 10^11 for milliseconds", () => {
  const given = [
    ...serve(0),
    ...detected(0, 0, { ...sourceless("rate_limit_account", 0), reset_at_epoch: T0 + 3_600_000 }),
  ];
  assert.equal(decided(given, 0), "wait throttled 3605");
});

Deno.test("evolve() estimates, when the reset lies more than 32 days ahead", () => {
  const waiting = (classification: string, days: number) =>
    decided([...serve(0), ...detected(0, 0, sourceless(classification, days * 86_400))], 0);
  assert.equal(waiting("rate_limit_account", 32), `wait throttled ${32 * 86_400 + 5}`);
  assert.equal(waiting("rate_limit_account", 32.1), "wait throttled 65");
  assert.equal(waiting("aider_quota", 4000), "wait throttled 1805");
});

Deno.test("evolve() judges the Python version's round, when the next one starts", () => {
  const limited = [
    ...pythonRound(1, 0, 10),
    ...detected(1, 10, sourceless("rate_limit_model", 70)),
    ...recovered(80, "rate_limit_model"),
    ...pythonRound(2, 80, 10),
  ];
  assert.equal(stateAfter(limited).rows["rate_limit_model"]?.count, 1);
  const again = [...limited, ...detected(2, 90, sourceless("rate_limit_model", 150))];
  assert.equal(decided([...again, ...serve(95)], 95), "wait throttled 215");
  const next: readonly Step[] = [[100, { event: "round_start", round_num: 3, phase: null }]];
  assert.deepEqual(stateAfter([...limited, ...next]).rows, {});
  assert.equal(stateAfter([...again, ...next]).rows["rate_limit_model"]?.count, 2);
});

Deno.test("evolve() ends a limit, when the log says that it is over", () => {
  const given = [...serve(0), ...detected(0, 0, sourceless("rate_limit_account", FIVE_HOURS))];
  assert.equal(
    decided([...given, ...recovered(1, "rate_limit_model")], 1),
    `wait throttled ${FIVE_HOURS + 5}`,
  );
  assert.equal(decided([...given, ...recovered(1, "rate_limit_account")], 1), "run");
});

Deno.test("settleLimit() believes a future reset up to 32 days ahead, and rounds it up to a second", () => {
  assert.deepEqual(settled(FIVE_HOURS), [FIVE_HOURS, "server"]);
  assert.deepEqual(settled(0.001), [1, "server"]);
  assert.deepEqual(settled(32 * 86_400), [32 * 86_400, "server"]);
});

Deno.test("settleLimit() estimates, when the reset is missing, over or absurd", () => {
  for (const resetS of [null, 0, -1, 32 * 86_400 + 1]) {
    assert.deepEqual(settled(resetS), [60, "estimate"]);
  }
  assert.deepEqual(settled(null, "rate_limit_model"), [60, "estimate"]);
  assert.deepEqual(settled(null, "api_transient_5xx"), [60, "estimate"]);
  assert.deepEqual(settled(null, "api_timeout"), [30, "estimate"]);
  assert.deepEqual(settled(-1, "aider_quota"), [1800, "estimate"]);
});

Deno.test("estimatedWait() says what the wait was made of", () => {
  const of = (classification: string, count: number) => {
    const rounds = Array.from(
      { length: count },
      (_, i) =>
        round(i + 1, i * 20, { durationS: 10, limit: limitOf(classification, i * 20 + 70, "estimate") }),
    );
    const throttle = lastingThrottle(stateAfter(rounds.flat()).throttles, THROTTLE);
    return estimatedWait(throttle!, THROTTLE);
  };
  assert.deepEqual(of("rate_limit_model", 1), { baseS: 60, appliedS: 60, capped: false });
  assert.deepEqual(of("rate_limit_model", 2), { baseS: 60, appliedS: 120, capped: false });
  assert.deepEqual(of("rate_limit_model", 6), { baseS: 60, appliedS: 1800, capped: true });
  assert.deepEqual(of("api_timeout", 6), { baseS: 30, appliedS: 960, capped: false });
});

Deno.test("lastingThrottle() is null without any", () => {
  assert.equal(lastingThrottle([], THROTTLE), null);
});
