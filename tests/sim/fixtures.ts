import { noPlugins } from "../../lib/extend/plugin_set.ts";
import type { LaunchSpec } from "../../lib/host.ts";
import type { Script } from "./sim_agent.ts";
import { SimHost } from "./sim_host.ts";

export const HOUR_MS = 3_600_000;
export const EVENTS = "/project/logs/events-2026-11.jsonl";

export const SPEC: LaunchSpec = {
  id: "round-1",
  argv: ["/usr/bin/claude", "-p"],
  cwd: "/project",
  env: {},
  stdinPath: "/dev/null",
  logPath: "/project/logs/round.log",
  statusPath: "/project/logs/status",
  lockPath: "/project/logs/agent-runner.lock",
  cgroup: null,
};

export function simHost(seed: number): SimHost {
  const sim = new SimHost({ seed, machine: { reapMs: 200 } });
  sim.disk.makeDir("/project/logs");
  return sim;
}

/** A machine on which an agent has just been started, or `waitMs` ago. */
export async function launched(script: Script, waitMs = 10) {
  const sim = simHost(1);
  sim.agent = () => script;
  const launch = await sim.run(async (host) => {
    const launch = open(host.processes.launch(SPEC));
    while (sim.launches[0]?.started === null) await host.clock.sleep(1);
    await host.clock.sleep(waitMs - sim.t);
    return launch;
  });
  return { sim, launch };
}

export function open<T extends { openGate(): void }>(launch: T): T {
  launch.openGate();
  return launch;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What a supervisor gets that nobody extends: no reader, no plugin, no service manager. */
export function alone() {
  return { reader: null, plugins: noPlugins(), stateView: () => Promise.resolve(null), unit: null };
}
