/** What a run left behind, without what is new each time: times, process ids, folders, names that git makes. */
export interface RunRecord {
  readonly exitCode: number;
  readonly events: readonly LoggedFields[];
  /** Paths below the log directory, sorted; a link with its target. */
  readonly files: readonly string[];
  /** JSON files of the log directory by name. */
  readonly contents: Readonly<Record<string, LoggedFields>>;
  readonly metrics: readonly LoggedFields[];
  readonly agents: readonly SeenByAgent[];
  /** Answers of git by question. */
  readonly git: Readonly<Record<string, readonly string[]>>;
}

/** Fields in their order; in a line of a log `event` is the kind. */
export type LoggedFields = Readonly<Record<string, unknown>>;

/** What one start of the agent was given. */
export interface SeenByAgent {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly prompt: string;
}
