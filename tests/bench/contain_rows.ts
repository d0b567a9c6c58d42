/**
 * What it costs to start a round so that it can be ended, and to find what is left of it. It is measured within this
 * process: the runtime is the same either way.
 *
 * @module
 */
import { systemHost } from "../../lib/sys/mod.ts";
import type { BenchContext } from "./bench_context.ts";
import { median } from "./measure.ts";
import type { Row } from "./table.ts";

/** Processes that belong to nobody's round. */
const FOREIGN = 300;

/** As many quick looks as come before a sweep may say "empty". */
const PROBES = 40;

const { cgroups, processes } = systemHost();

export async function containRows({ root, quick }: BenchContext): Promise<readonly Row[]> {
  const times = quick ? 11 : 51;
  const foreign = Array.from({ length: FOREIGN }, () => new Deno.Command("sleep", { args: ["600"] }).spawn());
  const sweep = () => processes.marked("R1-nobody", "all");
  const sweepMs = medianMs(times, sweep);
  const probedMs = medianMs(times, () => {
    sweep();
    for (let look = 0; look < PROBES; look++) processes.marked("R1-nobody", "newest");
  });
  for (const child of foreign) child.kill("SIGKILL");
  await Promise.all(foreign.map(({ status }) => status));
  return [
    row(`a sweep for a round's processes among ${FOREIGN} others`, sweepMs, 20),
    row("the same with its probe", probedMs, 80),
    row("a launcher and its record, more than the bare process", await launcherMs(root, times), 5),
    ...(cgroups.root === null
      ? []
      : [row("a round's cgroup, made and removed", medianMs(times, cgroup), 0.5)]),
  ];
}

function cgroup(): void {
  const path = cgroups.make("bench");
  cgroups.remove(path);
}

async function launcherMs(root: string, times: number): Promise<number> {
  const [PATH, took] = [Deno.env.get("PATH") ?? "", { bare: [] as number[], launched: [] as number[] }];
  for (let i = 0; i < times; i++) {
    const startedMs = performance.now();
    await new Deno.Command("true", { stdin: "null", stdout: "null", stderr: "null" }).spawn().status;
    const bareMs = performance.now();
    const launch = processes.launch({
      id: "R1-bench",
      argv: ["true"],
      cwd: root,
      env: { PATH },
      stdinPath: "/dev/null",
      logPath: `${root}/launched.log`,
      statusPath: `${root}/launched.status`,
      lockPath: null,
      cgroup: null,
    });
    launch.openGate();
    await launch.ended;
    took.bare.push(bareMs - startedMs);
    took.launched.push(performance.now() - bareMs);
  }
  return median(took.launched) - median(took.bare);
}

function medianMs(times: number, act: () => void): number {
  return median(Array.from({ length: times }, () => {
    const startedMs = performance.now();
    act();
    return performance.now() - startedMs;
  }));
}

function row(what: string, value: number, max: number): Row {
  return { what, built: null, source: { value, unit: "ms", max }, python: null };
}
