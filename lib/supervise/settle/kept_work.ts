/**
 * What was stashed and committed after rounds, as the refs under `refs/agent-runner/` keep it, and what the Python
 * version stashed, which git's own list of stashes keeps.
 *
 * @module
 */
import { readable } from "../../core/byte_text.ts";
import { type Instant, isoOf } from "../../core/instant.ts";
import { KEPT, type KeptKind } from "./keep_ref.ts";
import { GitFailure, pathsIn, type Repository } from "./repository.ts";

export interface KeptWork {
  /** Such as `R7-stash`. */
  readonly name: string;
  readonly round: number;
  readonly kind: KeptKind;
  /** Commit id. */
  readonly id: string;
  readonly at: Instant;
  readonly subject: string;
}

/**
 * All of it, oldest round first.
 * @throws GitFailure
 */
export async function listKept(repository: Repository): Promise<readonly KeptWork[]> {
  const format = "--format=%(refname) %(objectname) %(committerdate:unix) %(subject)";
  const lines = (await repository.git(["for-each-ref", "--sort=version:refname", format, KEPT])).split("\n");
  const kept = lines.flatMap(keptIn);
  for (const stash of await listedStashes(repository)) {
    if (!kept.some(({ id }) => id === stash.id)) kept.push({ ...stash, name: freeName(kept, stash) });
  }
  return kept.sort((a, b) => a.round - b.round);
}

/** The work as JSON has it. */
export function keptDocument({ name, round, kind, id, at, subject }: KeptWork) {
  return { name, round_num: round, kind, ref: id, made_at: isoOf(at), subject };
}

/**
 * Paths that it changes, relative to the root.
 * @throws GitFailure
 */
export async function keptFiles(repository: Repository, { id, kind }: KeptWork): Promise<readonly string[]> {
  const tree = ["diff-tree", "--root", "--no-commit-id", "--no-renames", "-r", "-z", "--name-only"];
  const changed = pathsIn(await repository.git(kind === "stash" ? [...tree, `${id}^1`, id] : [...tree, id]));
  const untracked = kind === "stash" ? await untrackedPart(repository, id) : null;
  const added = untracked === null ? [] : pathsIn(await repository.git([...tree, untracked]));
  return [...changed, ...added].map(readable);
}

/**
 * It as a patch for people.
 * @throws GitFailure
 */
export async function keptPatch(repository: Repository, { id, kind }: KeptWork): Promise<string> {
  const how = ["--no-color", "--no-ext-diff", "--stat", "--patch"];
  if (kind === "commit") return readable(await repository.git(["show", ...how, id]));
  const changed = await repository.git(["diff", ...how, `${id}^1`, id]);
  const untracked = await untrackedPart(repository, id);
  const added = untracked === null ? "" : await repository.git(["show", "--format=", ...how, untracked]);
  return readable(changed + added);
}

/**
 * Applies it to the work tree; what was staged is staged again, where that is possible.
 * @throws GitFailure with git's words; conflicts are then marked in the files, and the kept work stays
 */
export async function applyKept(repository: Repository, { id, kind }: KeptWork): Promise<void> {
  if (kind === "commit") {
    if (await repository.ask(["merge-base", "--is-ancestor", id, "HEAD"]) !== null) {
      throw new GitFailure("this branch holds that commit already");
    }
    await repository.git(["cherry-pick", "--no-commit", id]);
  } else if (await repository.ask(["stash", "apply", "--quiet", "--index", id]) === null) {
    await repository.git(["stash", "apply", "--quiet", id]);
  }
}

function keptIn(line: string): readonly KeptWork[] {
  const parts = /^refs\/agent-runner\/(R(\d+)-(stash|commit)\S*) (\S+) (\d+) (.*)$/.exec(line);
  if (parts === null) return [];
  const [, name = "", round, kind, id = "", at, subject = ""] = parts;
  return [{
    name,
    round: Number(round),
    kind: kind === "stash" ? "stash" : "commit",
    id,
    at: Number(at) * 1000,
    subject: readable(subject),
  }];
}

/** Those of rounds, oldest first. */
async function listedStashes(repository: Repository): Promise<readonly Omit<KeptWork, "name">[]> {
  const answer = await repository.ask(["log", "--walk-reflogs", "--format=%H %ct %gs", "refs/stash", "--"]);
  return (answer ?? "").split("\n").flatMap((line) => {
    const [, id = "", at, subject = "", round] = /^(\S+) (\d+) (.*?: ORPHAN R(\d+)(?: .*|))$/.exec(line) ??
      [];
    if (round === undefined) return [];
    return [{
      round: Number(round),
      kind: "stash" as const,
      id,
      at: Number(at) * 1000,
      subject: readable(subject),
    }];
  }).reverse();
}

function freeName(kept: readonly KeptWork[], { round, kind }: Omit<KeptWork, "name">): string {
  const isTaken = (name: string) => kept.some((other) => other.name === name);
  let name = `R${round}-${kind}`;
  for (let nth = 2; isTaken(name); nth++) name = `R${round}-${kind}-${nth}`;
  return name;
}

/** The third parent of a stash. */
async function untrackedPart(repository: Repository, id: string): Promise<string | null> {
  return await repository.ask(["rev-parse", "--verify", "--quiet", `${id}^3`]);
}
