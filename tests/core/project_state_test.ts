import assert from "node:assert/strict";
import { emptyEvidence, type Evidence, withFinding } from "../../lib/core/evidence.ts";
import { type Ending, type RoundFacts, type Verdict, verdictOf } from "../../lib/core/verdict.ts";
import { decodeEvent } from "../../lib/core/events.ts";
import { fingerprint } from "../../lib/core/fingerprint.ts";
import {
  changesState,
  evolve,
  EVOLVE_VERSION,
  initialState,
  type ProjectState,
} from "../../lib/core/project_state.ts";
import type { Finding } from "../../lib/core/plugin.ts";
import { logged, round, serve, stateAfter, type Step, stopped, T0 } from "./given.ts";

/** Fingerprint of all states on the way through the fixture, by each version of `evolve`. */
const KNOWN: Readonly<Record<number, string>> = { 1: "4485c3bf", 2: "18d913de" };

/** The states after each event of two months of the Python version, then a week of this program. */
function fixtureStates(): readonly ProjectState[] {
  const folder = new URL("../fixtures/python_project/events/", import.meta.url);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  const lines = names.flatMap((name) => Deno.readTextFileSync(new URL(name, folder)).trim().split("\n"));
  const events = lines.map(parsed).map(decodeEvent).filter((event) => event !== null);
  const states = [initialState()];
  for (const event of events) states.push(evolve(states.at(-1)!, event));
  return states;
}

/** Null for the fixture's torn line. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function evidenceOf(...findings: readonly Finding[]): Evidence {
  return findings.reduce(withFinding, emptyEvidence());
}

function verdict(ending: Ending, facts: Partial<RoundFacts> = {}): Verdict {
  return verdictOf({ ending, evidence: emptyEvidence(), durationS: 100, treeChanged: false, ...facts });
}

Deno.test("EVOLVE_VERSION is raised, when the state of a known log changes", () => {
  const print = fixtureStates().reduce((before, state) => fingerprint(before + JSON.stringify(state)), "");
  const advice = Object.hasOwn(KNOWN, EVOLVE_VERSION)
    ? `ProjectState or evolve has changed: raise EVOLVE_VERSION and add it with "${print}" to KNOWN, ` +
      "or a checkpoint of the version before would be taken for one of this"
    : `EVOLVE_VERSION ${EVOLVE_VERSION} is new: add it with "${print}" to KNOWN`;
  assert.equal(print, KNOWN[EVOLVE_VERSION], advice);
});

Deno.test("evolve() knows where a project of the Python version stands, when its log is folded", () => {
  const state = fixtureStates().at(-1)!;
  assert.deepEqual(
    [state.highestRound, state.roundsEnded, state.running, state.serve.kind, state.throttles.length],
    [33, 33, null, "stopped", 2],
  );
  assert.deepEqual(state.rounds.map(({ num }) => num), [24, 25, 26, 27, 28, 29, 30, 31, 32, 33]);
});

Deno.test("evolve() changes the state for exactly the kinds that changesState() names", () => {
  const state = stateAfter([...serve(0), ...round(1, 1).slice(0, 1)]);
  const idle = logged([5, {
    event: "round_progress",
    round_num: 1,
    log_size_kb: 1,
    last_write_age_s: 1,
    wall_age_s: 1,
  }]);
  assert.equal(changesState("round_progress"), false);
  assert.equal(evolve(state, idle), state);
  assert.equal(changesState("round_start"), true);
  assert.equal(changesState("somebody_elses"), false);
  assert.equal(changesState("toString"), false);
});

Deno.test("evolve() leaves the state as it is, when the time stamp is no time", () => {
  const state = initialState();
  assert.equal(evolve(state, { ...logged(round(1, 0)[0]!), ts: "yesterday" }), state);
});

Deno.test("evolve() follows a round from its start to its end and its usage", () => {
  const given = round(7, 10, { durationS: 90 });
  const spawn: Step = [10, { event: "agent_spawn", round_num: 7, timeout_s: 3600 }];
  const running = stateAfter([given[0]!, spawn]).running;
  const startedAt = T0 + 10_000;
  const fresh = { timeoutS: 3600, isEarlier: false, adopted: false, exit: null, dirty: false };
  assert.deepEqual(running, { num: 7, phase: null, startedAt, ...fresh });
  const usage: Step = [101, {
    event: "agent_usage_recorded",
    agent: "claude",
    model: "m",
    round_num: 7,
    input_tokens: 11,
    output_tokens: 12,
    cached_tokens: 0,
    cost_usd: null,
    duration_ms: 1,
    models_breakdown: null,
    cache_creation_tokens: 0,
    tool_call_count: 0,
    phase: "",
    success: true,
  }];
  assert.deepEqual(stateAfter([...given, usage]).rounds, [{
    num: 7,
    phase: null,
    startedAt,
    endedAt: T0 + 100_000,
    exit: { code: 0, durationS: 90, timedOut: false, cause: "clean", ending: "exited" },
    verdict: "productive",
    dirty: false,
    usage: { inputTokens: 11, outputTokens: 12, usd: null },
  }]);
});

Deno.test("evolve() passes over ends of rounds that are not the running one", () => {
  const state = stateAfter(round(2, 0).slice(0, 1));
  for (const step of round(3, 0).slice(1)) {
    assert.deepEqual({ ...evolve(state, logged(step)), highestRound: 2 }, state);
  }
});

Deno.test("evolve() keeps the highest round number, when an older one starts again", () => {
  assert.equal(stateAfter([...round(9, 0), ...round(3, 200)]).highestRound, 9);
});

Deno.test("evolve() keeps the last ten rounds, ten hook failures and five network failures", () => {
  const steps: Step[] = [];
  for (let n = 1; n <= 12; n++) {
    steps.push(...round(n, n * 200));
    steps.push([n * 200, {
      event: "hook_failed",
      hook_name: `h${n}`,
      hook_kind: "pre_round",
      error_type: "E",
      error_message: "",
      traceback: "",
    }]);
    steps.push([n * 200, {
      event: "agent_network_blip",
      round_num: n,
      phase: null,
      matched: "reset",
      round_duration_s: 1,
      exit_code: 1,
      timed_out: false,
    }]);
  }
  const state = stateAfter(steps);
  assert.deepEqual(state.rounds.map(({ num }) => num), [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.deepEqual(state.hookFailures.map((hook) => hook.hook_name).slice(0, 2), ["h3", "h4"]);
  assert.deepEqual(state.blips.map((blip) => blip.round_num), [8, 9, 10, 11, 12]);
  assert.equal(state.roundsEnded, 12);
});

Deno.test("evolve() remembers the sentinel as acted upon until the next round starts", () => {
  const acted: Step = [50, { event: "agent_self_terminated", reason: "done" }];
  assert.equal(stateAfter([...round(1, 0, { durationS: 10 }), acted]).selfTerminated, true);
  assert.equal(stateAfter([acted, ...round(2, 60)]).selfTerminated, false);
});

Deno.test("evolve() knows what is waited for, until a round, a serve or a stop ends the wait", () => {
  const wait: Step = [1, { event: "wait_started", until_epoch: T0 / 1000 + 60.5, rule: "throttled" }];
  const state = stateAfter([...serve(0), wait]);
  assert.equal(state.wait?.until, T0 + 60_500);
  assert.deepEqual([state.wait?.rule, state.wait?.since], ["throttled", T0 + 1000]);
  for (const next of [serve(2), stopped(2, "stop_asked", 0), round(1, 61).slice(0, 1)]) {
    assert.equal(stateAfter([...serve(0), wait, ...next]).wait, null);
  }
});

Deno.test("verdictOf() calls a round limited, when a limit stands, however it ended", () => {
  const evidence = evidenceOf({ kind: "overloaded", status: 529, raw: "" });
  for (
    const ending of [
      { kind: "exited", code: 0 },
      { kind: "timed_out", afterS: 1 },
      { kind: "stopped" },
    ] as const
  ) assert.equal(verdict(ending, { evidence }), "limited");
});

Deno.test("verdictOf() goes by the ending, when no result says more", () => {
  assert.equal(verdict({ kind: "exited", code: 0 }), "productive");
  assert.equal(verdict({ kind: "exited", code: 1 }), "failed");
  assert.equal(verdict({ kind: "signalled", signal: "SIGSEGV" }), "failed");
  assert.equal(verdict({ kind: "not_started", why: "no such file" }), "failed");
  assert.equal(verdict({ kind: "timed_out", afterS: 1 }), "timed_out");
  assert.equal(verdict({ kind: "stalled", afterS: 1 }), "timed_out");
  assert.equal(verdict({ kind: "stopped" }), "interrupted");
  assert.equal(verdict({ kind: "interrupted", by: "reboot" }), "interrupted");
  assert.equal(verdict({ kind: "lost" }), "interrupted");
  assert.equal(verdict({ kind: "idle_after_result", afterS: 30 }), "productive");
});

Deno.test("verdictOf() believes the result rather than the exit code, when it tells of an error", () => {
  const evidence = evidenceOf({ kind: "result", ok: false, raw: "" });
  assert.equal(verdict({ kind: "exited", code: 0 }, { evidence }), "failed");
  assert.equal(verdict({ kind: "idle_after_result", afterS: 30 }, { evidence }), "failed");
});

Deno.test("verdictOf() sees an agent that waits for a person", () => {
  const evidence = evidenceOf({ kind: "waiting_for_human", what: "login" });
  assert.equal(verdict({ kind: "exited", code: 1 }, { evidence }), "waiting_for_human");
});

Deno.test("verdictOf() finds no work, when a short round exits 0 without result, tokens or a changed tree", () => {
  const exited = { kind: "exited", code: 0 } as const;
  const result = evidenceOf({ kind: "result", ok: true, raw: "" });
  assert.equal(verdict(exited, { durationS: 59.9 }), "no_work");
  assert.equal(verdict(exited, { durationS: 1, treeChanged: null }), "no_work");
  assert.equal(verdict(exited, { durationS: 60 }), "productive");
  assert.equal(verdict(exited, { durationS: 1, treeChanged: true }), "productive");
  assert.equal(verdict(exited, { durationS: 1, evidence: result }), "productive");
});
