import type { Ending } from "../../core/verdict.ts";
import type { DirtyOutcome } from "../../core/plugin.ts";
import type { WorkTree } from "../../host.ts";

/** What a settlement rests on. */
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

/** Paths that an event names, as in the Python version. */
export const FILES_SHOWN = 20;

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
