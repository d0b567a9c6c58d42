import type { Host, SandboxSpec } from "../host.ts";
import type { Outlet } from "./guest.ts";
import { type Talk, talkWithProcess } from "./talk.ts";

/** What another supervisor needs to end a plugin's process. */
export interface PluginProcess {
  readonly pid: number;
  readonly startTime: string;
  /** Marker in its environment and in that of all that it starts. */
  readonly id: string;
  readonly cgroup: string | null;
  /** Goes with it. */
  readonly folder: string;
}

/** Hears of processes that begin and end. */
export interface ProcessListener {
  started(started: PluginProcess): void;
  ended(ended: PluginProcess): void;
}

/** How long what a plugin has started may take to vanish: so many looks, so far apart (ms). */
const LOOKS_MAX = 80;
const LOOK_MS = 25;

/** Starts a process for one plugin, in a group that nobody can leave where there are such. Rejects with FileError. */
export async function talkWithOwnProcess(
  host: Host,
  allow: SandboxSpec["allow"],
  outlet: Outlet,
  listener: ProcessListener,
): Promise<Talk> {
  const { clock, cgroups, processes, random } = host;
  const id = `plugin-${clock.boot().id.slice(0, 8)}.${processes.self.pid}-${
    random.next().toString(36).slice(2)
  }`;
  const cgroup = cgroups.root === null ? null : cgroups.make(`${cgroups.root}/agent-runner-${id}`);
  try {
    const env = { ...grantedVariables(host, allow), AGENT_RUNNER_ROUND_ID: id };
    const talk = await talkWithProcess(host, { allow, env, cgroup }, outlet);
    const { pid, startTime, folder } = talk.sandbox;
    const started = { pid, startTime, id, cgroup, folder };
    listener.started(started);
    return {
      call: (call, limitMs) => talk.call(call, limitMs),
      hurry: (limitMs) => talk.hurry(limitMs),
      end: async () => {
        await end(host, talk, started, allow.run.length > 0);
        listener.ended(started);
      },
    };
  } catch (error) {
    if (cgroup !== null) cgroups.remove(cgroup);
    throw error;
  }
}

/** Programs are found by PATH, and get it; the plugin itself may not read it. */
function grantedVariables(
  host: Host,
  { env, run }: SandboxSpec["allow"],
): Readonly<Record<string, string>> {
  const names = run.length === 0 ? env : ["PATH", ...env];
  const set = names.flatMap((name) => {
    const value = host.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(set);
}

/** With everything that it started. */
async function end(
  { cgroups, clock, processes }: Host,
  talk: Talk,
  { id, cgroup }: PluginProcess,
  mayHaveStarted: boolean,
): Promise<void> {
  if (cgroup !== null) cgroups.kill(cgroup);
  await talk.end();
  function hasGone(): boolean {
    if (cgroup !== null) return cgroups.remove(cgroup);
    const left = mayHaveStarted ? processes.marked(id, "all") : [];
    for (const pid of left) processes.signal(pid, "SIGKILL");
    return left.length === 0;
  }
  for (let looks = 0; looks < LOOKS_MAX && !hasGone(); looks++) await clock.sleep(LOOK_MS);
}
