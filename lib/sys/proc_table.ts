import type { ProcessInfo } from "../host.ts";

/** How one platform tells about its processes. */
export interface ProcessTable {
  inspect(pid: number): ProcessInfo | null;
  list(): readonly ProcessInfo[];
  commandLine(pid: number): string;
  cpuMs(pid: number): number | null;
  residentBytes(pid: number): number | null;
}

/** Linux: the files below /proc (proc(5)). */
export function procTable(): ProcessTable {
  return { inspect, list, commandLine, cpuMs, residentBytes };
}

/**
 * Reads the one line of `/proc/PID/stat`.
 * @returns null where it is cut short
 */
export function parseProcStat(line: string): ProcessInfo | null {
  // The name may hold blanks and parentheses, so the fields are counted from the last one.
  const open = line.indexOf("(");
  const close = line.lastIndexOf(")");
  const fields = line.slice(close + 2).split(" ");
  const startTime = fields[START_TIME];
  if (open < 0 || close < open || startTime === undefined) return null;
  return {
    pid: Number(line.slice(0, open)),
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    name: line.slice(open + 1, close),
    startTime,
    zombie: fields[0] === "Z" || fields[0] === "X",
    suspended: fields[0] === "T",
  };
}

/** `starttime` is field 22, the first one after the name is field 3. */
const START_TIME = 22 - 3;

function inspect(pid: number): ProcessInfo | null {
  const line = readProc(`/proc/${pid}/stat`);
  return line === null ? null : parseProcStat(line);
}

function list(): readonly ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    const info = /^\d+$/.test(name) ? inspect(Number(name)) : null;
    if (info !== null) found.push(info);
  }
  return found;
}

function commandLine(pid: number): string {
  const text = readProc(`/proc/${pid}/cmdline`) ?? "";
  return text.replace(/\0$/, "").replaceAll("\0", " ");
}

function cpuMs(pid: number): number | null {
  const line = readProc(`/proc/${pid}/stat`);
  return line === null ? null : cpuMsOf(line);
}

function residentBytes(pid: number): number | null {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`/proc/${pid}/status`) ?? "")?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

/**
 * The CPU time in a line of `/proc/PID/stat`: its own and that of the children it has waited for (ms).
 * @returns null where the line is cut short
 */
export function cpuMsOf(line: string): number | null {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(USER_TIME, USER_TIME + 4).map(Number);
  return ticks.length < 4 ? null : ticks.reduce((sum, some) => sum + some, 0) * TICK_MS;
}

/** `utime`, `stime`, `cutime` and `cstime` are fields 14 to 17. */
const USER_TIME = 14 - 3;

/** Length of a clock tick: what Linux shows to user space on every architecture (`USER_HZ`). */
const TICK_MS = 10;

/** Null when the process has gone, at whatever moment, or hides itself from us. */
function readProc(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}
