/** What the agents themselves wrote down. */
export interface Journal {
  /** Rounds whose agent ran, in order. */
  readonly begun: readonly number[];
  /** Rounds whose agent has written into the work tree. */
  readonly wrote: readonly number[];
  /** Exit code that the agent was about to end with, by round. */
  readonly ended: ReadonlyMap<number, number>;
  /** What must never be. */
  readonly shouts: string;
}

/** Reads the agents' books; `state` is their folder. */
export function readJournal(state: string): Journal {
  const begun: number[] = [];
  const wrote: number[] = [];
  const ended = new Map<number, number>();
  for (const line of readOr(`${state}/journal`, "").split("\n")) {
    const [word, round, code] = line.split(" ");
    if (word === "begin") begun.push(Number(round));
    if (word === "wrote") wrote.push(Number(round));
    if (word === "end") ended.set(Number(round), Number(code));
  }
  return { begun, wrote, ended, shouts: readOr(`${state}/shouts`, "").trim() };
}

/** The file's text, or `missing` where there is no such file. */
export function readOr(path: string, missing: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return missing;
    throw error;
  }
}
