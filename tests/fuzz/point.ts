/**
 * One point: a supervisor is started, killed at a drawn moment, and everything that was promised is checked.
 *
 * @module
 */
import { type Aim, drawAim, openRound, type Phase, phaseOf } from "./moment.ts";
import { journalOf, livingOf, type Project, recordOf, recyclePid, start } from "./project.ts";
import { brokenAtEnd, brokenNow } from "./promises.ts";
import { pause, type Supervisor } from "./supervisor.ts";

/** A moment that does not come within this is given up, and the kill falls wherever the supervisor is (ms). */
const MOMENT_MS = 5000;

/** Longer than this nothing takes that ends by itself (ms). */
const END_MS = 60_000;

export interface PointResult {
  readonly phase: Phase | "after its end";
  readonly killed: boolean;
  readonly broken: readonly string[];
}

export async function runPoint(project: Project): Promise<PointResult> {
  const { prng, traits, reader } = project;
  const from = reader.lines.length;
  const open = openRound(reader.lines) !== null;
  const aim = drawAim(prng, { open, waits: traits.restartDelayS > 0 });
  const supervisor = start(project, []);
  await takeAim(supervisor, aim, project);
  const endedBefore = supervisor.over;
  const code = await supervisor.kill();
  const journal = journalOf(project);
  const broken = [
    ...brokenNow(project, supervisor.heard),
    ...(endedBefore && aim.askedBeforeMs === null ? [`serve ended by itself with ${code}`] : []),
  ];
  const phase = endedBefore ? "after its end" : phaseOf(reader.lines, from, journal);
  if (broken.length === 0) await between(project);
  return { phase, killed: !endedBefore, broken };
}

/** The last supervisor of a project runs one round and leaves by itself. */
export async function runLast(project: Project): Promise<readonly string[]> {
  const supervisor = start(project, ["--once"]);
  const timer = setTimeout(() => supervisor.signal("SIGKILL"), END_MS);
  const code = await supervisor.ended;
  clearTimeout(timer);
  await supervisor.kill();
  return [
    ...(code === 0 ? [] : [`the last serve ended with ${code}, not in order`]),
    ...brokenNow(project, supervisor.heard),
    ...brokenAtEnd(project),
  ];
}

async function takeAim(supervisor: Supervisor, aim: Aim, { reader }: Project): Promise<void> {
  if (aim.event !== null) await supervisor.hears(aim.event, aim.skip + 1, MOMENT_MS);
  reader.look();
  if (aim.askedBeforeMs === null) return await pause(aim.delayMs);
  await pause(aim.delayMs - aim.askedBeforeMs);
  supervisor.signal("SIGTERM");
  await Promise.race([pause(aim.askedBeforeMs), supervisor.ended]);
}

/** What happens until the next supervisor comes: nothing, some time, the end of the agent, or of its pid. */
async function between(project: Project): Promise<void> {
  const draw = project.prng.next();
  const ms = project.prng.next() * 400;
  if (draw < 0.55) return;
  if (draw < 0.75) return await pause(ms);
  const until = performance.now() + END_MS / 12;
  while (livingOf(project).length > 0 && performance.now() < until) await pause(30);
  const record = draw < 0.87 ? null : recordOf(project);
  if (record !== null && livingOf(project).length === 0) recyclePid(project, record);
}
