import type { Instant } from "./instant.ts";
import type { ProjectState } from "./project_state.ts";

/**
 * Whether a sentinel found at a start still counts: the agent wrote it in the last round of a supervisor that was
 * killed before it could act on it. `mtime` is the file's.
 */
export function isSentinelUnheard(state: ProjectState, mtime: Instant): boolean {
  const last = state.running ?? state.rounds.at(-1);
  const isOfLastRound = last !== undefined && !state.selfTerminated && mtime >= last.startedAt;
  return isOfLastRound && state.serve.kind !== "stopped";
}
