import type { Host } from "../../lib/host.ts";
import { readOr } from "./journal.ts";
import type { Line } from "./moment.ts";
import type { Project } from "./project.ts";

/** The project's cgroups, and what supervisors left that died while they tried whether groups can be made. */
export function leftGroups({ cgroups: { root } }: Host, { supervisors, reader }: Project): readonly string[] {
  const names = root === null ? [] : [...Deno.readDirSync(root)].map(({ name }) => name);
  const rounds = roundNames(reader.lines);
  return names.filter((name) => {
    const [, probing, round] = /^agent-runner-(?:probe-(\d+)|[^-]+-(\d+-\d+))$/.exec(name) ?? [];
    if (round !== undefined) return rounds.has(round);
    // Pids come round: one that lives is somebody else by now.
    return supervisors.includes(Number(probing)) && readOr(`/proc/${probing}/stat`, "") === "";
  });
}

/** For each round the end of its marker: the supervisor's pid and the round's number, unlike any other project's. */
function roundNames(lines: readonly Line[]): ReadonlySet<string> {
  const names = new Set<string>();
  let serving = 0;
  for (const { event, pid, round_num } of lines) {
    if (event === "serve_started") serving = pid ?? 0;
    if (event === "round_start") names.add(`${serving}-${round_num}`);
  }
  return names;
}
