import { abandonProject } from "./abandon_project.ts";
import type { Options } from "./options.ts";
import { runLast, runPoint } from "./point.ts";
import { makeProject, type Project, removeProject } from "./project.ts";
import { type Tally, Tallying } from "./report.ts";
import type { Program } from "./supervisor.ts";

/** Points on one directory before it is closed in order. */
const POINTS_EACH = 25;

/** Several projects at a time, each by itself; the draws of one do not depend on the others. */
export async function runPoints(
  options: Options,
  programs: readonly Program[],
  root: string,
): Promise<Tally> {
  const tally = new Tallying();
  const all = Array.from({ length: Math.ceil(options.points / POINTS_EACH) }, (_, index) => index);
  const left = options.project === null ? all : [options.project];
  const lane = async () => {
    for (let index = left.shift(); index !== undefined && !tally.isBroken; index = left.shift()) {
      const points = options.project !== null
        ? POINTS_EACH
        : Math.min(POINTS_EACH, options.points - index * POINTS_EACH);
      const project = makeProject(root, options.seed, index, programs[index % programs.length]!);
      await runProject(project, index, points, tally);
    }
  };
  await Promise.all(Array.from({ length: options.lanes }, lane));
  return tally;
}

async function runProject(project: Project, index: number, points: number, tally: Tallying): Promise<void> {
  for (let i = 0; i < points && !tally.isBroken; i++) {
    const { phase, killed, broken } = await runPoint(project);
    tally.count(phase, killed);
    if (broken.length === 0) continue;
    tally.breaks({ project: index, point: i, phase, dir: project.dir, broken });
    return await abandonProject(project);
  }
  const broken = await runLast(project);
  if (broken.length > 0) {
    tally.breaks({ project: index, point: points, phase: "the last serve", dir: project.dir, broken });
  }
  if (broken.length > 0) await abandonProject(project);
  else await removeProject(project);
}
