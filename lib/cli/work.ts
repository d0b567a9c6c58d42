/**
 * `work`: what was stashed and committed after rounds, to look at and to bring back.
 *
 * @module
 */
import type { Config } from "../core/config.ts";
import { EXIT } from "../core/exit_code.ts";
import { type Failure, failure } from "../core/problem.ts";
import type { Host } from "../host.ts";
import { timeText } from "../observe/event_text.ts";
import { observe } from "../observe/observed.ts";
import { findChanges, pathsOf } from "../supervise/settle/dirty.ts";
import {
  applyKept,
  keptDocument,
  keptFiles,
  keptPatch,
  type KeptWork,
  listKept,
} from "../supervise/settle/kept_work.ts";
import { waitUntilFree } from "../supervise/settle/obstacles.ts";
import { GitFailure, Repository } from "../supervise/settle/repository.ts";
import type { WorkAction } from "./flags.ts";
import type { CliContext, GlobalFlags, VerbResult } from "./context.ts";
import { loadConfig } from "./load_config.ts";

/** How long an index lock is waited for (ms). */
const LOCK_MS = 10_000;

/** Lists the kept work, shows one piece of it, or brings it back. */
export async function work(
  { host }: CliContext,
  flags: GlobalFlags,
  action: WorkAction,
  which?: string,
): Promise<VerbResult> {
  const loaded = await loadConfig(host, flags.config, EXIT.failed);
  if (loaded.kind === "failure") return loaded;
  const { config } = loaded;
  try {
    const repository = await Repository.around(host, config.runtime.work_dir);
    const all = await listKept(repository);
    if (action === "list") return list(host, flags, all);
    const chosen = choose(all, action, which);
    if (chosen.kind === "failure") return chosen;
    return action === "show"
      ? await show(host, flags, repository, chosen)
      : await restore(host, config, flags, repository, chosen);
  } catch (error) {
    if (error instanceof GitFailure) return failure(EXIT.failed, `git refused: ${error.message}`);
    throw error;
  }
}

function list(host: Host, flags: GlobalFlags, all: readonly KeptWork[]): VerbResult {
  const { out, err } = host.terminal;
  if (flags.json) out.write(`${JSON.stringify(all.map(keptDocument), null, 2)}\n`);
  else if (all.length === 0) err.write("nothing was stashed or committed after a round\n");
  else out.write(all.map((kept) => `${lineOf(host, kept)}\n`).join(""));
  return EXIT.done;
}

function lineOf(host: Host, { name, id, at, subject }: KeptWork): string {
  const when = timeText(at, { now: host.clock.now(), zoneOffsetMin: host.env.zoneOffsetMin });
  return `${name.padEnd(14)}  ${id.slice(0, 12)}  ${when.padEnd(16)}  ${subject}`;
}

/** By its name, or by its round where that has only one. */
function choose(all: readonly KeptWork[], action: WorkAction, which?: string): KeptWork | Failure {
  if (which === undefined) {
    return failure(EXIT.usage, `work ${action} needs a round`, { hint: "agent-runner work list" });
  }
  const found = all.filter(({ name, round }) => name === which || String(round) === which.replace(/^R/, ""));
  const [only, ...more] = found;
  if (only === undefined) {
    return failure(EXIT.failed, `Nothing is kept of "${which}"`, { hint: "agent-runner work list" });
  }
  if (more.length === 0) return only;
  const names = found.map(({ name }) => name).join(", ");
  return failure(EXIT.usage, `Round ${only.round} has more than one: ${names}`, {
    hint: `agent-runner work ${action} ${found.at(-1)!.name}`,
  });
}

async function show(
  host: Host,
  flags: GlobalFlags,
  repository: Repository,
  kept: KeptWork,
): Promise<VerbResult> {
  const text = flags.json
    ? JSON.stringify({ ...keptDocument(kept), files: await keptFiles(repository, kept) }, null, 2)
    : `${lineOf(host, kept)}\n\n${(await keptPatch(repository, kept)).trimEnd()}`;
  host.terminal.out.write(`${text}\n`);
  return EXIT.done;
}

/** Only into a clean tree, and not under a running agent: nothing is lost and nothing is mixed. */
async function restore(
  host: Host,
  config: Config,
  flags: GlobalFlags,
  repository: Repository,
  kept: KeptWork,
): Promise<VerbResult> {
  const what = `Cannot restore ${kept.name}`;
  const { state, roundAlive } = observe(host, config);
  if (state.running !== null && roundAlive) {
    return failure(EXIT.busy, `${what}: round ${state.running.num} runs`, { hint: "agent-runner stop" });
  }
  const dirty = pathsOf(await findChanges(host, config, repository)).length;
  if (dirty > 0) {
    return failure(EXIT.failed, `${what}: ${dirty} path${dirty === 1 ? " is" : "s are"} changed already`, {
      hint: `git stash push --include-untracked, then agent-runner work restore ${kept.name}`,
    });
  }
  try {
    await waitUntilFree(host, repository, LOCK_MS);
    await applyKept(repository, kept);
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    return failure(EXIT.failed, `${what}: ${error.message}`, { hint: `agent-runner work show ${kept.name}` });
  }
  const files = await keptFiles(repository, kept);
  if (flags.json) {
    host.terminal.out.write(`${JSON.stringify({ ...keptDocument(kept), files }, null, 2)}\n`);
  } else {
    const count = `${files.length} path${files.length === 1 ? "" : "s"}`;
    host.terminal.err.write(`${kept.name} restored: ${count}. It stays kept.\n`);
  }
  return EXIT.done;
}
