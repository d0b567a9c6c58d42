import type { Host } from "../../host.ts";
import { GitFailure, type Repository } from "./repository.ts";

/** What git leaves in its folder while something is under way (gitrepository-layout(5)). */
const UNDER_WAY: readonly (readonly [name: string, what: string])[] = [
  ["MERGE_HEAD", "a merge"],
  ["rebase-merge", "a rebase"],
  ["rebase-apply", "a rebase, or git am,"],
  ["CHERRY_PICK_HEAD", "a cherry-pick"],
  ["REVERT_HEAD", "a revert"],
];

/** Between two looks at the index lock (ms). */
const LOOK_MS = 100;

/**
 * Makes sure that the index may be written: nothing is under way in the repository and nobody holds its index. The lock
 * is waited for and never removed, since nothing tells whether its owner lives.
 * @throws GitFailure
 */
export async function waitUntilFree(host: Host, repository: Repository, withinMs: number): Promise<void> {
  const found = UNDER_WAY.find(([name]) => repository.has(name));
  if (found !== undefined) throw new GitFailure(`${found[1]} is under way; left as it is`);
  const untilMs = host.clock.monotonicMs() + withinMs;
  while (repository.has("index.lock")) {
    if (host.clock.monotonicMs() >= untilMs) {
      const lock = `${repository.gitDir}/index.lock`;
      throw new GitFailure(`${lock} is there: remove it if no git runs in this repository`);
    }
    await host.clock.sleep(LOOK_MS);
  }
}
