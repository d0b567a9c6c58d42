/**
 * `orphan-state.json`: the stash that the next round is told about, in exactly the keys that the Python version accepts.
 *
 * @module
 */
import type { Host } from "../host.ts";
import type { Layout } from "./layout.ts";
import { parseObject } from "./status.ts";

export interface OrphanState {
  readonly round_num: number;
  /** All of them. */
  readonly files: readonly string[];
  /** Commit id of the stash. */
  readonly stashed_ref: string | null;
  readonly stash_message: string | null;
  readonly timestamp: string;
  readonly phase: string | null;
}

/** @throws FileError */
export function writeOrphanState(host: Host, layout: Layout, state: OrphanState): void {
  host.files.replace(layout.orphan, JSON.stringify(state, null, 2), "lasting");
}

/** @throws FileError */
export function removeOrphanState(host: Host, layout: Layout): void {
  host.files.remove(layout.orphan);
}

/** `orphan_stash` of `round-context.json`, null where no stash waits. */
export function orphanStash(
  host: Host,
  layout: Layout,
): { readonly ref: string; readonly message: string; readonly files: readonly string[] } | null {
  const raw = parseObject(host.files.readText(layout.orphan) ?? "");
  if (typeof raw?.stashed_ref !== "string") return null;
  const files = Array.isArray(raw.files) ? raw.files.filter((file) => typeof file === "string") : [];
  return {
    ref: raw.stashed_ref,
    message: typeof raw.stash_message === "string" ? raw.stash_message : "",
    files,
  };
}
