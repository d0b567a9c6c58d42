import assert from "node:assert/strict";
import { FileError } from "../../lib/core/file_error.ts";
import { HOUR_MS, launched, open, simHost, SPEC } from "./fixtures.ts";
import { Dead } from "./sim_crash.ts";

Deno.test("launch() runs the agent once the gate is open, and tells how it ended", async () => {
  const sim = simHost(1);
  sim.agent = () => ({
    lines: [{ afterMs: 0, text: "hello" }, { afterMs: 900, text: "bye" }, { afterMs: 901, text: "late" }],
    exit: { afterMs: 900, code: 143 },
  });
  await sim.run(async (host) => {
    const launch = host.processes.launch(SPEC);
    await host.clock.sleep(500);
    assert.equal(sim.launches[0]?.started, null);
    launch.openGate();
    await host.clock.sleep(500);
    assert.equal(host.files.readText(SPEC.logPath), "hello\n");
    assert.equal(host.files.readText(`${SPEC.statusPath}.tmp`), "");
    assert.equal(host.processes.inspect(sim.launches[0]?.agentPid ?? 0)?.group, launch.pid);
    assert.equal(host.files.lock(SPEC.lockPath ?? ""), null);
    assert.equal(await launch.ended, 0);
    assert.equal(host.processes.inspect(launch.pid), null);
    assert.ok(host.files.lock(SPEC.lockPath ?? ""));
  });
  assert.equal(sim.disk.text(SPEC.logPath), "hello\nbye\n");
  assert.equal(sim.disk.text(SPEC.statusPath), "143\n");
  assert.equal(sim.disk.text(`${SPEC.statusPath}.tmp`), null);
  assert.deepEqual(sim.launches[0]?.how, { kind: "exited", code: 143 });
  assert.equal(sim.agents.aliveMax, 1);
});

Deno.test("launch() writes the shell's word for a signal, and none for INT", async () => {
  const words = { SIGTERM: "Terminated\n143\n", SIGKILL: "Killed\n137\n", SIGINT: "130\n" };
  for (const [signal, status] of Object.entries(words)) {
    const { sim, launch } = await launched({ exit: { afterMs: 50, signal } });
    await sim.run(() => launch.ended);
    assert.equal(sim.disk.text(SPEC.statusPath), status);
  }
});

Deno.test("signal() to the group ends a polite agent and spares the launcher", async () => {
  const { sim, launch } = await launched({ exit: null });
  assert.equal(sim.processes.signal(-launch.pid, "SIGTERM"), true);
  assert.equal(await sim.run(() => launch.ended), 0);
  assert.equal(sim.disk.text(SPEC.statusPath), "Terminated\n143\n");
  assert.equal(sim.processes.signal(-launch.pid, "SIGTERM"), false);
});

Deno.test("signal() lets an agent end by its own code", async () => {
  const { sim, launch } = await launched({ exit: null, onTerm: { afterMs: 2000, code: 7 } });
  sim.processes.signal(-launch.pid, "SIGTERM");
  await sim.run(() => launch.ended);
  assert.equal(sim.disk.text(SPEC.statusPath), "7\n");
  assert.ok(sim.t > 2000);
});

Deno.test("signal() by KILL ends an agent that ignores TERM; the launcher dies with it and leaves no status", async () => {
  const { sim, launch } = await launched({ exit: null, onTerm: "ignore" });
  await sim.run(async (host) => {
    host.processes.signal(-launch.pid, "SIGTERM");
    await host.clock.sleep(HOUR_MS);
    assert.equal(sim.agents.alive, 1);
    host.processes.signal(-launch.pid, "SIGKILL");
    assert.equal(await launch.ended, 137);
  });
  assert.equal(sim.agents.alive, 0);
  assert.equal(sim.disk.text(SPEC.statusPath), null);
  assert.equal(sim.disk.text(`${SPEC.statusPath}.tmp`), "");
});

Deno.test("launch() leaves a child in its own session to whoever looks for it", async () => {
  const child = {
    name: "server",
    afterMs: 10,
    ownSession: true,
    exit: null,
    lines: [{ afterMs: 5, text: "up" }],
  };
  const { sim, launch } = await launched({ exit: null, children: [child] });
  await sim.run(async (host) => {
    await host.clock.sleep(100);
    host.processes.signal(-launch.pid, "SIGTERM");
    await launch.ended;
  });
  assert.deepEqual(sim.leftovers().map(({ name, parent, round }) => [name, parent, round]), [[
    "server",
    1,
    SPEC.id,
  ]]);
  assert.equal(sim.disk.text(SPEC.logPath), "up\n");
});

Deno.test("launch() starts nothing when its lock is held, its gate shut, or its supervisor dead", async () => {
  const held = simHost(1);
  assert.ok(held.secondProgram().files.lock(SPEC.lockPath ?? ""));
  const shut = simHost(2);
  const dead = simHost(3);
  const codes = [
    await held.run(({ processes }) => open(processes.launch(SPEC)).ended),
    await shut.run(({ processes }) => {
      const launch = processes.launch(SPEC);
      launch.shutGate();
      launch.openGate();
      return launch.ended;
    }),
  ];
  assert.deepEqual(codes, [75, 125]);
  await assert.rejects(
    dead.run((host) => {
      host.processes.launch(SPEC);
      dead.kill();
      return Promise.resolve();
    }),
    Dead,
  );
  dead.reboot({ power: false, downMs: 50 });
  assert.equal(dead.launches[0]?.launcherCode, 125);
  for (const sim of [held, shut, dead]) {
    assert.equal(sim.launches[0]?.started, null);
    assert.equal(sim.disk.find(SPEC.statusPath), null);
    assert.equal(sim.disk.find(`${SPEC.statusPath}.tmp`), null);
  }
});

Deno.test("launch() says in status.tmp that the prompt is unreadable, and throws without a work folder", async () => {
  const sim = simHost(1);
  const code = await sim.run(({ processes }) =>
    open(processes.launch({ ...SPEC, stdinPath: "/project/prompt" })).ended
  );
  assert.equal(code, 2);
  assert.match(sim.disk.text(`${SPEC.statusPath}.tmp`) ?? "", /^sh: cannot open \/project\/prompt/);
  assert.throws(() => sim.processes.launch({ ...SPEC, cwd: "/gone" }), FileError);
});

Deno.test("an agent lives on without its supervisor, and an orphaned launcher is a zombie until it is reaped", async () => {
  const { sim, launch } = await launched({ exit: { afterMs: 10_000, code: 3 } }, 500);
  const startTime = launch.startTime;
  sim.reboot({ power: false, downMs: 5_000 });
  assert.equal(sim.processes.inspect(launch.pid)?.startTime, startTime);
  assert.equal(sim.processes.inspect(launch.pid)?.parent, 1);
  sim.elapse(4_600);
  assert.equal(sim.processes.inspect(launch.pid)?.zombie, true);
  assert.equal(sim.processes.signal(launch.pid, "SIGTERM"), true);
  assert.equal(sim.disk.text(SPEC.statusPath), "3\n");
  sim.elapse(500);
  assert.equal(sim.processes.inspect(launch.pid), null);
});

Deno.test("a power cut ends every agent and frees every lock", async () => {
  const { sim } = await launched({ exit: null });
  sim.reboot({ power: true });
  assert.deepEqual(sim.launches[0]?.how, { kind: "power_lost" });
  assert.equal(sim.agents.alive, 0);
  assert.equal(sim.processes.list().length, 2);
  assert.equal(sim.disk.text(SPEC.statusPath), null);
  assert.ok(sim.files.lock(SPEC.lockPath ?? ""));
});

Deno.test("an agent on a full disk loses its output and its status, not its life", async () => {
  const { sim, launch } = await launched({
    lines: [{ afterMs: 9, text: "x" }],
    exit: { afterMs: 20, code: 0 },
  });
  sim.disk.fillUntil(HOUR_MS);
  assert.equal(await sim.run(() => launch.ended), 1);
  assert.equal(sim.disk.text(SPEC.statusPath), null);
  assert.notEqual(sim.disk.text(SPEC.logPath), "x\n");
  assert.deepEqual(sim.launches[0]?.how, { kind: "exited", code: 0 });
});

Deno.test("processes.run() answers 127 for what is not there, null at its time limit", async () => {
  const sim = simHost(1);
  sim.program("df", () => ({ code: 0, stdout: "9 GB" }));
  sim.program("hang", () => ({ code: 0, tookMs: Infinity }));
  await sim.run(async ({ processes }) => {
    const options = { cwd: "/project", timeoutMs: 5000 };
    assert.equal((await processes.run(["nothing"], options)).code, 127);
    assert.equal(new TextDecoder().decode((await processes.run(["df"], options)).stdout), "9 GB");
    assert.equal((await processes.run(["hang"], options)).code, null);
    assert.ok(sim.t >= 5000 && sim.t < 5100);
  });
});

Deno.test("git tells what an agent edited and committed", async () => {
  const { sim, launch } = await launched({
    edits: [{ afterMs: 1, path: "a.ts" }, { afterMs: 300, path: "b.ts" }],
    commits: [{ afterMs: 200 }],
    exit: { afterMs: 400, code: 0 },
  });
  await sim.run(async ({ git }) => {
    const before = await git.status("/project");
    await launch.ended;
    const after = await git.status("/project");
    assert.ok(before.kind === "tree" && after.kind === "tree");
    assert.notEqual(before.head, after.head);
    assert.notEqual(before.fingerprint, after.fingerprint);
    assert.deepEqual(after.dirty, ["b.ts"]);
    assert.equal(await git.commit("/project", ["b.ts"], "save"), null);
    assert.equal(await git.commit("/project", ["b.ts"], "save"), "nothing to commit");
    sim.tree.kind = "none";
    assert.equal(await git.isWorkTree("/project"), false);
  });
});

Deno.test("a stranger may carry a pid that an agent had", async () => {
  const { sim, launch } = await launched({ exit: { afterMs: 5, code: 0 } });
  await sim.run(async ({ clock }) => {
    await launch.ended;
    await clock.sleep(1000);
    sim.stranger("vim", ["vim", "x"], launch.pid);
  });
  assert.notEqual(sim.processes.inspect(launch.pid)?.startTime, launch.startTime);
  assert.equal(sim.processes.commandLine(launch.pid), "vim x");
});
