import type { Cgroups } from "../host.ts";
import { once } from "../core/once.ts";
import { refusing } from "./refusal.ts";

/** cgroup v2, where this process may make groups of its own; no controllers are switched on. */
export function systemCgroups(): Cgroups {
  const root = once(findRoot);
  return {
    get root() {
      return root();
    },
    prepareJoin: () => joinAgain(root()),
    make,
    members,
    isPopulated,
    cpuMs,
    kill: (path) => refusing(path, () => Deno.writeTextFileSync(`${path}/cgroup.kill`, "1")),
    remove,
  };
}

/** Begin of the name of the group that is made only to see whether one can be. */
const PROBE = "agent-runner-probe-";

/** This process's own group, tried by making one below it. */
function findRoot(): string | null {
  const mount = mountPoint(read("/proc/self/mountinfo"));
  const own = /^0::(\/.*)$/m.exec(read("/proc/self/cgroup"))?.[1];
  if (mount === null || own === undefined) return null;
  const root = `${mount}${own === "/" ? "" : own}`;
  const probe = `${root}/${PROBE}${Deno.pid}`;
  try {
    Deno.mkdirSync(probe);
    removeOldProbes(root);
    const canKill = Deno.statSync(`${probe}/cgroup.kill`).isFile;
    Deno.removeSync(probe);
    return canKill ? root : null;
  } catch {
    // Whatever refuses here would refuse a round's group too.
    return null;
  }
}

/** A process that was killed while it tried leaves its group behind. */
function removeOldProbes(root: string): void {
  for (const { name } of Deno.readDirSync(root)) {
    const pid = name.startsWith(PROBE) ? name.slice(PROBE.length) : "";
    if (pid !== "" && read(`/proc/${pid}/stat`) === "") remove(`${root}/${name}`);
  }
}

/**
 * Where cgroup v2 is mounted, from the text of `/proc/self/mountinfo` (proc(5)).
 * @returns null where it is not, or only a part of it
 */
export function mountPoint(mountinfo: string): string | null {
  for (const line of mountinfo.split("\n")) {
    const [facts = "", type = ""] = line.split(" - ");
    const [, , , root, point] = facts.split(" ");
    if (type.startsWith("cgroup2 ") && root === "/" && point !== undefined) return point;
  }
  return null;
}

/**
 * To join the group that one is in already changes nothing, but the kernel waits for all its processors to have passed a
 * quiet point (an RCU grace period of the lock `cgroup_threadgroup_rwsem`), and who joins soon after need not.
 */
function joinAgain(own: string | null): void {
  if (own !== null) Deno.writeTextFile(`${own}/cgroup.procs`, String(Deno.pid)).catch(() => {});
}

function make(path: string): string {
  refusing(path, () => Deno.mkdirSync(path));
  return path;
}

function members(path: string): readonly number[] {
  return read(`${path}/cgroup.procs`).split("\n").filter((line) => line !== "").map(Number);
}

function isPopulated(path: string): boolean {
  return /^populated 1$/m.test(read(`${path}/cgroup.events`));
}

/** `cpu.stat` is there without the controller too (cgroup-v2.rst). */
function cpuMs(path: string): number | null {
  const used = /^usage_usec (\d+)$/m.exec(read(`${path}/cpu.stat`))?.[1];
  return used === undefined ? null : Number(used) / 1000;
}

function remove(path: string): boolean {
  try {
    Deno.removeSync(path);
    return true;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

/** "" where the group has gone. */
function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
