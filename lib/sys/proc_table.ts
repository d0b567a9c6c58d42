import type { ProcessInfo } from "../host.ts";

/** How one platform tells about its processes. */
export interface ProcessTable {
  inspect(pid: number): ProcessInfo | null;
  list(): readonly ProcessInfo[];
  commandLine(pid: number): string;
}

/** Linux: the files below /proc (proc(5)). */
export function procTable(): ProcessTable {
  return { inspect, list, commandLine };
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

/** Null when the process has gone, at whatever moment, or hides itself from us. */
function readProc(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}
