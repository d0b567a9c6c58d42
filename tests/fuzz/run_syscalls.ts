/**
 * Kills a supervisor at each of its system calls in turn: strace(1) sends SIGKILL at the N-th call of a kind that one
 * of its threads makes. Its children are let go when they become programs of their own, so only it dies.
 *
 * @module
 */
import { abandonProject } from "./abandon_project.ts";
import type { Options } from "./options.ts";
import { openRound } from "./moment.ts";
import { runLast } from "./point.ts";
import { journalOf, makeProject, type Project, removeProject, start } from "./project.ts";
import { brokenNow } from "./promises.ts";
import { readOr } from "./journal.ts";
import { type Tally, Tallying } from "./report.ts";
import { pause, type Program } from "./supervisor.ts";

/** What changes something outside the process, or asks for it. A question mark: not on every architecture. */
const CALLS = [
  "write",
  "fsync",
  "fdatasync",
  "?rename",
  "?renameat",
  "?renameat2",
  "?mkdir",
  "?rmdir",
  "?unlink",
  "?unlinkat",
  "?symlink",
  "?symlinkat",
  "flock",
  "kill",
  "?clone",
  "?vfork",
  "clone3",
  "openat",
];

/** What the supervisor under strace finds: nothing, a round that runs, a round whose agent has ended meanwhile. */
const SCENES = ["start", "adoption", "ended unseen"] as const;

type Scene = typeof SCENES[number];

/** A process under strace that takes longer hangs (ms). */
const RUN_MS = 60_000;

interface Shot {
  readonly scene: Scene;
  readonly call: string;
  readonly nth: number;
}

/** Every call where they are no more than `options.points`, else as many, evenly over each kind. */
export async function runSyscalls(
  options: Options,
  programs: readonly Program[],
  root: string,
): Promise<Tally> {
  const tally = new Tallying([]);
  if (!await hasStrace()) {
    console.log("Cannot fuzz system calls: strace(1) is missing, or may not trace here");
    return tally;
  }
  const counted = makeProject(root, options.seed, 0, programs[0]!);
  const shots: Shot[] = [];
  for (const scene of SCENES) shots.push(...await countCalls(counted, scene));
  await removeProject(counted);
  const chosen = spread(shots, options.points);
  console.log(`${shots.length} system calls, ${chosen.length} of them are killed at`);
  const lane = async (index: number) => {
    const own = chosen.filter((_, at) => at % options.lanes === index);
    const project = makeProject(root, options.seed, index + 1, programs[index % programs.length]!);
    await runShots(project, index + 1, own, tally);
  };
  await Promise.all(Array.from({ length: options.lanes }, (_, index) => lane(index)));
  return tally;
}

async function runShots(
  project: Project,
  index: number,
  shots: readonly Shot[],
  tally: Tallying,
): Promise<void> {
  for (const [at, shot] of shots.entries()) {
    if (tally.isBroken) break;
    const phase = `${shot.scene}: ${shot.call} ${shot.nth}`;
    await setUp(project, shot.scene);
    const { code, heard } = await traced(project, [
      // The tracer is nobody's parent, so the pid is the supervisor's own.
      "-D",
      "-o/dev/null",
      `-etrace=${shot.call}`,
      `-einject=${shot.call}:signal=SIGKILL:when=${shot.nth}`,
    ]);
    tally.count(`${shot.scene}: ${shot.call}`, code !== 0);
    const broken = [...brokenNow(project, heard)];
    // Each death is followed by a supervisor that sets everything right.
    if (broken.length === 0) broken.push(...await runLast(project));
    if (broken.length > 0) tally.breaks({ project: index, point: at, phase, dir: project.dir, broken });
  }
  if (tally.isBroken) await abandonProject(project);
  else await removeProject(project);
}

/** How often each kind of call is made, by the thread that makes most of them. */
async function countCalls(project: Project, scene: Scene): Promise<readonly Shot[]> {
  await setUp(project, scene);
  const trace = `${project.dir}/trace`;
  await traced(project, [`-o${trace}`, `-etrace=${CALLS.join(",")}`]);
  const byThread = new Map<string, Map<string, number>>();
  for (const line of readOr(trace, "").split("\n")) {
    const [, thread, call] = /^(\d+)\s+(\w+)\(/.exec(line) ?? [];
    if (thread === undefined || call === undefined) continue;
    const threads = byThread.get(call) ?? new Map<string, number>();
    byThread.set(call, threads.set(thread, (threads.get(thread) ?? 0) + 1));
  }
  return [...byThread].flatMap(([call, threads]) =>
    Array.from({ length: Math.max(...threads.values()) }, (_, at) => ({ scene, call, nth: at + 1 }))
  );
}

async function setUp(project: Project, scene: Scene): Promise<void> {
  if (scene === "start") return;
  const supervisor = start(project, []);
  if (!await supervisor.hears("agent_spawn", 1, RUN_MS)) {
    throw new Error(`No agent started: see ${project.dir}`);
  }
  project.reader.look();
  const round = openRound(project.reader.lines);
  while (round !== null && !journalOf(project).begun.includes(round)) await pause(5);
  await supervisor.kill();
  // A busy machine may see a short round to its end before it can be left.
  project.reader.look();
  if (round === null || openRound(project.reader.lines) !== round) return await setUp(project, scene);
  while (scene === "ended unseen" && !journalOf(project).ended.has(round)) await pause(20);
}

async function traced(
  project: Project,
  words: readonly string[],
): Promise<{ readonly code: number; readonly heard: readonly string[] }> {
  const supervisor = start(project, ["--once"], ["strace", "-f", "-qqq", "-bexecve", ...words]);
  const timer = setTimeout(() => supervisor.signal("SIGKILL"), RUN_MS);
  const code = await supervisor.ended;
  clearTimeout(timer);
  await supervisor.kill();
  return { code, heard: supervisor.heard };
}

/** At most `most` of the shots, each kind with its share; kinds of few calls are taken whole. */
function spread(shots: readonly Shot[], most: number): readonly Shot[] {
  const kinds = Map.groupBy(shots, ({ scene, call }) => `${scene} ${call}`);
  const bySize = [...kinds.values()].sort((a, b) => a.length - b.length);
  let left = most;
  return bySize.flatMap((kind, index) => {
    const share = Math.min(kind.length, Math.ceil(left / (bySize.length - index)));
    left -= share;
    return Array.from({ length: share }, (_, at) => kind[Math.floor((at + 0.5) * kind.length / share)]!);
  });
}

async function hasStrace(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("strace", { args: ["-o/dev/null", "true"], stderr: "null" })
      .output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
