import assert from "node:assert/strict";
import { layoutOf } from "../../lib/store/layout.ts";
import { MetricsLog } from "../../lib/store/metrics.ts";
import { parseCpuLine } from "../../lib/sys/vitals.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { simHost } from "../sim/fixtures.ts";
import { SimProject } from "../supervise/given.ts";

const LAYOUT = layoutOf("/project/logs");
const FILE = "/project/logs/metrics-2026-11.jsonl";
const ROUND = { round: 3, phase: "plan", processes: 0 };

Deno.test("serve() writes the machine's figures at both ends of a round, in the Python version's keys", async () => {
  const project = new SimProject({ phases: { list: ["plan"] } });
  assert.equal(await project.serve(1), 0);
  const [start, end, ...more] = project.lines("metrics-2026-11.jsonl");
  assert.deepEqual(more, []);
  const keys = [
    "ts",
    "event",
    "mem_total_mb",
    "mem_available_mb",
    "mem_used_pct",
    "disk_total_gb",
    "disk_free_gb",
    "disk_used_pct",
    "load_1m",
    "load_5m",
    "load_15m",
    "agent_process_count",
    "round_num",
    "phase",
  ];
  assert.deepEqual(Object.keys(start ?? {}), keys);
  assert.deepEqual(Object.keys(end ?? {}), keys.toSpliced(11, 0, "cpu_pct"));
  const { event, mem_total_mb, mem_available_mb, mem_used_pct, load_1m, load_15m } = start!;
  assert.deepEqual([event, mem_total_mb, mem_available_mb, mem_used_pct], ["round_start", 8192, 6144, 25]);
  assert.deepEqual([load_1m, load_15m], [0.5, 0.13]);
  assert.deepEqual([end!.event, end!.cpu_pct, end!.round_num, end!.phase], ["round_end", 25, 1, "plan"]);
});

Deno.test("serve() goes on, when the figures can neither be had nor be written", async () => {
  const project = new SimProject();
  project.sim.disk.makeDir(FILE);
  assert.equal(await project.serve(2), 0);
  assert.equal(project.of("round_end").length, 2);
});

Deno.test("MetricsLog.write() ends a line that was cut off, and leaves out what nobody knows", async () => {
  const sim = simHost(1);
  sim.disk.put(FILE, '{"ts": "2026-');
  await sim.run((host) => {
    const blind = {
      memory: () => null,
      load: () => null,
      cpu: () => null,
      disk: () => Promise.resolve(null),
    };
    new MetricsLog({ ...host, vitals: blind }, LAYOUT)
      .write("round_start", { ...ROUND, phase: null });
    return Promise.resolve();
  });
  const [cut, line] = sim.disk.text(FILE)?.split("\n") ?? [];
  assert.equal(cut, '{"ts": "2026-');
  assert.deepEqual(Object.keys(JSON.parse(line ?? "")), ["ts", "event", "agent_process_count", "round_num"]);
});

Deno.test("MetricsLog.write() knows no share of the processors of a round that it did not see start", async () => {
  const sim = simHost(1);
  await sim.run((host) => {
    const metrics = new MetricsLog(host, LAYOUT);
    metrics.write("round_start", { ...ROUND, round: 2 });
    metrics.write("round_end", ROUND);
    return Promise.resolve();
  });
  assert.ok(!sim.disk.text(FILE)?.includes("cpu_pct"));
});

Deno.test("parseCpuLine() counts idle and waiting as not busy, and guests once", () => {
  const text = "cpu  100 20 30 400 50 6 7 8 9 10\ncpu0 1 2 3 4\n";
  assert.deepEqual(parseCpuLine(text), { busy: 171, total: 621 });
  assert.equal(parseCpuLine("intr 1"), null);
});

Deno.test("systemHost().vitals tells of this machine", async () => {
  const { vitals } = systemHost();
  const [memory, disk] = [vitals.memory(), await vitals.disk("/")];
  assert.ok(memory !== null && memory.total > memory.available && memory.available > 0);
  assert.ok(disk !== null && disk.total >= disk.used && disk.used > 0);
  assert.equal(vitals.load()?.length, 3);
  const cpu = vitals.cpu();
  if (Deno.build.os === "linux") assert.ok(cpu !== null && cpu.total > cpu.busy && cpu.busy > 0);
  assert.equal(await vitals.disk("/no/such/folder"), null);
});
