/**
 * What is done with uncommitted work: stashed, or committed.
 *
 * @module
 */
import { readable } from "../../core/byte_text.ts";
import type { GitChanges } from "../../core/git_changes.ts";
import { isoOf } from "../../core/instant.ts";
import type { DirtyOutcome } from "../../core/plugin.ts";
import { bestEffort } from "../../core/file_error.ts";
import { writeOrphanState } from "../../store/orphan_state.ts";
import type { Supervision } from "../supervision.ts";
import { autoCommit } from "./auto_commit.ts";
import { withoutPrefix } from "./dirty.ts";
import type { Helpers } from "./dirty_hooks.ts";
import { waitUntilFree } from "./obstacles.ts";
import { GitFailure } from "./repository.ts";
import { lookAgain, type Seen } from "./seen.ts";
import { FILES_SHOWN, outcomeOf, type Patience, type Settled, type TreeFacts } from "./settled.ts";
import { stashChanges } from "./stash.ts";

/** What handlers may have done for them. They may change the tree too, so each time it is looked at anew. */
export class Hands implements Helpers {
  /** What was done last, null where nothing was. */
  taken: Settled | null = null;
  readonly #supervision: Supervision;
  readonly #facts: TreeFacts;
  readonly #patience: Patience;

  constructor(supervision: Supervision, facts: TreeFacts, patience: Patience) {
    this.#supervision = supervision;
    this.#facts = facts;
    this.#patience = patience;
  }

  async stash(): Promise<DirtyOutcome> {
    return await this.#take("stash");
  }

  async autoCommit(): Promise<DirtyOutcome> {
    return await this.#take("auto_commit");
  }

  async isClean(): Promise<boolean> {
    try {
      return await lookAgain(this.#supervision) === null;
    } catch (error) {
      if (error instanceof GitFailure) return false;
      throw error;
    }
  }

  async #take(action: "stash" | "auto_commit"): Promise<DirtyOutcome> {
    const seen = this.#supervision.config.runtime.dry_run ? null : await lookAgain(this.#supervision);
    if (seen === null) return { kind: "ignored", ref: null };
    const settled = await takeWork(this.#supervision, this.#facts, seen, this.#patience, action);
    const outcome = outcomeOf(settled) ?? { kind: "ignored", ref: null };
    if (outcome.ref !== null) this.taken = settled;
    return outcome;
  }
}

/** @throws GitFailure */
export async function takeWork(
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
