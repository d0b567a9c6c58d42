import assert from "node:assert/strict";
import type { LoggedEvent } from "../../lib/core/events.ts";
import { fakeAgent, Project } from "./project.ts";
import { mayMount, SmallDisk } from "./small_disk.ts";

/** Words that start the program with its output redirected. */
function redirected(to: string): readonly string[] {
  return ["sh", "-c", `exec "$@" ${to}`, "sh"];
}

const REFUSAL = /^cannot write to standard output: No space left on device/gm;

for (const words of [["serve"], ["serve", "--json"]]) {
  Deno.test(`${words.join(" ")} runs its rounds when its output takes nothing, and says so once`, async () => {
    await using project = await Project.with(fakeAgent("good=0"));
    const args = [...words, "--max-rounds", "2"];
    const { code, err } = await project.run(args, { before: redirected(">/dev/full") });
    assert.equal(code, 0, err);
    assert.equal(err.match(REFUSAL)?.length, 1, err);
    assert.deepEqual(project.all("round_end").map(({ verdict }) => verdict), ["productive", "productive"]);
    assert.equal(project.only("serve_stopped").rule, "max_rounds");
  });
}

Deno.test("round runs to its end when neither of its outputs takes anything", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  const { code } = await project.run(["round"], { before: redirected(">/dev/full 2>/dev/full") });
  assert.equal(code, 0);
  assert.equal(project.only("round_end").verdict, "productive");
});

/** Words that start the program with a full pipe for its output, which nobody reads, or for both of them. */
const STUCK = ["sh", "-c", 'mkfifo pipe; exec 1<>pipe; head -c 65536 /dev/zero; exec "$@"', "sh"];
const BOTH_STUCK = STUCK.map((word) => word.replace(/"\$@"$/, "$& 2>&1"));

Deno.test("serve runs its rounds and ends when nobody reads its output", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  const serve = project.start(["serve", "--json", "--max-rounds", "2"], { before: STUCK });
  await serve.until("its end", () => serve.hasEnded || null);
  const { code, err } = await serve.ended;
  assert.equal(code, 0, err);
  assert.equal(project.all("round_end").length, 2);
});

Deno.test("serve ends by an error that nobody reads", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  const serve = project.start(["serve"]);
  await serve.event("serve_started");
  const other = project.start(["serve"], { before: BOTH_STUCK });
  await other.until("its end", () => other.hasEnded || null);
  assert.equal((await other.ended).code, 75);
  serve.signal("SIGTERM");
  assert.equal((await serve.ended).code, 0);
});

/** Words that start the program with a pipe to another one, and say how it ended. */
function piped(to: string): readonly string[] {
  return ["sh", "-c", `{ "$@"; echo "ended with $?" >&2; } | ${to}`, "sh"];
}

Deno.test("events --tail ends when nobody reads it any more, though nothing happens", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  await project.run(["serve", "--once"]);
  const { err } = await project.run(["events", "--tail"], { before: piped("true") });
  assert.equal(err, "ended with 0\n");
  assert.deepEqual(project.processes(), []);
});

Deno.test("events --tail goes on for as long as somebody reads it, and leaves nothing", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  await project.run(["serve", "--once"]);
  const tail = project.start(["events", "--tail", "--kind", "round_end"], { before: piped("head -1") });
  const serve = project.start(["serve"]);
  await tail.until("an event", () => tail.out.endsWith("\n") || null);
  serve.signal("SIGTERM");
  await serve.ended;
  const { out, err } = await tail.ended;
  const printed = JSON.parse(out);
  const logged = project.all("round_end").find(({ round_num }) => round_num === printed.round_num);
  assert.deepEqual(printed, logged);
  assert.equal(err, "ended with 0\n");
  assert.deepEqual(project.processes(), []);
});

/** Bytes that the full disk still takes: less than a line. */
const LAST_ROOM = 20;

Deno.test({
  name: "serve goes on when the disk of its output fills up in a round, and prints again when there is space",
  ignore: !mayMount(),
  async fn() {
    await using project = await Project.with(fakeAgent("good=1"));
    const dir = `${project.dir}/printed`;
    await using disk = await SmallDisk.mount(dir);
    const path = `${dir}/out`;
    const run = project.start(["serve", "--json"], { before: redirected(`>>${path}`) });
    const spawned = await run.event("agent_spawn");
    disk.fill("out");
    Deno.truncateSync(path, Deno.statSync(path).size - LAST_ROOM);
    await run.event("agent_spawn", ({ round_num }) => round_num > spawned.round_num);
    assert.equal(run.err.match(REFUSAL)?.length, 1, run.err);
    disk.free();
    await run.until("a printed end", () => printed(path).find(({ event }) => event === "round_end") ?? null);
    run.signal("SIGTERM");
    const { code, err } = await run.ended;
    assert.equal(code, 0, err);
    assert.equal(printed(path).at(-1)?.event, "serve_stopped");
    assert.equal(err.match(REFUSAL)?.length, 1, err);
    assert.deepEqual(
      new Set(project.all("round_end").map(({ verdict }) => verdict)),
      new Set(["productive"]),
    );
    assert.equal(project.all("round_end").length, project.all("round_start").length);
    assert.throws(() => Deno.statSync(project.layout.runningRound), Deno.errors.NotFound);
    assert.deepEqual(project.processes(), []);
  },
});

/** What was printed so far, but the one line of which the disk took only the beginning. */
function printed(path: string): readonly LoggedEvent[] {
  const lines = Deno.readTextFileSync(path).split("\n").slice(0, -1).filter((line) => line !== "");
  const torn = lines.findIndex((line) => line.length === LAST_ROOM);
  return lines.toSpliced(torn < 0 ? lines.length : torn, 1).map((line) => JSON.parse(line));
}
