import assert from "node:assert/strict";
import { playFakeAgent } from "../../lib/cli/fake_agent.ts";
import { SCENARIOS } from "../../lib/cli/fake_scenarios.ts";
import { emptyEvidence, type Evidence, withFinding } from "../../lib/core/evidence.ts";
import { networkWords } from "../../lib/core/network_words.ts";
import type { Failure } from "../../lib/core/problem.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { claude } from "../../plugins/claude.ts";
import { Dead } from "../sim/sim_crash.ts";
import { SimHost } from "../sim/sim_host.ts";

const HOUR_MS = 3_600_000;
const WORK_FILE = "/project/fake-agent-work.txt";

interface Expected {
  readonly exit: number;
  /** Virtual milliseconds that the round takes, git included. */
  readonly tookMs: number;
  /** Classification of the limit, and seconds until its reset. */
  readonly limit?: readonly [classification: string, resetS: number | null];
  readonly ok: boolean | null;
  readonly toolCalls: number | null;
  readonly auth?: string;
}

/** What a supervisor with the Claude reader makes of each scenario, of endless ones with an end. */
const ROUNDS: readonly (readonly [word: string, expected: Expected])[] = [
  ["good", { exit: 0, tookMs: 2030, ok: true, toolCalls: 2 }],
  ["good=0", { exit: 0, tookMs: 30, ok: true, toolCalls: 2 }],
  ["limit-5h", { exit: 1, tookMs: 0, limit: ["rate_limit_account", 6], ok: false, toolCalls: 0 }],
  ["limit-5h=18000", { exit: 1, tookMs: 0, limit: ["rate_limit_account", 18_000], ok: false, toolCalls: 0 }],
  ["limit-weekly", { exit: 1, tookMs: 0, limit: ["rate_limit_account", 259_200], ok: false, toolCalls: 0 }],
  ["overloaded", { exit: 1, tookMs: 0, limit: ["api_transient_5xx", null], ok: false, toolCalls: 0 }],
  ["api-timeout=7.5", { exit: 1, tookMs: 7500, limit: ["api_timeout", null], ok: false, toolCalls: 0 }],
  ["auth", { exit: 1, tookMs: 0, ok: false, toolCalls: 0, auth: "Invalid API key" }],
  ["no-work", { exit: 0, tookMs: 0, ok: null, toolCalls: null }],
  ["crash", { exit: 1, tookMs: 0, ok: null, toolCalls: null }],
  ["hang=3", { exit: 0, tookMs: 3000, ok: null, toolCalls: null }],
  ["ignores-term=3", { exit: 0, tookMs: 3000, ok: null, toolCalls: null }],
  ["lingers-after-result=3", { exit: 0, tookMs: 3000, ok: true, toolCalls: 0 }],
  ["flood=1", { exit: 0, tookMs: 0, ok: true, toolCalls: 10 }],
  ["half-line", { exit: 0, tookMs: 0, ok: null, toolCalls: null }],
  ["leaves-child", { exit: 0, tookMs: 0, ok: true, toolCalls: 1 }],
  ["dirty-tree", { exit: 0, tookMs: 0, ok: true, toolCalls: 1 }],
  ["done", { exit: 0, tookMs: 2030, ok: true, toolCalls: 2 }],
];

for (const [word, expected] of ROUNDS) {
  Deno.test(`playFakeAgent() plays ${word} so that the reader finds just that`, async () => {
    const sim = stage();
    const startAt = sim.clock.now();
    const exit = await sim.run((host) => playFakeAgent(host, [word]));
    const { limit, result, usage, auth, billing, openTools, repetitions } = evidenceOf(sim.screen.out);
    assert.deepEqual([exit, sim.t], [expected.exit, expected.tookMs]);
    assert.deepEqual([result?.ok ?? null, usage?.toolCalls ?? null], [expected.ok, expected.toolCalls]);
    const resetS = limit?.resetAt == null ? null : (limit.resetAt - startAt) / 1000;
    assert.deepEqual(limit === null ? undefined : [limit.classification, resetS], expected.limit);
    assert.deepEqual([auth, billing, openTools, repetitions], [expected.auth ?? null, null, 0, []]);
    const ownWords = (sim.screen.out + sim.screen.err).split("\n").map((line) => claude.ownWords(line) ?? "");
    assert.deepEqual(ownWords.map(networkWords).filter((words) => words !== null), []);
  });
}

Deno.test("SCENARIOS is played row by row in these tests", () => {
  const played = new Set(ROUNDS.map(([word]) => word.replace(/=.*/, "")));
  assert.deepEqual([...played], Object.keys(SCENARIOS));
});

Deno.test("playFakeAgent() takes the word of the round's number, and the first again after the last", async () => {
  const words = ["no-work", "no-work=5", "crash"];
  const played: unknown[] = [];
  for (const round of ["1", "2", "3", "4", "6", "", "0", "-3", "x", "9".repeat(400)]) {
    const { sim, exit } = await play(words, { AGENT_RUNNER_ROUND_NUM: round });
    played.push([exit, sim.t]);
  }
  const [first, second, third] = [[0, 0], [0, 5000], [1, 0]];
  assert.deepEqual(played, [first, second, third, first, third, first, first, first, first, first]);
});

Deno.test("playFakeAgent() refuses all wrong words at once, whichever round it is", async () => {
  const { exit } = await play(["good", "hagn", "constructor", "flood=x", "good="]);
  assert.deepEqual(exit, {
    kind: "failure",
    what: "Cannot play these scenarios",
    problems: [
      { where: "hagn", text: 'unknown scenario; did you mean "hang"?', line: null },
      { where: "constructor", text: "unknown scenario", line: null },
      { where: "flood=x", text: 'expected megabytes from 0 to 1000000000, got "x"', line: null },
      { where: "good=", text: 'expected seconds from 0 to 1000000000, got ""', line: null },
    ],
    hint: "agent-runner fake-agent --help",
    exitCode: 2,
  });
  const { what, exitCode } = (await play([])).exit as Failure;
  assert.deepEqual([what, exitCode], ["No scenario to play", 2]);
});

Deno.test("playFakeAgent() adds a line a round to its file in good, and commits it", async () => {
  const sim = stage({ AGENT_RUNNER_ROUND_NUM: "7" });
  sim.disk.put(WORK_FILE, "before\n");
  const { head } = sim.tree;
  await sim.run((host) => playFakeAgent(host, ["good=0"]));
  assert.equal(sim.disk.text(WORK_FILE), "before\nRound 7 was here.\n");
  assert.notEqual(sim.tree.head, head);
  assert.equal(sim.tree.dirty.size, 0);
});

Deno.test("playFakeAgent() plays good to its end where there is no repository, or one that takes nothing", async () => {
  const without = stage();
  without.tree.kind = "none";
  assert.equal(await without.run((host) => playFakeAgent(host, ["good=0"])), 0);
  assert.equal(evidenceOf(without.screen.out).usage?.toolCalls, 1);
  const refusing = stage();
  refusing.tree.dirty.clear();
  assert.equal(await refusing.run((host) => playFakeAgent(host, ["good=0"])), 0);
  assert.match(refusing.screen.out, /"content":"nothing to commit","is_error":true/);
});

Deno.test("playFakeAgent() works with a sign of life every five seconds in good=12", async () => {
  const sim = stage();
  const signs: number[] = [];
  for (let t = 1000; t <= 12_000; t += 1000) {
    sim.at(t - 1, () => signs.push(sim.screen.out.split("\n").length));
  }
  await sim.run((host) => playFakeAgent(host, ["good=12"]));
  assert.deepEqual(signs, [3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5]);
});

Deno.test("playFakeAgent() leaves a file in dirty-tree and commits nothing", async () => {
  const sim = stage();
  const { head } = sim.tree;
  await sim.run((host) => playFakeAgent(host, ["dirty-tree"]));
  assert.equal(sim.disk.text("/project/fake-agent-draft.txt"), "Round 1 was here.\n");
  assert.equal(sim.tree.head, head);
});

Deno.test("playFakeAgent() puts a reason into the sentinel in done, and fails without a log directory", async () => {
  const { sim } = await play(["done"]);
  assert.equal(sim.disk.text("/project/logs/.agent-done"), "The rehearsal is over: nothing is left to do.\n");
  const homeless = await play(["done"], { AGENT_RUNNER_LOG_DIR: "" });
  assert.equal(homeless.exit, 1);
  assert.match(homeless.sim.screen.err, /AGENT_RUNNER_LOG_DIR is not set/);
});

Deno.test("playFakeAgent() writes prose on standard error and nothing else in crash, and no byte in no-work", async () => {
  const { out, err } = (await play(["crash"])).sim.screen;
  assert.equal(out, "");
  assert.match(err, /^TypeError: .*\n +at .*\n/);
  const idle = (await play(["no-work"])).sim.screen;
  assert.deepEqual([idle.out, idle.err], ["", ""]);
});

Deno.test("playFakeAgent() cuts the closing record in half-line", async () => {
  const { sim } = await play(["half-line"]);
  const last = sim.screen.out.split("\n").at(-1) ?? "";
  assert.match(last, /^\{"type":"result",/);
  assert.throws(() => JSON.parse(last), SyntaxError);
});

Deno.test("playFakeAgent() floods no more than asked for, and stops when nobody reads", async () => {
  const { sim } = await play(["flood=3"]);
  assert.ok(sim.screen.out.length > 3e6 && sim.screen.out.length < 3.2e6, `${sim.screen.out.length}`);
  const unread = stage();
  unread.screen.closed = true;
  assert.equal(await unread.run((host) => playFakeAgent(host, ["flood=1000000000"])), 0);
});

Deno.test("playFakeAgent() ends with 143 on SIGTERM in hang, after its first record alone", async () => {
  const sim = stage();
  sim.at(HOUR_MS, () => sim.send("SIGTERM"));
  assert.equal(await sim.run((host) => playFakeAgent(host, ["hang"])), 143);
  assert.equal(sim.t, HOUR_MS);
  assert.match(sim.screen.out, /^\{"type":"system","subtype":"init",.*\}\n$/);
});

Deno.test("playFakeAgent() lives through SIGTERM in ignores-term, not in lingers-after-result", async () => {
  const stubborn = stage();
  stubborn.at(HOUR_MS, () => stubborn.send("SIGTERM"));
  stubborn.at(2 * HOUR_MS, () => stubborn.kill());
  await assert.rejects(stubborn.run((host) => playFakeAgent(host, ["ignores-term"])), Dead);
  assert.equal(stubborn.t, 2 * HOUR_MS);
  const lingering = stage();
  lingering.at(HOUR_MS, () => lingering.send("SIGTERM"));
  await assert.rejects(lingering.run((host) => playFakeAgent(host, ["lingers-after-result"])), Dead);
  assert.equal(lingering.t, HOUR_MS);
  assert.equal(evidenceOf(lingering.screen.out).result?.ok, true);
});

Deno.test("playFakeAgent() starts a process of its own group in leaves-child, which ends by itself", async () => {
  const sim = stage();
  await sim.run(async (host) => {
    await playFakeAgent(host, ["leaves-child=60"]);
    const child = host.processes.inspect(pidIn(sim.screen.out));
    assert.deepEqual([child?.name, child?.group], ["sleep", host.processes.self.pid]);
    await host.clock.sleep(60_000);
    assert.equal(host.processes.inspect(pidIn(sim.screen.out)), null);
  });
});

Deno.test("playFakeAgent() fails with the file's words where the folder takes nothing", async () => {
  const sim = stage();
  sim.disk.readOnlyUntil(HOUR_MS);
  const refusal = await sim.run((host) => playFakeAgent(host, ["dirty-tree"])) as Failure;
  assert.equal(refusal.exitCode, 1);
  assert.match(refusal.what, /^Cannot play on: .*fake-agent-draft\.txt: Read-only/);
});

Deno.test("playFakeAgent() ends as told as a real process: hang politely, ignores-term by SIGKILL alone", async () => {
  const polite = realAgent("/", "hang");
  await polite.firstLine;
  polite.child.kill("SIGTERM");
  const { code, signal } = await polite.child.status;
  assert.deepEqual([code, signal], [143, null]);
  const stubborn = realAgent("/", "ignores-term");
  await stubborn.firstLine;
  stubborn.child.kill("SIGTERM");
  stubborn.child.kill("SIGKILL");
  // A process that SIGTERM ends is over when the second signal comes.
  assert.equal((await stubborn.child.status).signal, "SIGKILL");
});

Deno.test("playFakeAgent() leaves a real process in its own group, which outlives it", async () => {
  const { processes } = systemHost();
  const agent = realAgent("/", "leaves-child");
  const pid = pidIn(await agent.rest());
  assert.equal((await agent.child.status).code, 0);
  const child = processes.inspect(pid);
  assert.equal(processes.signal(pid, "SIGKILL"), true);
  assert.deepEqual([child?.name, child?.group, child?.zombie], ["sleep", agent.child.pid, false]);
});

Deno.test("playFakeAgent() commits to a real repository in good", async () => {
  const dir = await Deno.makeTempDir();
  await git(dir, "init", "-q");
  await git(dir, "config", "user.name", "Test");
  await git(dir, "config", "user.email", "test@example.org");
  const agent = realAgent(dir, "good=0");
  assert.equal(evidenceOf(await agent.rest()).result?.ok, true);
  assert.equal((await agent.child.status).code, 0);
  assert.equal(
    await git(dir, "log", "--format=%s", "--name-only"),
    "Work of round 1\n\nfake-agent-work.txt\n",
  );
  assert.equal(await git(dir, "status", "--porcelain"), "");
  await Deno.remove(dir, { recursive: true });
});

/** A machine on which the agent is the program, in a repository with an edit that git has noticed. */
function stage(env: Readonly<Record<string, string>> = {}): SimHost {
  const own = {
    HOME: "/home/sim",
    AGENT_RUNNER_ROUND_NUM: "1",
    AGENT_RUNNER_LOG_DIR: "/project/logs",
    ...env,
  };
  const sim = new SimHost({ seed: 1, machine: { env: own } });
  sim.disk.makeDir("/project/logs");
  sim.tree.edit("fake-agent-work.txt");
  return sim;
}

async function play(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const sim = stage(env);
  const exit = await sim.run((host) => playFakeAgent(host, words));
  return { sim, exit };
}

function evidenceOf(output: string): Evidence {
  const reader = claude.reader({ round_num: 1, config: {}, repetition: { window: 20, threshold: 3 } });
  const lines = output.split("\n").filter((line) => claude.interest.some((word) => line.includes(word)));
  const findings = [
    ...lines.flatMap((line) => reader.line(line)),
    ...reader.end!({ kind: "exited", code: 0 }),
  ];
  return findings.reduce(withFinding, emptyEvidence());
}

function pidIn(output: string): number {
  return Number(/"pid (\d+)"/.exec(output)?.[1]);
}

const DRIVER = `
import { playFakeAgent } from ${JSON.stringify(import.meta.resolve("../../lib/cli/fake_agent.ts"))};
import { exitWith, systemHost } from ${JSON.stringify(import.meta.resolve("../../lib/sys/mod.ts"))};
const exit = await playFakeAgent(systemHost(), Deno.args);
exitWith(typeof exit === "number" ? exit : exit.exitCode);
`;

/** The agent as a process of a group of its own. */
function realAgent(cwd: string, ...words: readonly string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--ext=ts", DRIVER, ...words],
    cwd,
    env: { AGENT_RUNNER_ROUND_NUM: "1", NO_COLOR: "1" },
    detached: true,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const firstLine = reader.read().then(({ value = "" }) => value);
  async function rest(): Promise<string> {
    let text = await firstLine;
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) text += chunk.value;
    return text;
  }
  return { child, firstLine, rest };
}

async function git(dir: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout } = await new Deno.Command("git", { args: ["-C", dir, ...args], stderr: "inherit" })
    .output();
  assert.equal(code, 0);
  return new TextDecoder().decode(stdout);
}
