import { GitFailure, type Repository } from "./repository.ts";

/** Where the program keeps what it stashed and committed, so that git never throws it away. */
export const KEPT = "refs/agent-runner/";

export type KeptKind = "stash" | "commit";

/** More of one round are not to be expected. */
const TRIES = 100;

/**
 * Keeps a commit as `refs/agent-runner/R<N>-stash` or `-commit`; where that name is taken, with a number behind it.
 * @throws GitFailure
 */
export async function keepRef(
  repository: Repository,
  round: number,
  kind: KeptKind,
  id: string,
): Promise<string> {
  for (let nth = 1; nth <= TRIES; nth++) {
    const ref = `${KEPT}R${round}-${kind}${nth === 1 ? "" : `-${nth}`}`;
    const known = await repository.ask(["rev-parse", "--verify", "--quiet", ref]);
    if (known === id) return ref;
    if (known !== null) continue;
    // The empty old value refuses to overwrite what somebody else has just made.
    if (await repository.ask(["update-ref", ref, id, ""]) !== null) return ref;
    if (await repository.ask(["rev-parse", "--verify", "--quiet", ref]) === null) break;
  }
  throw new GitFailure(`${KEPT}R${round}-${kind} could not be written`);
}
