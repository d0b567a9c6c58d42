import { compilePattern } from "../core/pattern.ts";
import type { Host, ProcessInfo } from "../host.ts";

/** What an agent that has given its result still runs. */
export interface Children {
  readonly live: readonly { readonly name: string; readonly pid: number }[];
  readonly ignored: readonly { readonly name: string; readonly pid: number; readonly matched: string }[];
}

/** Children named in an event at most, as in the Python version. */
const NAMED_MAX = 5;

/** Descendants of the agents under the launcher, sorted by whether their command line matches a pattern. */
export function busyChildren(host: Host, launcherPid: number, patterns: readonly string[]): Children {
  const all = host.processes.list();
  const agents = all.filter(({ parent }) => parent === launcherPid);
  const live: { name: string; pid: number }[] = [];
  const ignored: { name: string; pid: number; matched: string }[] = [];
  for (const { name, pid, zombie } of agents.flatMap((agent) => descendants(all, agent.pid))) {
    if (zombie) continue;
    const words = host.processes.commandLine(pid) || name;
    const matched = patterns.find((pattern) => isMatch(pattern, words));
    if (matched === undefined) live.push({ name, pid });
    else ignored.push({ name, pid, matched });
  }
  return { live: live.slice(0, NAMED_MAX), ignored: ignored.slice(0, NAMED_MAX) };
}

function descendants(all: readonly ProcessInfo[], pid: number): readonly ProcessInfo[] {
  const children = all.filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...descendants(all, child.pid)]);
}

function isMatch(pattern: string, words: string): boolean {
  const compiled = compilePattern(pattern);
  return compiled instanceof RegExp && compiled.test(words);
}
