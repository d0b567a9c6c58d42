import assert from "node:assert/strict";
import { FileError } from "../../lib/core/file_error.ts";
import { readWaitStatus, type WaitStatus } from "../../lib/core/wait_status.ts";
import type { LaunchSpec } from "../../lib/host.ts";
import { systemHost } from "../../lib/sys/mod.ts";

const { files, processes } = systemHost();
const onLinux = Deno.build.os === "linux";

interface Round {
  readonly dir: string;
  /** A launch of `sh -c script` in `dir`. */
  spec(script: string, change?: Partial<LaunchSpec>): LaunchSpec;
  status(): WaitStatus;
  log(): string;
}

function withRound(act: (round: Round) => Promise<void>): () => Promise<void> {
  return async () => {
    const dir = await Deno.realPath(await Deno.makeTempDir());
    function spec(script: string, change: Partial<LaunchSpec> = {}): LaunchSpec {
      return {
        id: "R1-test",
        argv: ["sh", "-c", script],
        cwd: dir,
        env: { PATH: Deno.env.get("PATH")! },
        stdinPath: "/dev/null",
        logPath: `${dir}/log`,
        statusPath: `${dir}/status`,
        lockPath: null,
        cgroup: null,
        ...change,
      };
    }
    const round: Round = {
      dir,
      spec,
      status: () => readWaitStatus(files.readText(`${dir}/status`), files.readText(`${dir}/status.tmp`)),
      log: () => files.readText(`${dir}/log`) ?? "",
    };
    try {
      await act(round);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  };
}

/** INT and PIPE are not among them: on those no shell remarks. */
const SIGNALS = [["TERM", 15], ["KILL", 9], ["HUP", 1], ["SEGV", 11], ["USR1", 10]] as const;

async function run(spec: LaunchSpec): Promise<number> {
  const launch = processes.launch(spec);
  launch.openGate();
  return await launch.ended;
}

async function makePipe(path: string): Promise<void> {
  assert.equal((await new Deno.Command("mkfifo", { args: [path] }).output()).success, true);
}

Deno.test(
  "launch() runs the agent once its gate opens and keeps its exit code apart from a signal",
  withRound(async (round) => {
    for (const code of [0, 7, 127, 137, 143, 255]) {
      assert.equal(await run(round.spec(`exit ${code}`)), 0);
      assert.deepEqual(round.status(), { kind: "exited", code });
    }
    for (const [name, signal] of SIGNALS) {
      assert.equal(await run(round.spec(`kill -${name} $$`)), 0);
      assert.deepEqual(round.status(), { kind: "signalled", signal });
    }
    assert.equal(files.stat(`${round.dir}/status.tmp`), null);
    assert.equal(round.log(), "");
  }),
);

Deno.test(
  "launch() gives words, input, folder and environment to the agent unchanged, and adds only the marker",
  withRound(async (round) => {
    files.write(`${round.dir}/prompt`, "the prompt\n");
    files.write(`${round.dir}/log`, "already there\n");
    const words = ["a b", `q"'`, "`id`", "$(id)", "line\nbreak", "", "-n", "*", "ünï", "\\x"];
    // Names that a shell script likes to use.
    const env = {
      PATH: Deno.env.get("PATH")!,
      id: "1",
      log: "2",
      lock: "3",
      go: "4",
      c: "5",
      AGENT_RUNNER_ROUND_ID: "outer",
    };
    const script = `
      console.log(JSON.stringify({ words: Deno.args, env: Deno.env.toObject(), cwd: Deno.cwd() }));
      console.error(await new Response(Deno.stdin.readable).text());`;
    files.write(`${round.dir}/agent.ts`, script);
    const argv = [Deno.execPath(), "run", "-A", "--no-lock", `${round.dir}/agent.ts`, ...words];
    const noise = { DENO_DIR: `${round.dir}/cache`, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
    const spec = round.spec("", { argv, stdinPath: `${round.dir}/prompt`, env: { ...env, ...noise } });
    assert.equal(await run(spec), 0);
    const [first, second, ...rest] = round.log().split("\n");
    assert.equal(first, "already there");
    const seen = JSON.parse(second!);
    assert.deepEqual([seen.words, seen.cwd, rest], [words, round.dir, ["the prompt", "", ""]]);
    for (const extra of ["PWD", "OLDPWD", "_", "SHLVL"]) delete seen.env[extra];
    assert.deepEqual(seen.env, { ...env, ...noise, AGENT_RUNNER_ROUND_ID: "R1-test" });
  }),
);

Deno.test(
  "launch() names the launcher by pid and start time, as leader of its own session",
  withRound(async (round) => {
    const launch = processes.launch(round.spec("exit 0"));
    const info = processes.inspect(launch.pid)!;
    assert.equal(info.startTime, launch.startTime);
    assert.equal(info.parent, processes.self.pid);
    assert.equal(info.group, launch.pid);
    if (onLinux) {
      assert.equal(info.session, launch.pid);
      assert.doesNotMatch(Deno.readTextFileSync(`/proc/${launch.pid}/environ`), /AGENT_RUNNER_ROUND_ID/);
    }
    launch.openGate();
    await launch.ended;
  }),
);

Deno.test(
  "shutGate() ends the launcher without an agent; opening the gate afterwards changes nothing",
  withRound(async (round) => {
    const launch = processes.launch(round.spec("echo ran"));
    launch.shutGate();
    launch.openGate();
    assert.equal(await launch.ended, 125);
    assert.deepEqual(round.status(), { kind: "never_started" });
    assert.equal(files.stat(`${round.dir}/log`), null);
  }),
);

Deno.test(
  "openGate() of a launcher that has been killed meanwhile is no error",
  withRound(async (round) => {
    const early = processes.launch(round.spec("echo ran"));
    assert.equal(processes.signal(early.pid, "SIGKILL"), true);
    early.openGate();
    assert.equal(await early.ended, 128 + 9);
    const late = processes.launch(round.spec("echo ran"));
    processes.signal(-late.pid, "SIGTERM");
    assert.equal(await late.ended, 128 + 15);
    late.openGate();
    late.shutGate();
    assert.equal(round.log(), "");
  }),
);

Deno.test(
  "launch() says not started when prompt or log cannot be opened, and exited when the program is missing",
  withRound(async (round) => {
    await run(round.spec("echo ran", { stdinPath: `${round.dir}/none` }));
    assert.equal(round.status().kind, "not_started");
    files.remove(`${round.dir}/status.tmp`);
    await run(round.spec("echo ran", { logPath: `${round.dir}/none/log` }));
    assert.equal(round.status().kind, "not_started");
    await run(round.spec("", { argv: ["no-such-program"] }));
    assert.deepEqual(round.status(), { kind: "exited", code: 127 });
    assert.match(round.log(), /no-such-program/);
  }),
);

Deno.test(
  "launch() outlives a polite signal to the group and writes how the agent took it",
  withRound(async (round) => {
    assert.equal(await run(round.spec("kill -TERM 0")), 0);
    assert.deepEqual(round.status(), { kind: "signalled", signal: 15 });
    assert.equal(await run(round.spec("trap 'exit 3' TERM; kill -TERM 0")), 0);
    assert.deepEqual(round.status(), { kind: "exited", code: 3 });
  }),
);

Deno.test(
  "launch() leaves a mark when the launcher is killed with its agent",
  withRound(async (round) => {
    assert.equal(await run(round.spec("kill -KILL 0")), 128 + 9);
    assert.deepEqual(round.status(), { kind: "launcher_lost" });
  }),
);

Deno.test({
  name: "launch() takes the lock before its gate and ends with 75 where somebody holds it",
  ignore: !processes.hasFlock,
  fn: withRound(async (round) => {
    const lockPath = `${round.dir}/lock`;
    const held = files.lock(lockPath)!;
    const refused = processes.launch(round.spec("echo ran", { lockPath }));
    assert.equal(await refused.ended, 75);
    assert.deepEqual(round.status(), { kind: "never_started" });
    held.release();
    assert.equal(await run(round.spec(`flock -n ${lockPath} true || exit 4`, { lockPath })), 0);
    assert.deepEqual(round.status(), { kind: "exited", code: 4 });
    files.lock(lockPath)!.release();
    assert.equal(await run(round.spec("echo ran", { lockPath: `${round.dir}/none/lock` })) === 75, false);
    assert.equal(round.log(), "");
  }),
});

Deno.test({
  name: "launch() does not hand the lock to the agent: it is free when the launcher is killed",
  ignore: !processes.hasFlock,
  fn: withRound(async (round) => {
    const lockPath = `${round.dir}/lock`;
    await makePipe(`${round.dir}/continue`);
    await makePipe(`${round.dir}/answer`);
    const script = `kill -KILL "$PPID"; read -r word <continue; echo "$word" >answer`;
    assert.equal(await run(round.spec(script, { lockPath })), 128 + 9);
    files.lock(lockPath)!.release();
    await Deno.writeTextFile(`${round.dir}/continue`, "alive\n");
    assert.equal(await Deno.readTextFile(`${round.dir}/answer`), "alive\n");
    assert.deepEqual(round.status(), { kind: "launcher_lost" });
  }),
});

Deno.test(
  "launch() finds its own tools when the agent has no PATH",
  withRound(async (round) => {
    const lockPath = processes.hasFlock ? `${round.dir}/lock` : null;
    assert.equal(
      await run(round.spec("", { argv: ["/bin/sh", "-c", "exit 6"], env: { PATH: "" }, lockPath })),
      0,
    );
    assert.deepEqual(round.status(), { kind: "exited", code: 6 });
  }),
);

Deno.test(
  "launch() throws FileError when the folder is gone or a word is too long",
  withRound((round) => {
    assert.throws(
      () => processes.launch(round.spec("", { cwd: `${round.dir}/none` })),
      (error) => error instanceof FileError && error.fault === "missing",
    );
    assert.throws(() => processes.launch(round.spec("x".repeat(4_000_000))), FileError);
    return Promise.resolve();
  }),
);
