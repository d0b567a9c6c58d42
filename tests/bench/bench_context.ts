import type { Program } from "./measure.ts";

/** What is measured, and how long. */
export interface BenchContext {
  /** Folder for projects; removed at the end. */
  readonly root: string;
  readonly built: Program;
  readonly source: Program;
  /** Null where there is none. */
  readonly python: Program | null;
  /** The runtime with a script that does nothing. */
  readonly empty: Program;
  /** Fewer runs, for a first impression. */
  readonly quick: boolean;
}

/** Both ways in which the program is started. */
export const WAYS = ["built", "source"] as const;

export type Way = (typeof WAYS)[number];

/** What `measure` makes of each way, one after the other. */
export async function ofBoth<T>(measure: (way: Way) => Promise<T> | T): Promise<Record<Way, T>> {
  return { built: await measure("built"), source: await measure("source") };
}
