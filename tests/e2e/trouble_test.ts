import assert from "node:assert/strict";
import type { LoggedEvent } from "../../lib/core/events.ts";
import { type Ended, fakeAgent, Project, PROMPT } from "./project.ts";
import { mayMount, SmallDisk } from "./small_disk.ts";

/** Words that take root's privileges away: it too cannot write then where the mode says so. */
const UNPRIVILEGED = Deno.uid() === 0 ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];

Deno.test("serve refuses a log directory in which another serve runs, and names it", async () => {
  await using project = await Project.with(fakeAgent("hang"));
  const first = project.start(["serve"]);
  await first.event("round_start");
  const { code, err } = await project.run(["serve"]);
  assert.equal(code, 75);
  assert.match(err, new RegExp(`^error: .*another serve runs \\(held by PID ${first.pid}, age \\d+s`, "m"));
  assert.equal(project.all("serve_started").length, 1);
  assert.equal(first.hasEnded, false);
});

Deno.test("round says which round runs, and who supervises it, when one does", async () => {
  await using project = await Project.with(fakeAgent("hang"));
  const serve = project.start(["serve"]);
  const agent = fakeAgent("hang").join(" ");
  await serve.until("its agent", () => project.processes().find(({ words }) => words === agent) ?? null);
  const { code, err } = await project.run(["round"]);
  assert.equal(code, 75);
  const holder = `held by round 1, age \\d+s, supervisor PID ${serve.pid}`;
  assert.match(err, new RegExp(`^error: Cannot run a round: .*agent-runner\\.lock \\(${holder}\\)$`, "m"));
  const { cmdline } = JSON.parse(await Deno.readTextFile(project.layout.roundLockHolder));
  assert.equal(cmdline, "agent-runner round 1");
});

Deno.test("serve starts right after a serve that was killed between two rounds", async () => {
  await using project = await Project.with(fakeAgent("limit-weekly"));
  const first = project.start(["serve"]);
  const { until_epoch } = await first.event("wait_started");
  first.signal("SIGKILL");
  await first.ended;
  const second = project.start(["serve"]);
  const again = await second.event(
    "wait_started",
    ({ ts }) => ts > (project.all("serve_started")[1]?.ts ?? "~"),
  );
  assert.ok(Math.abs(again.until_epoch - until_epoch) <= 1, "the limit still holds");
  second.signal("SIGTERM");
  assert.equal((await second.ended).code, 0);
  assert.equal(project.all("round_start").length, 1);
});

Deno.test("serve refuses a log directory that is a file", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  await Deno.writeTextFile(project.layout.dir, "");
  refused(await project.run(["serve"]), /^error: Cannot use the log directory .*\/logs/m);
});

Deno.test("serve refuses a log directory that it may not write", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  await Deno.mkdir(project.layout.dir, { mode: 0o555 });
  const ended = await project.run(["serve"], { before: UNPRIVILEGED });
  refused(ended, /^error: Cannot use the log directory .*\/logs.*\nhint: make it writable/m);
  assert.deepEqual([...Deno.readDirSync(project.layout.dir)], []);
});

Deno.test({
  name: "serve goes on when its disk fills up, and loses nothing that it acknowledged",
  ignore: !mayMount(),
  async fn() {
    await using project = await Project.with(fakeAgent("good=1"), { runtime: { disk_min_free_mb: 0 } });
    await using disk = await SmallDisk.mount(project.layout.dir);
    const run = project.start(["serve", "--json"]);
    await run.event("agent_spawn", ({ round_num }) => round_num === 2);
    const reserve = inodeOf(project.layout.reserve);
    disk.fill("events-");
    await run.until("the wait for space", () => acknowledged(run.out).some(isWaitForSpace) || null);
    assert.notEqual(
      inodeOf(project.layout.reserve),
      reserve,
      "the log was refused, and gave its reserve back",
    );
    const rounds = acknowledged(run.out).filter(({ event }) => event === "round_start").length;
    disk.free();
    await run.event("round_end", ({ round_num }) => round_num > rounds);
    run.signal("SIGTERM");
    const { code, out } = await run.ended;
    assert.equal(code, 0);
    assert.deepEqual(project.events(), acknowledged(out));
  },
});

Deno.test("serve goes on when its log directory becomes read-only for a while", async () => {
  await using project = await Project.with(fakeAgent("good=0"), { runtime: { restart_delay_s: 1 } });
  const run = project.start(["serve"], { before: UNPRIVILEGED });
  await run.event("wait_started", ({ rule }) => rule === "restart_delay");
  await Deno.chmod(project.layout.dir, 0o555);
  await run.event("wait_started", ({ rule }) => rule === "log_unwritable");
  assert.equal(project.all("round_start").length, 1);
  await Deno.chmod(project.layout.dir, 0o755);
  await run.event("round_end", ({ round_num }) => round_num === 2);
  run.signal("SIGTERM");
  assert.equal((await run.ended).code, 0);
  assert.deepEqual(project.all("round_end").map(({ verdict }) => verdict), ["productive", "productive"]);
  assert.equal(project.status().round_num, 2);
});

Deno.test("serve makes its log directory again when that is removed in a round, and tells how it ended", async () => {
  await using project = await Project.with(fakeAgent("good=1"), { vcs: { dirty_action: "ignore" } });
  const run = project.start(["serve", "--json"]);
  await run.event("agent_spawn", ({ round_num }) => round_num === 2);
  await run.until("its agent", () => roundLogSize(project, 2) > 0 || null);
  await Deno.remove(project.layout.dir, { recursive: true });
  await run.event("round_end", ({ round_num }) => round_num === 2);
  const [end] = project.all("round_end");
  assert.deepEqual([end?.round_num, end?.ending, end?.verdict], [2, "lost", "interrupted"]);
  assert.equal(project.all("agent_exit")[0]?.ending, "lost");
  await run.says("was moved, removed or cut: begun anew");
  const refused = await project.run(["serve"]);
  assert.match(refused.err, new RegExp(`another serve runs \\(held by PID ${run.pid}`));
  await run.event("round_end", ({ round_num }) => round_num === 3);
  run.signal("SIGTERM");
  assert.equal((await run.ended).code, 0);
  assert.equal(project.all("round_end").at(-1)?.ending, "exited");
  assert.deepEqual(project.processes(), []);
  const next = await project.run(["serve", "--once", "--json"]);
  const rounds = acknowledged(next.out).flatMap((event) =>
    event.event === "round_start" ? [event.round_num] : []
  );
  assert.deepEqual(rounds, [project.all("round_start").length + 2]);
});

Deno.test("serve stays the one supervisor when its log directory is removed in a long round", async () => {
  await using project = await Project.with(fakeAgent("hang"));
  const run = project.start(["serve"]);
  await run.event("agent_spawn");
  await run.until("its agent", () => roundLogSize(project, 1) > 0 || null);
  await Deno.remove(project.layout.dir, { recursive: true });
  await run.says("was moved, removed or cut: begun anew");
  const refused = await project.run(["serve"]);
  assert.match(refused.err, new RegExp(`another serve runs \\(held by PID ${run.pid}`));
  assert.match((await project.run(["why"])).out, /^Running round 1 since/);
  assert.equal((await project.run(["stop", "--now"])).code, 0);
  assert.equal((await run.ended).code, 0);
  assert.equal(project.only("round_end").round_num, 1);
  assert.deepEqual(project.processes(), []);
});

Deno.test("serve goes on when nobody reads its output any more", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  const pipe = ["sh", "-c", '{ "$@"; echo "ended with $?" >&2; } | head -1', "sh"];
  const run = project.start(["serve"], { before: pipe });
  await run.event("round_end", ({ round_num }) => round_num === 3);
  Deno.kill(project.only("serve_started").pid, "SIGTERM");
  const { out, err } = await run.ended;
  assert.equal(out.trimEnd().split("\n").length, 1);
  assert.match(err, /ended with 0/);
  assert.equal(project.kinds().at(-1), "serve_stopped");
});

Deno.test("serve names everything that is wrong with the configuration at once, with its line", async () => {
  await using project = await Project.make((project) =>
    [
      "[agent]",
      'name = "e2e"',
      "command = []",
      "prompt_arg_template = []",
      "[runtime]",
      'work_dir = "."',
      `log_dir = ${JSON.stringify(project.layout.dir)}`,
      "round_timout_s = 5",
      'restart_delay_s = "soon"',
      "[prompt]",
      'file = "./prompts/main.md"',
      "[vcs]",
      'dirty_action = "stach"',
      "",
    ].join("\n")
  );
  const ended = await project.run(["serve"]);
  refused(ended, /^error: Cannot read .*\/agent-runner\.toml: 4 problems$/m);
  const found = [...ended.err.matchAll(/^ {2}line (\d+) +(\S+) +(.*)$/gm)].map(([, ...parts]) => parts);
  assert.deepEqual(found.map(([line, key]) => [line, key]), [
    ["3", "agent.command"],
    ["8", "runtime.round_timout_s"],
    ["9", "runtime.restart_delay_s"],
    ["13", "vcs.dirty_action"],
  ]);
  assert.match(found[1]?.[2] ?? "", /did you mean "round_timeout_s"\?/);
  assert.deepEqual(project.events(), []);

  const asJson = await project.run(["serve", "--json"]);
  const { problems, exit_code } = JSON.parse(asJson.err);
  assert.deepEqual([problems.map(({ line }: { line: number }) => line), exit_code], [[3, 8, 9, 13], 78]);
});

Deno.test("serve says where a configuration stops being TOML, and where there is none", async () => {
  await using project = await Project.make(() => '[agent]\nname = "e2e\n');
  refused(await project.run(["serve"]), /it is not TOML\n {2}line 2 +column \d+/);
  refused(await project.run(["serve", "--config", "nowhere.toml"]), /^error: config not found: .*nowhere/);
});

Deno.test("serve names all start-up checks that fail at once", async () => {
  await using project = await Project.with(["no-such-agent", "--fast"]);
  await Deno.writeTextFile(`${project.workDir}/prompts/main.md`, "Do it.\n");
  const ended = await project.run(["serve"]);
  refused(ended, /STARTUP FAIL: agent_cli_in_path: 'no-such-agent' not found on PATH \| how-to-fix: /);
  assert.match(
    ended.err,
    /STARTUP FAIL: prompt_smoke_passes: the prompt is 7 bytes, at least 500 are needed/,
  );
  assert.equal(project.all("smoke_check_failed").length, 2);
  assert.equal(project.only("serve_stopped").rule, "config_broken");
  assert.deepEqual(project.all("round_start"), []);
});

Deno.test("serve names what is wrong at its start, although a limit holds for days", async () => {
  await using project = await Project.with(fakeAgent("limit-weekly"));
  const first = project.start(["serve"]);
  await first.event("wait_started", ({ rule }) => rule === "throttled");
  first.signal("SIGTERM");
  assert.equal((await first.ended).code, 0);
  await Deno.writeTextFile(`${project.workDir}/prompts/main.md`, "");
  refused(await project.run(["serve"]), /STARTUP FAIL: prompt_smoke_passes: the prompt is empty/);
  assert.equal(project.all("wait_started").filter(({ rule }) => rule === "throttled").length, 1);
});

for (
  const [what, breakIt] of [
    ["a missing prompt", (project: Project) => Deno.remove(`${project.workDir}/prompts/main.md`)],
    ["an empty prompt", (project: Project) => Deno.writeTextFile(`${project.workDir}/prompts/main.md`, "")],
    ["an agent that is not executable", notExecutable],
    ["a work_dir that is no folder", workDirIsAFile],
  ] as const
) {
  Deno.test(`serve refuses ${what}`, async () => {
    await using project = await Project.with(fakeAgent("good=0"));
    await breakIt(project);
    refused(await project.run(["serve"]), /STARTUP FAIL: /);
  });
}

Deno.test("serve stops when its prompt breaks between two rounds", async () => {
  // A stash would bring the prompt back.
  await using project = await Project.with(fakeAgent("good=1"), { vcs: { dirty_action: "ignore" } });
  const run = project.start(["serve"]);
  await run.event("agent_spawn");
  await Deno.writeTextFile(`${project.workDir}/prompts/main.md`, "");
  refused(await run.ended, /prompt_smoke_passes: the prompt is empty/);
  assert.equal(project.only("round_end").verdict, "productive");
  assert.match(project.only("config_broken").reason, /prompt_smoke_passes/);
});

Deno.test("serve reads on over rubbish in the log, and its next round has the next number", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  assert.equal((await project.run(["serve", "--max-rounds", "2"])).code, 0);
  const { dir } = project.layout;
  const [name = ""] = [...Deno.readDirSync(dir)].map((entry) => entry.name).filter((name) =>
    name.startsWith("events-")
  );
  const rubbish = [
    `{"event": "round_start", "round_num": "forty"}\n`,
    `${"x".repeat(1_000_000)}\n`,
    "\0\xff\xfe\n",
    `{"ts": "2026-01-01T00:00:00.000Z", "event": "agent_e`,
  ];
  await Deno.writeTextFile(`${dir}/${name}`, rubbish.join(""), { append: true });
  const { code, out } = await project.run(["serve", "--once", "--json"]);
  assert.equal(code, 0);
  const [start] = acknowledged(out).filter(({ event }) => event === "round_start");
  assert.equal((start as LoggedEvent<"round_start">).round_num, 3);
  const lines = (await Deno.readTextFile(`${dir}/${name}`)).trimEnd().split("\n");
  assert.deepEqual(lines.slice(-acknowledged(out).length).map((line) => JSON.parse(line)), acknowledged(out));
});

function refused({ code, err }: Ended, words: RegExp): void {
  assert.equal(code, 78, err);
  assert.match(err, words);
}

async function notExecutable(project: Project): Promise<void> {
  await Deno.writeTextFile(`${project.workDir}/agent`, "#!/bin/sh\n", { mode: 0o644 });
  await Deno.writeTextFile(project.configPath, project.toml([`${project.workDir}/agent`]));
}

async function workDirIsAFile(project: Project): Promise<void> {
  await Deno.writeTextFile(`${project.dir}/file`, PROMPT);
  const tables = {
    runtime: { work_dir: `${project.dir}/file` },
    prompt: { file: `${project.workDir}/prompts/main.md` },
  };
  await Deno.writeTextFile(project.configPath, project.toml(fakeAgent("good=0"), tables));
}

/** The whole lines that serve has printed with `--json`. */
function acknowledged(out: string): readonly LoggedEvent[] {
  return out.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** Null where there is no file. */
function inodeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Bytes that the agent of a round has put out so far. */
function roundLogSize({ layout: { rounds } }: Project, round: number): number {
  const name = [...Deno.readDirSync(rounds)].find(({ name }) => name.startsWith(`R${round}-`))?.name;
  return name === undefined ? 0 : Deno.statSync(`${rounds}/${name}`).size;
}

function isWaitForSpace(event: LoggedEvent): boolean {
  return event.event === "wait_started" && event.rule === "log_unwritable";
}
