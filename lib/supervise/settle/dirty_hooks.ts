/**
 * The plugins and programs that are asked about a dirty work tree, around the built-in handler.
 *
 * @module
 */
import type { HookDeclaration } from "../../core/config.ts";
import type { Ending } from "../../core/ending.ts";
import type { DirtyOutcome } from "../../core/plugin.ts";
import type { WorkTree } from "../../host.ts";
import { hookContext, type HookRound } from "../hooks/context.ts";
import type { DirtyPart } from "../hooks/hooks.ts";
import type { Supervision } from "../supervision.ts";
import { lookAtWorkTree } from "../work_tree.ts";

export interface DirtyRound extends HookRound {
  readonly ending: Ending;
  readonly cleanExit: boolean;
}

/** What a plugin may have done for it. */
export type Helpers = Readonly<Record<"stash" | "autoCommit", () => Promise<DirtyOutcome>>>;

/** Who has dealt with it, or that the built-in handler is to. */
export type Answer =
  | { readonly kind: "outcome"; readonly outcome: DirtyOutcome }
  | { readonly kind: "built_in" };

const IGNORED: Answer = { kind: "outcome", outcome: { kind: "ignored", ref: null } };

/** Asks one after the other; the first that answers, or leaves the tree clean, has dealt with it. */
export async function askDirtyHooks(
  supervision: Supervision,
  round: DirtyRound,
  files: readonly string[],
  helpers: Helpers,
): Promise<Answer> {
  for (const handler of supervision.hooks.dirtyHandlers()) {
    if (handler === null) return { kind: "built_in" };
    const outcome = "plugin" in handler
      ? await askPlugin(supervision, handler, round, files, helpers)
      : await askProgram(supervision, handler, round, files);
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
): Promise<DirtyOutcome | null> {
  const { host, config, hooks } = supervision;
  if (config.runtime.dry_run) return null;
  const before = await lookAtWorkTree(host, config);
  const { ending, cleanExit: clean_exit } = round;
  const input = { ...hookContext(supervision, round), ending, clean_exit, files };
  if (!await hooks.programs.run(hook, { on: hook.on, ...input }, round)) return null;
  const after = await lookAtWorkTree(host, config);
  if (after.kind !== "tree" || after.dirty.length > 0) return null;
  return headOf(before) === after.head
    ? { kind: "ignored", ref: null }
    : { kind: "committed", ref: after.head };
}

function headOf(tree: WorkTree): string | null {
  return tree.kind === "tree" ? tree.head : null;
}
