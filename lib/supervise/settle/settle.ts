/**
 * The work tree after a round: what the agent left uncommitted is told, and stashed or committed where the round ended
 * cleanly and the configuration says so. Nothing is ever discarded.
 *
 * @module
 */
import type { Config } from "../../core/config.ts";
import type { DirtyOutcome } from "../../core/plugin.ts";
import { bestEffort } from "../../core/file_error.ts";
import { removeOrphanState } from "../../store/orphan_state.ts";
import type { Supervision } from "../supervision.ts";
import { askDirtyHooks } from "./dirty_hooks.ts";
import { Hands, takeWork } from "./hands.ts";
import { GitFailure } from "./repository.ts";
import { look, lookAgain, type Seen } from "./seen.ts";
import { FILES_SHOWN, type Patience, type Settled, type TreeFacts } from "./settled.ts";

const PATIENCE: Patience = { lockMs: 10_000, commitMs: 300_000 };

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
  const action = facts.cleanExit ? builtInAction(config) : "ignore";
  const isRehearsal = config.runtime.dry_run && action !== "ignore";
  reportDirty(supervision, facts, files, isRehearsal ? { would: action } : {});
  if (isRehearsal) {
    const what = action === "stash" ? "be stashed" : "be committed";
    voice.note(`dry run: ${files.length} changed paths would ${what}; nothing was done`);
  }
  const hands = new Hands(supervision, facts, patience);
  const answer = await askDirtyHooks(supervision, facts, files, hands);
  const isOpen = answer.kind === "built_in" || answer.outcome.ref === null;
  if (isOpen && hands.taken !== null) return hands.taken;
  if (answer.kind === "outcome") return settledBy(answer.outcome, files);
  if (isRehearsal || action === "ignore") return { kind: "untouched", files };
  try {
    const left = answer.isAsIs ? seen : await lookAgain(supervision);
    return left === null
      ? { kind: "untouched", files }
      : await takeWork(supervision, facts, left, patience, action);
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    reportFailure(supervision, facts, error.message);
    return { kind: "failed", why: error.message, files };
  }
}

/** What the built-in handler does, which can be disabled as any other. */
function builtInAction({ plugins, vcs }: Config): Config["vcs"]["dirty_action"] {
  return plugins.disable.includes("default_dirty_handler") ? "ignore" : vcs.dirty_action;
}

function settledBy({ kind, ref }: DirtyOutcome, files: readonly string[]): Settled {
  return kind === "ignored" || ref === null ? { kind: "untouched", files } : { kind, ref, files };
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
  const action = builtInAction(config);
  if (action === "stash") {
    log.append({ event: "orphan_stash_failed", round_num: round, phase, reason });
  } else if (action === "auto_commit") {
    log.append({ event: "dirty_commit_failed", round_num: round, phase, reason });
  }
}
