/**
 * What has to hold whenever a supervisor has died, and what when the last one has left in order. Each check returns
 * the broken promises in sentences.
 *
 * @module
 */
import { layoutOf } from "../../lib/store/layout.ts";
import { type Folded, foldLog } from "../../lib/store/fold.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { leftGroups } from "./left_groups.ts";
import { type Journal, readOr } from "./journal.ts";
import { type Line, openRound } from "./moment.ts";
import { journalOf, livingOf, type Project } from "./project.ts";

const HOST = systemHost();

/** Holds after every death. `heard` is what the dead supervisor has told of its events. */
export function brokenNow(project: Project, heard: readonly string[]): readonly string[] {
  const lost = project.reader.look();
  const { lines, text } = project.reader;
  const journal = journalOf(project);
  return [
    ...(lost === null ? [] : [lost]),
    ...(journal.shouts === "" ? [] : [journal.shouts]),
    ...heard.filter((line) => !text.includes(`${line}\n`)).map((line) => `told, but not in the log: ${line}`),
    ...brokenRounds(lines),
    ...brokenAgents(project, lines, journal),
    ...brokenTree(project, journal),
    ...brokenFold(project),
    ...brokenBystander(project, lines),
  ];
}

/** Holds when the last supervisor has left by itself. */
export function brokenAtEnd(project: Project): readonly string[] {
  const { lines } = project.reader;
  const journal = journalOf(project);
  const open = openRound(lines);
  const closed = roundsOf(lines, "round_end");
  const starts = roundsOf(lines, "round_start");
  const living = livingOf(project);
  const unseen = journal.begun.filter((round) => !roundsOf(lines, "agent_exit").includes(round));
  return [
    ...(open === null ? [] : [`round ${open} is still open`]),
    ...starts.filter((round) => !closed.includes(round)).map((round) => `round ${round} was never closed`),
    ...(living.length === 0 ? [] : [`still alive: ${living.join(", ")}`]),
    ...unseen.map((round) => `the agent of round ${round} ran, and no agent_exit tells of it`),
    ...leftGroups(HOST, project).map((name) => `left behind: cgroup ${name}`),
    ...(readOr(layoutOf(project.logs).runningRound, "") === "" ? [] : ["running-round.json is still there"]),
  ];
}

function brokenRounds(lines: readonly Line[]): readonly string[] {
  const starts = roundsOf(lines, "round_start");
  const closed = roundsOf(lines, "round_end");
  return [
    ...lines.filter(({ event }) => event === "").map(() => "a line of the log is no event"),
    ...starts.filter((round, i) => i > 0 && round <= starts[i - 1]!).map((round) =>
      `round ${round} came again`
    ),
    ...closed.filter((round, i) => closed.indexOf(round) !== i).map((round) =>
      `round ${round} was closed twice`
    ),
    ...closed.filter((round) => !starts.includes(round)).map((round) =>
      `round ${round} was closed, not started`
    ),
  ];
}

function brokenAgents(
  project: Project,
  lines: readonly Line[],
  { begun, ended }: Journal,
): readonly string[] {
  const starts = roundsOf(lines, "round_start");
  const broken = [
    ...begun.filter((round) => !starts.includes(round)).map((round) =>
      `the agent of round ${round} ran, unrecorded`
    ),
    ...begun.filter((round, i) => i > 0 && round <= begun[i - 1]!).map((round) => `round ${round} ran again`),
  ];
  for (const line of lines) {
    const round = line.round_num ?? 0;
    if (line.event !== "agent_exit" || !begun.includes(round)) continue;
    const code = ended.get(round);
    const isReaped = project.traits.onRestart === "reap" && line.ending !== "exited" &&
      line.ending !== "not_started";
    if (isReaped && line.ending !== "lost") continue;
    if (line.ending !== "exited" || line.exit_code !== code) {
      const truth = code === undefined ? "did not come to its end" : `ended with ${code}`;
      broken.push(`the agent of round ${round} ${truth}, and the log says ${line.ending} ${line.exit_code}`);
    }
  }
  return broken;
}

function brokenTree({ tree }: Project, { wrote }: Journal): readonly string[] {
  const lines = readOr(`${tree}/rounds.txt`, "").split("\n");
  return wrote.filter((round) => !lines.includes(String(round))).map((round) =>
    `the work of round ${round} is gone`
  );
}

function brokenFold({ logs }: Project): readonly string[] {
  const layout = layoutOf(logs);
  const { files } = HOST;
  const anew = {
    ...HOST,
    files: { ...files, readText: (path: string) => path === layout.checkpoint ? null : files.readText(path) },
  };
  const [fromCheckpoint, fromStart] = [essence(foldLog(HOST, layout)), essence(foldLog(anew, layout))];
  return fromCheckpoint === fromStart
    ? []
    : ["the fold from the checkpoint differs from the fold from the start"];
}

function essence({ state, counts, files }: Folded): string {
  return JSON.stringify(sorted({ state, counts, files }));
}

/** Keys in one order: a checkpoint that was read keeps that of its text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, member]) => [key, sorted(member)]),
  );
}

function brokenBystander({ bystander, recycled }: Project, lines: readonly Line[]): readonly string[] {
  const adopted = lines.filter((line) => line.event === "round_adopted" && "agent_pid" in line).filter((
    line,
  ) => (line as Line & { readonly agent_pid: number }).agent_pid === bystander.pid);
  const state = /\) (\S)/.exec(readOr(`/proc/${bystander.pid}/stat`, ""))?.[1] ?? "Z";
  return [
    ...(state === "Z"
      ? [`a process that is none of ours was ended (recycled in rounds ${[...recycled]})`]
      : []),
    ...adopted.map(({ round_num }) => `round ${round_num} adopted a process that is none of ours`),
  ];
}

function roundsOf(lines: readonly Line[], kind: string): readonly number[] {
  return lines.filter(({ event }) => event === kind).map(({ round_num }) => round_num ?? 0);
}
