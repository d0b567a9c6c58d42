import assert from "node:assert/strict";
import { differences } from "./differences.ts";
import { explanationOf, KNOWN_DIFFERENCES } from "./known_differences.ts";
import { planted } from "./planted.ts";
import type { RunRecord } from "./record.ts";
import { SCENARIOS } from "./scenarios.ts";
import { settled, settledText } from "./settled.ts";

const RECORD: RunRecord = {
  exitCode: 0,
  events: [
    { ts: "<time>", event: "round_start", round_num: 1, phase: null },
    {
      ts: "<time>",
      event: "agent_exit",
      round_num: 1,
      exit_code: 7,
      duration_s: "<number>",
      timed_out: false,
    },
    { ts: "<time>", event: "round_end", round_num: 1 },
  ],
  files: ["events-<month>.jsonl", "status.json"],
  contents: { "status.json": { round_num: 1, running: false } },
  metrics: [{ event: "round_start", cpu_pct: "<number>" }],
  agents: [{ args: ["-p"], cwd: "<dir>/site", env: { AGENT_RUNNER_PHASE: "" }, prompt: "one\ntwo" }],
  git: { log: ["start"], stashes: [] },
};

const [START, EXIT, END] = RECORD.events as [
  RunRecord["events"][0],
  RunRecord["events"][0],
  RunRecord["events"][0],
];
const [AGENT] = RECORD.agents as [RunRecord["agents"][0]];

const CHANGES: readonly (readonly [at: string, change: Partial<RunRecord>])[] = [
  ["exit =code", { exitCode: 1 }],
  ["event -agent_exit", { events: [START, END] }],
  ["event +agent_exit", { events: [START, EXIT, EXIT, END] }],
  ["field =agent_exit.exit_code", { events: [START, { ...EXIT, exit_code: "7" }, END] }],
  ["field =agent_exit.duration_s", { events: [START, { ...EXIT, duration_s: "soon" }, END] }],
  ["field -round_start.phase", { events: [{ ts: "<time>", event: "round_start", round_num: 1 }, EXIT, END] }],
  ["field +round_end.more", { events: [START, EXIT, { ...END, more: 1 }] }],
  ["field =round_end.(order)", { events: [START, EXIT, { event: "round_end", ts: "<time>", round_num: 1 }] }],
  ["file -status.json", { files: ["events-<month>.jsonl"] }],
  ["content =status.json.running", { contents: { "status.json": { round_num: 1, running: true } } }],
  ["metrics -round_start.cpu_pct", { metrics: [{ event: "round_start" }] }],
  ["agent =starts", { agents: [AGENT, AGENT] }],
  ["agent =cwd", { agents: [{ ...AGENT, cwd: "/" }] }],
  ["argument +{prompt}", { agents: [{ ...AGENT, args: ["-p", "{prompt}"] }] }],
  ["env =AGENT_RUNNER_PHASE", { agents: [{ ...AGENT, env: { AGENT_RUNNER_PHASE: "dev" } }] }],
  ["prompt -two", { agents: [{ ...AGENT, prompt: "one" }] }],
  ["git stashes +On main: ORPHAN R1", { git: { log: ["start"], stashes: ["On main: ORPHAN R1"] } }],
];

for (const [at, change] of CHANGES) {
  Deno.test(`differences() finds ${at}, and nothing else`, () => {
    assert.deepEqual(differences(RECORD, { ...RECORD, ...change }).map((found) => found.at), [at]);
  });
}

Deno.test("differences() finds none, when nothing is different", () => {
  assert.deepEqual(differences(RECORD, structuredClone(RECORD)), []);
});

Deno.test("differences() finds a planted one that no row explains, in whatever scenario", () => {
  for (const record of [RECORD, { ...RECORD, events: [] }]) {
    const found = differences(planted(record), record);
    assert.equal(found.length, 1);
    const unexplained = SCENARIOS.filter(({ name }) => explanationOf(found[0]!, name, false) === null);
    assert.ok(unexplained.length >= SCENARIOS.length - 9, `${unexplained.length}`);
  }
});

Deno.test("settled() replaces what is new each time, and keeps the types", () => {
  const event = { ts: "2026-05-18T09:30:05.123Z", duration_s: 1.5, exit_code: 7, reset_at_epoch: "soon" };
  assert.deepEqual(settled(event, { dir: "/tmp/x" }), {
    ts: "<time>",
    duration_s: "<number>",
    exit_code: 7,
    reset_at_epoch: "soon",
  });
  assert.equal(
    settledText("/tmp/x/logs/rounds/R1-20260518T093005.log", { dir: "/tmp/x" }),
    "<dir>/logs/rounds/R1-<stamp>.log",
  );
  const started = { event: "serve_started", config_hash: "2491cf4a" };
  assert.deepEqual(settled(started, { dir: "/tmp/x" }), { event: "serve_started", config_hash: "<hash>" });
  assert.equal(settledText("ee7c7272.1468047-5031-12", { dir: "/tmp/x" }), "<start>-12");
});

Deno.test("SCENARIOS have names of their own, and KNOWN_DIFFERENCES name no others", () => {
  const names = new Set(SCENARIOS.map(({ name }) => name));
  assert.equal(names.size, SCENARIOS.length);
  const named = KNOWN_DIFFERENCES.flatMap(({ only = [] }) => only);
  assert.deepEqual(named.filter((name) => !names.has(name)), []);
});

Deno.test("compare is skipped with a word, when the Python version is not named", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("compare.ts", import.meta.url).pathname],
    env: { AGENT_RUNNER_PYTHON: "" },
  }).output();
  assert.equal(code, 0);
  assert.match(new TextDecoder().decode(stdout), /^skipped: /);
});
