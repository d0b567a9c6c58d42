import type { ExitCode } from "./exit_code.ts";

/** One thing that is wrong with an input: where, what is, and what should be. */
export interface Problem {
  /** Dotted key or name of the place, `""` where the whole is meant. */
  readonly where: string;
  readonly text: string;
  /** 1-based line of the input file, null where there is none. */
  readonly line: number | null;
}

/** Why a verb could not do what was asked; printed by the one error printer. */
export interface Failure {
  readonly kind: "failure";
  /** What could not be done, without a final period. */
  readonly what: string;
  readonly problems: readonly Problem[];
  /** The next command or step, null where none helps. */
  readonly hint: string | null;
  readonly exitCode: ExitCode;
}

export function failure(
  exitCode: ExitCode,
  what: string,
  more: { readonly problems?: readonly Problem[]; readonly hint?: string } = {},
): Failure {
  return { kind: "failure", what, problems: more.problems ?? [], hint: more.hint ?? null, exitCode };
}
