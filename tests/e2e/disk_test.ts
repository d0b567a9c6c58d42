import assert from "node:assert/strict";
import {
  agent,
  DONE,
  eventually,
  kill,
  type Project,
  type ProjectOptions,
  secondsBetween,
  withProject,
} from "./small_project.ts";

const ignore = Deno.build.os !== "linux";

const MIB = 1024 * 1024;

/** Bytes that a block of `stat` stands for, whatever the file system's own are. */
const BLOCK = 512;

/** 200 MB within a few seconds, of which 5 MiB may stay. */
const FLOODS: ProjectOptions = {
  command: [...agent("floods.py"), "2000"],
  agent: { reader: "claude" },
  runtime: { round_log_max_mb: 5 },
};

const CALLS = 2000;

Deno.test({
  name: "serve keeps a round's log bounded while the agent prints 200 MB, and reads every line",
  ignore,
  fn: () =>
    withProject(FLOODS, async (project) => {
      const serve = project.start(["serve", "--once"]);
      let [most, size] = [0, 0];
      await eventually("the round is over", () => {
        const log = logs(project)[0];
        most = Math.max(most, (log?.blocks ?? 0) * BLOCK);
        size = Math.max(size, log?.size ?? 0);
        return project.of("round_end").length > 0;
      }, 60_000);
      assert.equal((await serve.ended).code, DONE);
      assert.ok(size > 200_000_000, `the agent printed ${size} bytes`);
      // The bound, and what is printed and read between two looks.
      assert.ok(most < 60 * MIB, `the log took ${most} bytes of the disk`);
      assert.equal(project.of("agent_usage_recorded")[0]?.tool_call_count, CALLS);
      assertShort(project);
    }),
});

Deno.test({
  name: "serve adopts a round whose log has a hole, and finds the result behind it",
  ignore,
  fn: () =>
    withProject(FLOODS, async (project) => {
      const serve = project.start(["serve", "--once"]);
      await eventually("there is a hole", () => project.read("running-round.json").includes('"from"'));
      kill(serve.pid, "SIGKILL");
      await serve.ended;
      const next = await project.run(["serve", "--once"]);
      assert.equal(next.code, DONE, next.stderr);
      assert.equal(project.of("round_adopted").length, 1);
      assert.deepEqual(project.of("agent_exit").map(({ exit_code }) => exit_code), [0]);
      const [usage] = project.of("agent_usage_recorded");
      assert.ok(Number(usage?.tool_call_count) > 0 && Number(usage?.tool_call_count) <= CALLS);
      assert.deepEqual(project.of("round_end").map(({ verdict }) => verdict), ["productive"]);
      assertShort(project);
    }),
});

Deno.test({
  name: "serve keeps the newest round logs, as many as may stay together",
  ignore,
  fn: () => {
    const options = {
      command: ["sh", "-c", "head -c 400000 /dev/zero"],
      runtime: { round_logs_total_mb: 1 },
    };
    return withProject(options, async (project) => {
      const { code, stderr } = await project.run(["serve", "--max-rounds", "4"]);
      assert.equal(code, DONE, stderr);
      assert.deepEqual(logs(project).map(({ name }) => name.split("-")[0]), ["R3", "R4"]);
    });
  },
});

diskTest("serve starts no round while the disk is short of space, and says why", {
  command: ["sh", "-c", "exit 0"],
  runtime: { disk_min_free_mb: 10 },
}, async (project) => {
  const { dir } = project;
  Deno.writeFileSync(`${dir}/ballast`, new Uint8Array(14 * MIB));
  const serve = project.start(["serve", "--once"]);
  await eventually("serve waits", () => project.of("wait_started").length > 0);
  assert.deepEqual(project.of("disk_low").map(({ needed_mb }) => needed_mb), [10]);
  assert.deepEqual(project.of("wait_started").map(({ rule }) => rule), ["disk_low"]);
  const why = await project.run(["why"]);
  assert.match(why.stdout, /disk|space|free/);
  assert.deepEqual(project.of("round_start"), []);
  Deno.removeSync(`${dir}/ballast`);
  assert.equal((await serve.ended).code, DONE);
  assert.equal(project.of("disk_ok").length, 1);
  assert.equal(project.of("round_end").length, 1);
});

diskTest("serve sees a round through on a full disk, and writes what it had to say when space returns", {
  command: [...agent("calls_tools.sh"), "10", "7"],
}, async (project) => {
  const { dir } = project;
  const serve = project.start(["serve", "--once"]);
  await eventually("the agent works", () => project.output().includes('"t3"'));
  fill(`${dir}/ballast`);
  await eventually("the round is over", () => project.read("running-round.json") === "");
  Deno.removeSync(`${dir}/ballast`);
  assert.equal((await serve.ended).code, DONE);
  assert.deepEqual(project.of("agent_exit").map(({ exit_code }) => exit_code), [7]);
  assert.equal(project.of("round_end").length, 1);
  assert.equal(project.of("serve_stopped").length, 1);
  assert.ok(secondsBetween(project.of("agent_spawn")[0], project.of("agent_exit")[0]) < 10);
});

/** Runs the test on a file system of 20 MB of its own. */
function diskTest(name: string, options: ProjectOptions, act: (project: Project) => Promise<void>): void {
  Deno.test({
    name,
    ignore: ignore || Deno.uid() !== 0,
    fn: async () => {
      const under = await Deno.makeTempDir({ prefix: "agent-runner-disk-" });
      await run("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", under);
      try {
        await withProject({ ...options, under }, act);
      } finally {
        await run("umount", under);
        await Deno.remove(under);
      }
    },
  });
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** Takes all the space that is left. */
function fill(path: string): void {
  using file = Deno.openSync(path, { write: true, create: true });
  for (const bytes of [new Uint8Array(MIB), new Uint8Array(4096)]) {
    while (isWritten(file, bytes));
  }
}

function isWritten(file: Deno.FsFile, bytes: Uint8Array): boolean {
  try {
    return file.writeSync(bytes) === bytes.length;
  } catch {
    return false;
  }
}

/** The round logs, oldest first. */
function logs({ logDir }: Project): readonly { name: string; size: number; blocks: number }[] {
  try {
    const names = [...Deno.readDirSync(`${logDir}/rounds`)].map(({ name }) => name).filter((name) =>
      /^R\d+-.*\.log$/.test(name)
    );
    return names.sort().map((name) => {
      const { size, blocks } = Deno.statSync(`${logDir}/rounds/${name}`);
      return { name, size, blocks: blocks ?? 0 };
    });
  } catch {
    return [];
  }
}

/** After the round the log has no hole, is within its bound and says what is missing. */
function assertShort(project: Project): void {
  const [log, ...others] = logs(project);
  assert.deepEqual(others, []);
  assert.ok(log !== undefined && log.size <= 5 * MIB, `${log?.size} bytes`);
  assert.ok(log.blocks * BLOCK >= log.size, "there is a hole");
  const output = project.output();
  assert.match(output, /^\[agent-runner: \d+ bytes cut here, round_log_max_mb\]$/m);
  assert.ok(!output.includes("\0"));
  assert.match(output, /"id":"t0"/);
  assert.match(output, /"type":"result"[^\n]*\n$/);
}
