import type { ProcessInfo } from "../host.ts";
import type { ProcessTable } from "./proc_table.ts";

/**
 * Platforms without /proc: `ps(1)`. `startTime` has a resolution of one second there.
 * Meant for macOS, where it has not been run; the tests run it with the `ps` of Linux.
 */
export function psTable(): ProcessTable {
  return {
    inspect: (pid) => parsePs(ps(["-p", String(pid), "-o", COLUMNS]))[0] ?? null,
    list: () => parsePs(ps(["-ax", "-o", COLUMNS])),
    commandLine: (pid) => ps(["-ww", "-p", String(pid), "-o", "args="]).trimEnd(),
    cpuMs: (pid) => parsePsTime(ps(["-p", String(pid), "-o", "time="])),
    residentBytes: (pid) => parsePsKib(ps(["-p", String(pid), "-o", "rss="])),
  };
}

/** Reads the table that `ps -o pid,ppid,pgid,sess,lstart,state,comm` prints; lines that are no row are skipped. */
export function parsePs(text: string): readonly ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const line of text.split("\n")) {
    const match = ROW.exec(line);
    if (match === null) continue;
    const [, pid, parent, group, session, startTime, state, name] = match;
    found.push({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      // macOS prints an address instead of a number.
      session: /^\d+$/.test(session!) ? Number(session) : 0,
      name: name!,
      startTime: startTime!.replaceAll(/ +/g, " "),
      zombie: state!.startsWith("Z"),
      suspended: state!.startsWith("T"),
    });
  }
  return found;
}

/** Reads the CPU time that `ps -o time=` prints, `[[days-]hours:]minutes:seconds[.hundredths]`, as milliseconds. */
export function parsePsTime(text: string): number | null {
  const match = /^(?:(\d+)-)?(?:(\d+):)?(\d+):([\d.]+)$/.exec(text.trim());
  if (match === null) return null;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
}

/** Reads what `ps -o rss=` prints, in KiB, as bytes. */
function parsePsKib(text: string): number | null {
  return /^\d+$/.test(text.trim()) ? Number(text) * 1024 : null;
}

const COLUMNS = "pid,ppid,pgid,sess,lstart,state,comm";

/** `lstart` is five words, such as `Tue Nov  3 09:05:00 2026`. */
const ROW = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+[\d:]+\s+\d+)\s+(\S+)\s+(.*\S)\s*$/;

function ps(args: readonly string[]): string {
  const command = new Deno.Command("ps", { args: [...args], env: { LC_ALL: "C" }, stdin: "null" });
  return new TextDecoder().decode(command.outputSync().stdout);
}
