import assert from "node:assert/strict";
import type { Host } from "../../lib/host.ts";
import { bytes, EVENTS, HOUR_MS, open, simHost, SPEC } from "./fixtures.ts";
import { Dead } from "./sim_crash.ts";
import { SimHost } from "./sim_host.ts";
import type { SimLife } from "./sim_life.ts";

Deno.test("run() lets an hour pass at once, by all clocks", async () => {
  const sim = simHost(1);
  const before = sim.clock.now();
  await sim.run(async (host) => {
    await host.clock.sleep(HOUR_MS);
    assert.equal(host.clock.monotonicMs(), HOUR_MS);
  });
  assert.equal(sim.clock.now(), before + HOUR_MS);
  assert.equal(sim.t, HOUR_MS);
});

Deno.test("run() wakes sleepers in order of time, then of their start", async () => {
  const sim = simHost(1);
  const woken: string[] = [];
  await sim.run(async ({ clock }) => {
    await Promise.all([["late", 9], ["first", 5], ["second", 5], ["now", 0]].map(async ([name, ms]) => {
      await clock.sleep(Number(ms));
      woken.push(String(name));
    }));
  });
  assert.deepEqual(woken, ["now", "first", "second", "late"]);
});

Deno.test("sleep() returns at the abort, and at once when it was before", async () => {
  const sim = simHost(1);
  await sim.run(async ({ clock }) => {
    const stop = new AbortController();
    sim.at(250, () => stop.abort());
    await clock.sleep(HOUR_MS, stop.signal);
    assert.equal(sim.t, 250);
    await clock.sleep(HOUR_MS, stop.signal);
    assert.equal(sim.t, 250);
  });
});

Deno.test("sleep() refuses what setTimeout cannot wait", async () => {
  const sim = simHost(3);
  await assert.rejects(sim.run((host) => host.clock.sleep(2 ** 31)), /expected 0 to 2147483647.*seed 3/);
});

Deno.test("stepClock() moves the wall clock alone", async () => {
  const sim = simHost(1);
  const wall = sim.clock.now();
  const boot = sim.clock.boot();
  sim.at(1000, () => sim.stepClock(-6 * HOUR_MS));
  await sim.run((host) => host.clock.sleep(2000));
  assert.equal(sim.clock.now(), wall + 2000 - 6 * HOUR_MS);
  assert.deepEqual(sim.clock.boot(), { id: boot.id, ms: boot.ms + 2000 });
});

Deno.test("suspend() moves wall and boot clock and wakes nobody early", async () => {
  const sim = simHost(1);
  const wall = sim.clock.now();
  const boot = sim.clock.boot().ms;
  sim.at(1000, () => sim.suspend(HOUR_MS));
  await sim.run(async ({ clock }) => {
    await clock.sleep(60_000);
    assert.equal(clock.monotonicMs(), 60_000);
  });
  assert.equal(sim.clock.now(), wall + 60_000 + HOUR_MS);
  assert.equal(sim.clock.boot().ms, boot + 60_000 + HOUR_MS);
});

Deno.test("run() reports a deadlock with time and seed", async () => {
  const sim = simHost(42);
  await assert.rejects(
    sim.run(async ({ clock }) => {
      await clock.sleep(5);
      await new Promise(() => {});
    }),
    /^Error: deadlock.* at t=5 \(seed 42\)$/,
  );
});

Deno.test("run() gives up on a loop without end, be it of sleeps or of calls", async () => {
  const lazy = new SimHost({ seed: 8, stepsMax: 100 });
  const busy = new SimHost({ seed: 9, callsMax: 100 });
  await assert.rejects(
    lazy.run(async ({ clock }) => {
      for (;;) await clock.sleep(1);
    }),
    /step limit of 100 reached at t=\d+ \(seed 8\)/,
  );
  await assert.rejects(
    busy.run(async ({ clock }) => {
      for (;;) await Promise.resolve(clock.now());
    }),
    /call limit of 100 reached at t=0 \(seed 9\)/,
  );
});

Deno.test("run() adds the seed to what the task throws", async () => {
  const sim = simHost(77);
  await assert.rejects(sim.run(() => Promise.reject(new TypeError("bad"))), {
    name: "TypeError",
    message: "bad (t=0, seed 77)",
  });
});

Deno.test("crash.atAppend() leaves a prefix of the line and ends the life", async () => {
  const lengths = new Set<number>();
  for (let seed = 0; seed < 60; seed++) {
    const sim = simHost(seed);
    sim.crash.atAppend(2);
    await assert.rejects(sim.run((host) => appendLines(host, ["one\n", "two\n", "three\n"])), Dead);
    const text = sim.disk.text(EVENTS) ?? "";
    assert.ok("one\ntwo\n".startsWith(text) && text.length >= 4, `seed ${seed}: ${text}`);
    lengths.add(text.length);
  }
  assert.deepEqual([...lengths].sort(), [4, 5, 6, 7, 8]);
});

Deno.test("crash.atEffect() strikes before, within and after a replacement", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const sim = simHost(seed);
    sim.disk.put("/project/state", "old");
    sim.crash.atEffect(1);
    await assert.rejects(
      sim.run((host) => Promise.resolve(host.files.replace("state", "new", "lasting"))),
      Dead,
    );
    seen.add(`${sim.disk.text("/project/state")}, ${sim.disk.find("/project/state.tmp")?.kind ?? "no"} left`);
  }
  assert.deepEqual([...seen].sort(), ["new, no left", "old, file left", "old, no left"]);
});

Deno.test("crash.atSleep() ends the life in its n-th sleep; a handler cannot catch it", async () => {
  const sim = simHost(1);
  sim.crash.atSleep(3);
  await assert.rejects(
    sim.run(async ({ clock }) => {
      for (;;) await clock.sleep(10).catch(() => {});
    }),
    Dead,
  );
  assert.equal(sim.t, 20);
});

Deno.test("a dead life throws Dead at each call and wakes no more, the next one works", async () => {
  const sim = simHost(5);
  let woke = false;
  const old = sim.life;
  sim.at(10, () => sim.kill());
  await assert.rejects(
    sim.run((host) => host.clock.sleep(20).then(() => woke = true)),
    /died at t=10 \(seed 5\)/,
  );
  const life = sim.reboot({ power: false });
  assert.throws(() => old.files.readText("x"), Dead);
  assert.throws(() => old.clock.now(), Dead);
  await sim.run((host) => host.clock.sleep(HOUR_MS));
  assert.equal(woke, false);
  assert.equal(life.clock.monotonicMs(), HOUR_MS);
  assert.notEqual(life.processes.self.pid, old.process.pid);
});

Deno.test("run() forgives what a dead life had left unawaited", async () => {
  const sim = simHost(1);
  let reached = false;
  await assert.rejects(
    sim.run(async ({ clock, files }) => {
      const later = Promise.withResolvers<void>();
      const floating = async () => {
        await later.promise;
        reached = true;
        files.readText("stop");
      };
      void floating();
      sim.kill();
      later.resolve();
      await clock.sleep(100);
    }),
    Dead,
  );
  assert.ok(reached);
});

Deno.test("reboot() keeps the boot and all bytes, but after a power cut only what was synced is sure", async () => {
  const cuts = new Set<number>();
  for (let seed = 0; seed < 60; seed++) {
    const sim = simHost(seed);
    const boot = sim.clock.boot();
    await sim.run(async (host) => {
      const file = host.files.openAppend("/project/log");
      file.append(bytes("sure\n"));
      file.sync();
      file.append(bytes("x\n"));
      await host.clock.sleep(5);
    });
    sim.reboot({ power: false });
    assert.equal(sim.clock.boot().id, boot.id);
    assert.equal(sim.disk.text("/project/log"), "sure\nx\n");
    sim.reboot({ power: true });
    assert.notEqual(sim.clock.boot().id, boot.id);
    assert.ok(sim.clock.boot().ms < boot.ms);
    assert.ok("sure\nx\n".startsWith(sim.disk.text("/project/log") ?? "?"));
    cuts.add(sim.disk.text("/project/log")?.length ?? -1);
  }
  assert.deepEqual([...cuts].sort(), [5, 6, 7]);
});

Deno.test("reboot() after a power cut keeps what the kernel has written back", async () => {
  const sim = simHost(1);
  await sim.run(async (host) => {
    host.files.openAppend("/project/log").append(bytes("old enough\n"));
    await host.clock.sleep(31_000);
  });
  sim.reboot({ power: true });
  assert.equal(sim.disk.text("/project/log"), "old enough\n");
});

Deno.test("send() calls the handlers, and ends a life that has none", async () => {
  const sim = simHost(1);
  const seen: number[] = [];
  sim.at(10, () => sim.send("SIGTERM"));
  sim.at(20, () => sim.send("SIGWINCH"));
  sim.at(30, () => sim.send("SIGTERM"));
  await assert.rejects(
    sim.run(async ({ clock, signals }) => {
      const off = signals.on("SIGTERM", () => seen.push(sim.t));
      await clock.sleep(25);
      off();
      await clock.sleep(25);
    }),
    /died at t=30 \(seed 1\): SIGTERM without a handler/,
  );
  assert.deepEqual(seen, [10]);
});

Deno.test("two hundred seeds live four lives each, reproducibly, and never with two agents", async () => {
  for (let seed = 0; seed < 200; seed++) {
    const trace = await fourLives(seed);
    if (seed % 20 === 0) assert.equal(await fourLives(seed), trace);
  }
});

/** Four lives of a small supervisor that crash somewhere; what the disk and the launches say in the end. */
async function fourLives(seed: number): Promise<string> {
  const sim = simHost(seed);
  sim.agent = (_spec, nth) => ({
    lines: [{ afterMs: 100, text: `round ${nth}` }],
    exit: { afterMs: 1000 + 100 * nth, code: 0 },
  });
  for (let life = 0; life < 4; life++) {
    sim.crash.atEffect(5 + (seed + 7 * life) % 23);
    await assert.rejects(sim.run(superviseForEver), Dead);
    sim.reboot({ power: (seed + life) % 3 === 0, downMs: 300 });
  }
  assert.ok(sim.agents.aliveMax <= 1, `seed ${seed}: ${sim.agents.aliveMax} agents at a time`);
  return `${sim.t} ${sim.disk.text(EVENTS)} ${JSON.stringify(sim.launches)}`;
}

async function superviseForEver(host: SimLife): Promise<never> {
  const log = host.files.openAppend(EVENTS);
  for (;;) {
    const launch = open(host.processes.launch(SPEC));
    const code = await launch.ended;
    log.append(bytes(`{"code": ${code}, "random": ${host.random.next()}}\n`));
    await host.clock.sleep(code === 75 ? 1000 : 10);
  }
}

function appendLines(host: Host, lines: readonly string[]): Promise<void> {
  const log = host.files.openAppend(EVENTS);
  for (const line of lines) log.append(bytes(line));
  return Promise.resolve();
}
