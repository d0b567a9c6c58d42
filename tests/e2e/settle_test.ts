import { exists } from "./exists.ts";
import assert from "node:assert/strict";
import { fakeAgent, Project, type Tables } from "./project.ts";

const DRAFT = "fake-agent-draft.txt";

const KINDS_BEFORE = ["round_start", "agent_spawn", "agent_exit", "dirty_detected"];

function dirtyAgent(vcs: Tables[string] = {}, tables: Tables = {}): Promise<Project> {
  return Project.with(fakeAgent("dirty-tree", "good=0"), { vcs, ...tables });
}

async function gitIn({ workDir, home }: Project, ...args: readonly string[]): Promise<string> {
  const options = { args: [...args], cwd: workDir, env: { HOME: home } };
  const { success, stdout, stderr } = await new Deno.Command("git", options).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("serve stashes what a clean round left, tells the next round, and work brings it back", async () => {
  await using project = await dirtyAgent();
  assert.equal((await project.run(["round"])).code, 0);
  assert.deepEqual(project.kinds().filter(isNoFingerprint), [
    ...KINDS_BEFORE,
    "orphan_stashed",
    "round_end",
    "agent_usage_recorded",
  ]);
  const { ref } = project.only("orphan_stashed");
  assert.equal(await gitIn(project, "status", "--short"), "");
  const end = project.only("round_end");
  assert.deepEqual(
    [
      end.ending,
      end.exit_cause,
      end.result_ok,
      end.commits,
      end.files_changed,
      end.lines_added,
      end.leftovers,
    ],
    ["exited", "clean", true, 0, 1, 0, 0],
  );
  assert.ok((end.tokens ?? 0) > 0);

  assert.equal((await project.run(["round"])).code, 0);
  const context = JSON.parse(await Deno.readTextFile(project.layout.context));
  assert.deepEqual(Object.keys(context), ["round_num", "started_at", "orphan_stash", "previous"]);
  const { message, ...stash } = context.orphan_stash;
  assert.deepEqual(stash, { ref, files: [DRAFT] });
  assert.match(message, /^ORPHAN R1 ts=/);
  assert.equal(context.previous.had_dirty_tree, true);
  const second = project.all("round_end").at(-1)!;
  assert.deepEqual([second.commits, second.files_changed, second.lines_added], [1, 1, 1]);

  const list = await project.run(["work", "list", "--json"]);
  const [kept] = JSON.parse(list.out);
  assert.deepEqual([kept.name, kept.round_num, kept.kind, kept.ref], ["R1-stash", 1, "stash", ref]);
  assert.match((await project.run(["work", "list"])).out, /^R1-stash {2,}[0-9a-f]{12} {2}.*ORPHAN R1 ts=/);
  const shown = await project.run(["work", "show", "1"]);
  assert.match(shown.out, /^\+.*round 1/mi, shown.out);
  assert.deepEqual(JSON.parse((await project.run(["work", "show", "R1-stash", "--json"])).out).files, [
    DRAFT,
  ]);

  await Deno.writeTextFile(`${project.workDir}/other`, "1");
  const refused = await project.run(["work", "restore", "1"]);
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    /^error: Cannot restore R1-stash: 1 path is changed already\nhint: git stash push/,
  );
  await Deno.remove(`${project.workDir}/other`);
  const restored = await project.run(["work", "restore", "1"]);
  assert.equal(restored.code, 0, restored.err);
  assert.equal(await gitIn(project, "status", "--short"), `?? ${DRAFT}`);
  assert.equal(JSON.parse((await project.run(["work", "list", "--json"])).out).length, 1);
});

Deno.test("work finds a stash that the Python version made too, and one of another name of the same round", async () => {
  await using project = await dirtyAgent();
  for (const what of ["left by the one", "left by the other"]) {
    await Deno.writeTextFile(`${project.workDir}/left`, what);
    await gitIn(project, "stash", "push", "-q", "-u", "-m", "ORPHAN R3 ts=2026-01-02T03:04:05");
  }
  await gitIn(project, "commit", "-q", "--allow-empty", "-m", "ORPHAN R9 is no stash");
  const list = JSON.parse((await project.run(["work", "list", "--json"])).out);
  assert.deepEqual(list.map(({ name }: { name: string }) => name), ["R3-stash", "R3-stash-2"]);
  const restored = await project.run(["work", "restore", "R3-stash"]);
  assert.equal(restored.code, 0, restored.err);
  assert.equal(await Deno.readTextFile(`${project.workDir}/left`), "left by the one");
});

Deno.test("serve commits what a clean round left with auto_commit, and work brings a lost commit back", async () => {
  await using project = await dirtyAgent({ dirty_action: "auto_commit" });
  assert.equal((await project.run(["serve", "--once"])).code, 0);
  assert.deepEqual(project.kinds().filter(isNoFingerprint).slice(1, -1), [
    ...KINDS_BEFORE,
    "dirty_auto_committed",
    "round_end",
    "agent_usage_recorded",
  ]);
  assert.deepEqual(project.only("dirty_auto_committed").files, [DRAFT]);
  assert.equal(await gitIn(project, "log", "-1", "--format=%s"), "agent-runner auto-commit: R1");
  const held = await project.run(["work", "restore", "1"]);
  assert.match(held.err, /this branch holds that commit already/);
  await gitIn(project, "reset", "-q", "--hard", "HEAD~");
  assert.equal((await project.run(["work", "restore", "1"])).code, 0);
  assert.equal(await gitIn(project, "status", "--short"), `A  ${DRAFT}`);
});

Deno.test("serve leaves git as it is with dry_run, and says what it would do", async () => {
  await using project = await dirtyAgent({}, { runtime: { dry_run: true } });
  const { code, err } = await project.run(["serve", "--once"]);
  assert.equal(code, 0);
  assert.equal(project.only("dirty_detected").would, "stash");
  assert.match(err, /dry run: 1 changed path/);
  assert.equal(await gitIn(project, "status", "--short"), `?? ${DRAFT}`);
  assert.equal(await gitIn(project, "for-each-ref", "refs/stash", "refs/agent-runner/"), "");
});

Deno.test("serve only tells what a round left that failed or ran out of time, and tells the next one too", async () => {
  const failing = ["sh", "-c", 'echo 1 >left; [ "$AGENT_RUNNER_ROUND_NUM" = 1 ] && exit 3; sleep 60'];
  await using project = await Project.with(failing, { runtime: { round_timeout_s: 1 } });
  assert.equal((await project.run(["serve", "--max-rounds", "2"])).code, 0);
  const order = project.kinds().filter(isNoFingerprint).filter((kind) =>
    /^(agent_exit|dirty|orphan|round_(end|timeout))/.test(kind)
  );
  assert.deepEqual(order, [
    "agent_exit",
    "dirty_detected",
    "round_end",
    "agent_exit",
    "dirty_detected",
    "round_timeout_kill",
    "round_end",
  ]);
  const { previous } = JSON.parse(await Deno.readTextFile(project.layout.context));
  assert.deepEqual([previous.had_dirty_tree, previous.dirty_files], [true, ["left"]]);
});

Deno.test("serve stashes the work of an agent that was idle after a good result", async () => {
  const result = JSON.stringify({ type: "result", subtype: "success", is_error: false });
  const idle = ["sh", "-c", `echo 1 >left; echo '${result}'; exec sleep 60`];
  await using project = await Project.with(idle, { runtime: { max_grace_after_result_s: 1 } });
  assert.equal((await project.run(["serve", "--once"])).code, 0);
  const kinds = project.kinds().filter(isNoFingerprint);
  assert.deepEqual(kinds.slice(kinds.indexOf("agent_exit"), kinds.indexOf("round_end") + 1), [
    "agent_exit",
    "dirty_detected",
    "orphan_stashed",
    "round_grace_kill",
    "round_end",
  ]);
});

Deno.test("serve asks git twice in a round that changed nothing", async () => {
  await using project = await Project.with(["true"]);
  const trace = `${project.dir}/trace`;
  assert.equal((await project.run(["serve", "--once"], { env: { GIT_TRACE2: trace } })).code, 0);
  const starts = (await Deno.readTextFile(trace)).split("\n").filter((line) => / start .*git /.test(line));
  assert.deepEqual(
    starts.map((line) => line.replace(/^.*\bgit /, "")),
    Array(2).fill("status --porcelain=v2 -z --branch --untracked-files=normal"),
  );
});

Deno.test("serve settles a round once whose supervisor was killed while a hook ran", async () => {
  const slow = '#!/bin/sh\n[ -e "$HOME/second" ] || { touch "$HOME/second"; sleep 60; }\n';
  await using project = await dirtyAgent({ dirty_action: "auto_commit" });
  await Deno.writeTextFile(`${project.workDir}/.git/hooks/pre-commit`, slow, { mode: 0o755 });
  const killed = project.start(["serve", "--once"]);
  await killed.until("the hook", () => exists(`${project.home}/second`) || null);
  killed.signal("SIGKILL");
  await killed.ended;
  assert.equal((await project.run(["round"])).code, 0);
  const first = project.events().filter((event) => Reflect.get(event, "round_num") === 1).map(({ event }) =>
    event
  );
  assert.deepEqual(first.filter((kind) => kind !== "agent_usage_recorded" && isNoFingerprint(kind)), [
    "round_start",
    "agent_spawn",
    "agent_exit",
    "dirty_detected",
    "dirty_detected",
    "dirty_auto_committed",
    "round_end",
  ]);
  assert.equal(await gitIn(project, "status", "--short"), "");
});

/** The fingerprints around each round are no part of these stories. */
function isNoFingerprint(kind: string): boolean {
  return !kind.startsWith("round_substrate_");
}
