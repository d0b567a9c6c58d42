/**
 * A round in its turn: which phase it has, whether it looks with fresh eyes, and the fingerprints around it.
 *
 * @module
 */
import { hasFreshEyes, phaseOf } from "../core/phases.ts";
import type { RoundPlan } from "./prepare_round.ts";
import { runRound } from "./round.ts";
import { pathsHash } from "./substrate.ts";
import type { Supervision } from "./supervision.ts";
import { lookBeforeAgent } from "./settle/look_before.ts";
import { headOf } from "./work_tree.ts";

/** A round that may start at once. */
export interface Turn {
  readonly plan: RoundPlan;
  readonly pathsHash: string | null;
}

/** Looks at everything that takes time and has to be known before the round. */
export async function prepareTurn(
  supervision: Supervision,
  round: number,
  stopNow: AbortSignal,
): Promise<Turn> {
  const { host, config } = supervision;
  const plan = await planRound(supervision, {
    round,
    phase: phaseOf(config, round).name,
    freshEyes: hasFreshEyes(config, round),
    stopNow,
  });
  return { plan, pathsHash: await pathsHash(host, config) };
}

/** The plan with the work tree and the disk looked at, both at the same time. */
export async function planRound(
  supervision: Supervision,
  wanted: Omit<RoundPlan, "before">,
): Promise<RoundPlan> {
  const { config, hooks, metrics } = supervision;
  const mayCommit = config.vcs.dirty_action === "auto_commit" || hooks.mayCommit;
  const [before] = await Promise.all([lookBeforeAgent(supervision, mayCommit), metrics.disk.measure()]);
  return { ...wanted, before };
}

/** Runs it, between its two fingerprints. */
export async function runTurn(supervision: Supervision, { plan, pathsHash }: Turn): Promise<void> {
  const { config, log } = supervision;
  const round_num = plan.round;
  log.append({
    event: "round_substrate_before",
    round_num,
    git_head: headOf(plan.before),
    paths_hash: pathsHash,
  });
  if (plan.freshEyes) {
    const every_n = config.runtime.fresh_eyes_every_n ?? 0;
    log.append({ event: "fresh_eyes_round_triggered", round_num, every_n });
  }
  const { head } = await runRound(supervision, plan);
  await reportSubstrateAfter(supervision, round_num, head);
}

/** Writes what a round has made of the work tree. */
export async function reportSubstrateAfter(
  { host, config, log }: Supervision,
  round_num: number,
  git_head: string | null,
): Promise<void> {
  const paths_hash = await pathsHash(host, config);
  log.append({ event: "round_substrate_after", round_num, git_head, paths_hash });
}
