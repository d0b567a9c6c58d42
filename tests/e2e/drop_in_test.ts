import assert from "node:assert/strict";
import type { LoggedEvent } from "../../lib/core/events.ts";
import { encodeLine } from "../../lib/store/line_format.ts";
import { epochOf, fakeAgent, Project, PROMPT, tomlTable } from "./project.ts";

const PRESETS_DIR = new URL("../fixtures/python_project/presets/", import.meta.url);

/** Keys of each preset whose behaviour comes later; all presets have the last three. */
const LATER = ["monitor.auth_fail_hint"];

/** Months of rounds lie behind the project. */
const LAST_ROUND = 211;

const HOUR_S = 3600;

for (const preset of ["claude", "aider", "gemini", "codewhale", "kimi", "pi"]) {
  Deno.test(`serve takes a project of the Python version with ${preset} over: the limit, the log and the numbers`, async () => {
    await using project = await pythonProject(preset);
    const reset = nowS() + HOUR_S;
    const past = await leavePast(project, preset, reset);

    const waiting = project.start(["serve"], withAgents(project));
    const wait = await waiting.event("wait_started");
    assert.equal(wait.rule, "throttled");
    assert.ok(wait.until_epoch >= reset + 5 && wait.until_epoch <= reset + 30, String(wait.until_epoch));
    waiting.signal("SIGTERM");
    const { code, err } = await waiting.ended;
    assert.equal(code, 0, err);
    assert.equal(highestRound(project), LAST_ROUND);
    assert.deepEqual(
      [...err.matchAll(/^warning: not yet carried out by this version: (.*)$/gm)].map(firstGroup),
      [
        LATER.join(", "),
      ],
    );

    append(project, { ts: isoNow(), event: "transient_error_recovered", ...RECOVERED, agent: preset });
    // As a unit of the Python version calls it.
    const args = ["--config", project.configPath, "serve", "--once"];
    const once = await project.run(args, { ...withAgents(project), cwd: "/" });
    assert.equal(once.code, 0, once.err);
    assert.equal(highestRound(project), LAST_ROUND + 1);
    assert.equal(project.status().round_num, LAST_ROUND + 1);
    const given = await Deno.readTextFile(`${project.home}/given`);
    assert.ok(given.includes(PROMPT.split("\n")[0]!), given);
    assert.match(given, /"round_num": 212[\s\S]*"previous": \{\s+"exit_code": 1,/);
    assert.match(
      once.err,
      preset === "claude" ? /^the claude reader watches/ : /^no reader watches the agent/,
    );
    for (const [path, text] of past) {
      const now = await Deno.readTextFile(path);
      assert.ok(now.startsWith(text), `${path} was only appended to`);
    }
  });
}

Deno.test("serve starts the next round as soon as the limit that the Python version logged is over", async () => {
  await using project = await pythonProject(
    "claude",
    tomlTable("throttle", { jitter_min_s: 0, jitter_max_s: 0 }),
  );
  const reset = nowS() + 3;
  await leavePast(project, "claude", reset);
  assert.equal((await project.run(["serve", "--once"], withAgents(project))).code, 0);
  const start = project.all("round_start").at(-1);
  assert.equal(start?.round_num, LAST_ROUND + 1);
  assert.ok(epochOf(start) >= reset);
  assert.equal(project.only("transient_error_recovered").classification, "rate_limit_account");
});

Deno.test("serve takes a relative work_dir against the working folder where only that has git, and warns each time", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  await Deno.mkdir(`${project.dir}/etc`);
  const config = `${project.dir}/etc/agent-runner.toml`;
  await Deno.rename(project.configPath, config);
  for (const _ of ["first", "second"]) {
    const { code, err } = await project.run(["--config", config, "serve", "--once"]);
    assert.equal(code, 0, err);
    assert.match(
      err,
      /^warning: runtime\.work_dir: .*\/etc is no git work tree; using the working folder .*\/site/m,
    );
  }
  assert.match(await Deno.readTextFile(`${project.workDir}/fake-agent-work.txt`), /Round 2 was here/);
  const elsewhere = await project.run(["--config", config, "serve", "--once"], { cwd: project.home });
  assert.equal(elsewhere.code, 78);
  assert.match(elsewhere.err, /work_dir_is_git_repo: .*\/etc is not a git working tree/);
});

Deno.test("serve refuses a work_dir without git, unless dirty_action says that git does not matter", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  await Deno.remove(`${project.workDir}/.git`, { recursive: true });
  const { code, err } = await project.run(["serve", "--once"]);
  assert.equal(code, 78);
  assert.match(err, /STARTUP FAIL: work_dir_is_git_repo: .*\/site is not a git working tree \| how-to-fix: /);

  // A log directory of its own: right after that stop a service's restart would have to wait.
  const tables = { vcs: { dirty_action: "ignore" }, runtime: { log_dir: `${project.dir}/other-logs` } };
  await Deno.writeTextFile(project.configPath, project.toml(fakeAgent("good=0"), tables));
  const ignoring = await project.run(["serve", "--once"]);
  assert.equal(ignoring.code, 0, ignoring.err);
  assert.match(ignoring.err, /^warning: .*\/site is in no git work tree/m);
  assert.ok(!ignoring.err.includes("not yet carried out"), ignoring.err);
});

Deno.test("serve does not warn of a missing git, where the work_dir is a folder of a work tree", async () => {
  await using project = await Project.with(fakeAgent("good=0"), {
    runtime: { work_dir: "./prompts" },
    prompt: { file: "./main.md" },
    vcs: { dirty_action: "ignore" },
  });
  const { code, err } = await project.run(["serve", "--once"]);
  assert.equal(code, 0, err);
  assert.doesNotMatch(err, /^warning: .*git/m);
  assert.equal(project.only("round_end").files_changed, 1);
});

Deno.test("serve refuses to start without git on PATH", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  const { code, err } = await project.run(["serve", "--once"], { env: { PATH: project.home } });
  assert.equal(code, 78, err);
  assert.match(
    err,
    /STARTUP FAIL: work_dir_is_git_repo: .*git.* \| how-to-fix: see to it that git works here/i,
  );
  assert.deepEqual(project.all("round_start"), []);
});

Deno.test({
  name: "serve refuses a work tree of another user as git does, and says what git wants to be told",
  ignore: Deno.uid() !== 0,
  fn: async () => {
    await using project = await Project.with(fakeAgent("good=0"));
    for (const path of [project.workDir, `${project.workDir}/.git`]) await Deno.chown(path, 12345, 12345);
    const { code, err } = await project.run(["serve", "--once"]);
    assert.equal(code, 78, err);
    const remedy = `git config --global --add safe.directory ${project.workDir}`;
    assert.ok(err.includes(`work_dir_is_git_repo: the repository belongs to another user: ${remedy}`), err);
    await project.git("config", "--global", "--add", "safe.directory", project.workDir);
    const tables = { runtime: { log_dir: `${project.dir}/other-logs` } };
    await Deno.writeTextFile(project.configPath, project.toml(fakeAgent("good=0"), tables));
    const trusting = await project.run(["serve", "--once"]);
    assert.equal(trusting.code, 0, trusting.err);
  },
});

/** A project with a preset's TOML as it is, and a program by the name of the agent's. */
async function pythonProject(preset: string, more = ""): Promise<Project> {
  const toml = await Deno.readTextFile(new URL(`${preset}.toml`, PRESETS_DIR));
  const project = await Project.make(() => `${toml}\n${more}`, "home/.agent-runner/site/logs");
  await Deno.mkdir(`${project.dir}/bin`);
  await Deno.writeTextFile(`${project.dir}/bin/${preset}`, AGENT, { mode: 0o755 });
  return project;
}

/** Keeps what it was given, by arguments and standard input. */
const AGENT =
  '#!/bin/sh\n{ printf "%s\\n" "$@"; cat; } >"$HOME/given"\necho "did something" | tee -a notes.txt\n';

function withAgents(project: Project) {
  return { env: { PATH: `${project.dir}/bin:${project.environment().PATH}` } };
}

/** What the Python version left: months of events up to a limit, and its other files. Gives the texts by path. */
async function leavePast(
  project: Project,
  agent: string,
  reset: number,
): Promise<ReadonlyMap<string, string>> {
  const { dir, rounds, status, currentLog, roundLock } = project.layout;
  await Deno.mkdir(rounds, { recursive: true });
  const before = Date.now() - 60_000;
  // One round in eight hours makes a bit more than two months.
  for (let round = 1; round <= LAST_ROUND; round++) {
    const at = before - (LAST_ROUND - round) * 8 * HOUR_S * 1000;
    for (const event of pythonRound(round, at, round === LAST_ROUND ? { agent, reset } : null)) {
      append(project, event);
    }
  }
  await Deno.writeTextFile(roundLock, "");
  await Deno.writeTextFile(`${dir}/round-${LAST_ROUND}.log`, "");
  await Deno.symlink(`round-${LAST_ROUND}.log`, currentLog);
  await Deno.writeTextFile(`${rounds}/R${LAST_ROUND}-20260101T000000.log`, "Usage limit reached\n");
  const last = { last_completed_at: isoAt(before), last_exit_code: 1, last_duration_s: 5.0125 };
  const state = { round_num: LAST_ROUND, running: false, ...last, phase_index: 0 };
  await Deno.writeTextFile(status, JSON.stringify(state, null, 2));
  const names = [...Deno.readDirSync(dir)].map(({ name }) => name).filter((name) =>
    name.startsWith("events-")
  );
  assert.ok(names.length >= 3, names.join(" "));
  return new Map(names.map((name) => [`${dir}/${name}`, Deno.readTextFileSync(`${dir}/${name}`)]));
}

type Loose = Readonly<Record<string, unknown>> & { readonly ts: string };

function pythonRound(
  round_num: number,
  at: number,
  limit: { readonly agent: string; readonly reset: number } | null,
): readonly Loose[] {
  const [start, end] = [isoAt(at - 5000), isoAt(at)];
  const exit = limit === null ? { exit_code: 0, exit_cause: "clean" } : { exit_code: 1, exit_cause: "error" };
  const refused = limit === null ? [] : [{
    ts: end,
    event: "transient_error_detected",
    classification: "rate_limit_account",
    agent: limit.agent,
    reset_at_epoch: limit.reset,
    round_num,
    raw: "Usage limit reached",
  }];
  return [
    { ts: start, event: "round_substrate_before", round_num, git_head: null, paths_hash: null },
    { ts: start, event: "round_start", round_num, phase: null },
    { ts: start, event: "agent_spawn", round_num, timeout_s: 1800 },
    { ts: end, event: "agent_exit", round_num, duration_s: 5.0125, timed_out: false, ...exit },
    { ts: end, event: "round_end", round_num },
    ...refused,
    { ts: end, event: "somebodys_plugin_event", round_num, "ümlaut": "日本語" },
    { ts: end, event: "round_substrate_after", round_num, git_head: null, paths_hash: null },
  ];
}

const RECOVERED = { classification: "rate_limit_account", throttled_for_s: 60 };

/** Appends a line in the common format to the file of its month. */
function append({ layout }: Project, event: Loose): void {
  const line = encodeLine(event as unknown as LoggedEvent);
  Deno.writeTextFileSync(`${layout.dir}/events-${event.ts.slice(0, 7)}.jsonl`, line, { append: true });
}

function highestRound(project: Project): number {
  return Math.max(...project.all("round_start").map(({ round_num }) => round_num));
}

function firstGroup(match: RegExpMatchArray): string | undefined {
  return match[1];
}

function nowS(): number {
  return Math.ceil(Date.now() / 1000);
}

function isoNow(): string {
  return isoAt(Date.now());
}

function isoAt(ms: number): string {
  return new Date(ms).toISOString();
}
