/**
 * The work tree after a round: what the agent left uncommitted is told, and stashed or committed where the round ended
 * cleanly and the configuration says so. Nothing is ever discarded.
 *
 * @module
 */
import { readable } from "../../core/byte_text.ts";
import type { GitChanges } from "../../core/git_changes.ts";
import type { Ending } from "../../core/ending.ts";
import { isoOf } from "../../core/instant.ts";
import type { DirtyOutcome } from "../../core/plugin.ts";
import type { WorkTree } from "../../host.ts";
import { bestEffort } from "../../store/best_effort.ts";
import { removeOrphanState, writeOrphanState } from "../../store/orphan_state.ts";
import type { Supervision } from "../supervision.ts";
import { autoCommit } from "./auto_commit.ts";
import { findChanges, shownPaths, withoutPrefix } from "./dirty.ts";
import { askDirtyHooks } from "./dirty_hooks.ts";
import { waitUntilFree } from "./obstacles.ts";
import { GitFailure, Repository } from "./repository.ts";
import { stashChanges } from "./stash.ts";

export interface TreeFacts {
  readonly round: number;
  readonly phase: string | null;
  readonly ending: Ending;
  readonly logPath: string;
  /** Only such a round's changes are dealt with; those of another stay as evidence. */
  readonly cleanExit: boolean;
  readonly before: WorkTree;
  readonly after: WorkTree;
}

/** What became of the work tree. */
export type Settled =
  | { readonly kind: "none" }
  | { readonly kind: "clean" }
  | { readonly kind: "untouched"; readonly files: readonly string[] }
  | { readonly kind: "stashed"; readonly ref: string; readonly files: readonly string[] }
  | { readonly kind: "committed"; readonly ref: string; readonly files: readonly string[] }
  | { readonly kind: "failed"; readonly why: string; readonly files: readonly string[] }
  | { readonly kind: "unknown"; readonly why: string };

/** How long is waited (ms). */
export interface Patience {
  /** For somebody else's index lock. */
  readonly lockMs: number;
  /** For a commit with its hooks. */
  readonly commitMs: number;
}

const PATIENCE: Patience = { lockMs: 10_000, commitMs: 300_000 };

/** Paths that an event names, as in the Python version. */
const FILES_SHOWN = 20;

/** Writes the events of the work tree and does what they say. */
export async function settleWorkTree(
  supervision: Supervision,
  facts: TreeFacts,
  patience: Patience = PATIENCE,
): Promise<Settled> {
  const { after } = facts;
  if (after.kind === "none") return after;
  if (after.kind === "unknown") return unknown(supervision, facts, after.why);
  if (after.dirty.length === 0) return clean(supervision);
  const seen = await look(supervision, after.dirty);
  if (seen.kind === "unknown") {
    reportDirty(supervision, facts, after.dirty);
    return unknown(supervision, facts, seen.why);
  }
  return seen.files.length === 0 ? clean(supervision) : await deal(supervision, facts, seen, patience);
}

interface Seen {
  readonly kind: "seen";
  readonly repository: Repository;
  readonly changes: GitChanges;
  /** For people. */
  readonly files: readonly string[];
}

async function look(
  { host, config, hooks }: Supervision,
  whole: readonly string[],
): Promise<Seen | { readonly kind: "unknown"; readonly why: string }> {
  try {
    const repository = await Repository.around(host, config.runtime.work_dir);
    const changes = await findChanges(host, config, repository, hooks.ownedPaths);
    return { kind: "seen", repository, changes, files: shownPaths(changes, whole, repository.prefix) };
  } catch (error) {
    if (error instanceof GitFailure) return { kind: "unknown", why: error.message };
    throw error;
  }
}

/** What cannot be seen is not clean: what is known of an earlier stash stays. */
function unknown(supervision: Supervision, facts: TreeFacts, why: string): Settled {
  supervision.voice.note(`the work tree cannot be looked at: ${why}`);
  if (facts.cleanExit) reportFailure(supervision, facts, why);
  return { kind: "unknown", why };
}

function clean({ host, layout, voice }: Supervision): Settled {
  const refusal = bestEffort(() => removeOrphanState(host, layout));
  if (refusal !== null) voice.note(`orphan-state.json not removed: ${refusal.message}`);
  return { kind: "clean" };
}

async function deal(
  supervision: Supervision,
  facts: TreeFacts,
  seen: Seen,
  patience: Patience,
): Promise<Settled> {
  const { config, voice } = supervision;
  const { files } = seen;
  const action = facts.cleanExit ? config.vcs.dirty_action : "ignore";
  const isRehearsal = config.runtime.dry_run && action !== "ignore";
  reportDirty(supervision, facts, files, isRehearsal ? { would: action } : {});
  if (isRehearsal) {
    const what = action === "stash" ? "be stashed" : "be committed";
    voice.note(`dry run: ${files.length} changed paths would ${what}; nothing was done`);
  }
  const answer = await askDirtyHooks(supervision, facts, files, {
    stash: () => helping(() => take(supervision, facts, seen, patience, "stash")),
    autoCommit: () => helping(() => take(supervision, facts, seen, patience, "auto_commit")),
  });
  if (answer.kind === "outcome") return settledBy(answer.outcome, files);
  if (isRehearsal || action === "ignore") return { kind: "untouched", files };
  try {
    return await take(supervision, facts, seen, patience, action);
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    reportFailure(supervision, facts, error.message);
    return { kind: "failed", why: error.message, files };
  }
}

/** @throws GitFailure */
async function take(
  supervision: Supervision,
  facts: TreeFacts,
  seen: Seen,
  patience: Patience,
  action: "stash" | "auto_commit",
): Promise<Settled> {
  sayLeftAlone(supervision, seen.changes);
  await waitUntilFree(supervision.host, seen.repository, patience.lockMs);
  if (seen.changes.unmerged.length > 0) throw new GitFailure("there are conflicts; left as they are");
  return action === "stash"
    ? await stash(supervision, facts, seen)
    : await commit(supervision, facts, seen, patience);
}

async function helping(act: () => Promise<Settled>): Promise<DirtyOutcome> {
  return outcomeOf(await act()) ?? { kind: "ignored", ref: null };
}

function settledBy({ kind, ref }: DirtyOutcome, files: readonly string[]): Settled {
  return kind === "ignored" || ref === null ? { kind: "untouched", files } : { kind, ref, files };
}

/** In the words of the Python version; null where there was nothing to deal with. */
export function outcomeOf(settled: Settled): DirtyOutcome | null {
  switch (settled.kind) {
    case "stashed":
    case "committed":
      return { kind: settled.kind, ref: settled.ref };
    case "untouched":
    case "failed":
      return { kind: "ignored", ref: null };
    case "none":
    case "clean":
    case "unknown":
      return null;
  }
}

function reportDirty(
  { log }: Supervision,
  { round }: TreeFacts,
  files: readonly string[],
  more: { readonly would?: "stash" | "auto_commit" } = {},
): void {
  log.append({ event: "dirty_detected", round_num: round, files: files.slice(0, FILES_SHOWN), ...more });
}

function reportFailure({ config, log }: Supervision, { round, phase }: TreeFacts, reason: string): void {
  const { dirty_action } = config.vcs;
  if (dirty_action === "stash") {
    log.append({ event: "orphan_stash_failed", round_num: round, phase, reason });
  } else if (dirty_action === "auto_commit") {
    log.append({ event: "dirty_commit_failed", round_num: round, phase, reason });
  }
}

function sayLeftAlone({ voice }: Supervision, { tracked, untracked }: GitChanges): void {
  const within = [
    ...tracked.filter(({ submodule }) => submodule?.hasOwnChanges === true).map(({ path }) => path),
    ...untracked.filter((path) => path.endsWith("/")),
  ];
  for (const path of within) {
    voice.note(`${readable(path)} is a repository of its own; what is changed in it stays as it is`);
  }
}

async function stash(supervision: Supervision, facts: TreeFacts, seen: Seen): Promise<Settled> {
  const { host, config, layout, log, voice } = supervision;
  const { round, phase } = facts;
  const timestamp = isoOf(host.clock.now());
  const message = `ORPHAN R${round}${phase === null ? "" : ` phase=${phase}`} ts=${timestamp.slice(0, 19)}Z`;
  const order = { round, message, recentS: config.vcs.stash_idempotency_s };
  const made = await stashChanges(host, seen.repository, seen.changes, order);
  const { files } = seen;
  if (made === null) return { kind: "untouched", files };
  const refusal = bestEffort(() =>
    writeOrphanState(host, layout, {
      round_num: round,
      files,
      stashed_ref: made.id,
      stash_message: message,
      timestamp,
      phase,
    })
  );
  if (refusal !== null) voice.note(`orphan-state.json not written: ${refusal.message}`);
  const about = { round_num: round, ref: made.id, reason: "clean_exit_with_dirty_tree" };
  log.append(
    made.isReused ? { event: "orphan_idempotent_skip", ...about } : { event: "orphan_stashed", ...about },
  );
  return { kind: "stashed", ref: made.id, files };
}

async function commit(
  { log, voice }: Supervision,
  { round, phase, before }: TreeFacts,
  { repository, changes, files }: Seen,
  { commitMs }: Patience,
): Promise<Settled> {
  const message = `agent-runner auto-commit: R${round}${phase === null ? "" : ` ${phase}`}`;
  const made = await autoCommit(repository, changes, { round, message, before, withinMs: commitMs });
  if (made === null) {
    voice.note("nothing was committed: what is dirty was so before the round, or is not this repository's");
    return { kind: "untouched", files };
  }
  if (made.complaint !== null) voice.note(`after the automatic commit: ${made.complaint}`);
  const prefix = readable(repository.prefix);
  const committed = made.paths.map((path) => withoutPrefix(readable(path), prefix));
  log.append({
    event: "dirty_auto_committed",
    round_num: round,
    files: committed.slice(0, FILES_SHOWN),
    ref: made.id,
  });
  return { kind: "committed", ref: made.id, files: committed };
}
