/**
 * The plugins and programs that are asked about a dirty work tree, around the built-in handler.
 *
 * @module
 */
import type { HookDeclaration } from "../../core/config.ts";
import type { Ending } from "../../core/verdict.ts";
import type { DirtyOutcome } from "../../core/plugin.ts";
import { hookContext, type HookRound } from "../hooks/context.ts";
import type { DirtyPart } from "../hooks/hooks.ts";
import type { Supervision } from "../supervision.ts";
import { headOf, lookAtWorkTree } from "../work_tree.ts";

export interface DirtyRound extends HookRound {
  readonly ending: Ending;
  readonly cleanExit: boolean;
}

/** What can be done for a handler, and how far it has come. */
export interface Helpers {
  stash(): Promise<DirtyOutcome>;
  autoCommit(): Promise<DirtyOutcome>;
  /** Nothing of which handlers are told is dirty any more. */
  isClean(): Promise<boolean>;
}

/** Who has dealt with it, or that the built-in handler is to. */
export type Answer =
  | { readonly kind: "outcome"; readonly outcome: DirtyOutcome }
  /** Nobody has been asked where it `isAsIs`, so the tree is as it was. */
  | { readonly kind: "built_in"; readonly isAsIs: boolean };

const IGNORED: Answer = { kind: "outcome", outcome: { kind: "ignored", ref: null } };

/** Asks one after the other; the first that answers, or leaves the tree clean, has dealt with it. */
export async function askDirtyHooks(
  supervision: Supervision,
  round: DirtyRound,
  files: readonly string[],
  helpers: Helpers,
): Promise<Answer> {
  for (const [index, handler] of supervision.hooks.dirtyHandlers().entries()) {
    if (handler === null) return { kind: "built_in", isAsIs: index === 0 };
    const outcome = "plugin" in handler
      ? await askPlugin(supervision, handler, round, files, helpers)
      : await askProgram(supervision, handler, round, files, helpers);
    if (outcome !== null) return { kind: "outcome", outcome };
  }
  return IGNORED;
}

async function askPlugin(
  supervision: Supervision,
  { plugin, name }: DirtyPart,
  round: DirtyRound,
  files: readonly string[],
  helpers: Helpers,
): Promise<DirtyOutcome | null> {
  const { ending, cleanExit: clean_exit } = round;
  const context = { ...hookContext(supervision, round), ending: { ...ending }, clean_exit };
  return await supervision.hooks.answering(
    (what) =>
      what === "stash" || what === "autoCommit" ? helpers[what]() : Promise.reject(new Error(`no ${what}`)),
    () => plugin.handleDirty(name, context, files),
  );
}

/** A program answers by what it does: a tree that is clean afterwards has been dealt with. */
async function askProgram(
  supervision: Supervision,
  hook: HookDeclaration,
  round: DirtyRound,
  files: readonly string[],
  helpers: Helpers,
): Promise<DirtyOutcome | null> {
  const { config, hooks } = supervision;
  if (config.runtime.dry_run) return null;
  const before = await lookAtWorkTree(supervision);
  const { ending, cleanExit: clean_exit } = round;
  const input = { ...hookContext(supervision, round), ending, clean_exit, files };
  if (!await hooks.programs.run(hook, { on: hook.on, ...input }, round)) return null;
  if (!await helpers.isClean()) return null;
  const head = headOf(await lookAtWorkTree(supervision));
  return headOf(before) === head ? { kind: "ignored", ref: null } : { kind: "committed", ref: head };
}
