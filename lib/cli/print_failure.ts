import type { Failure, Problem } from "../core/problem.ts";
import type { Stream } from "../host.ts";

/** The one printer of errors: what could not be done, every problem in its place, the next step. */
export function printFailure(err: Stream, failure: Failure, asJson: boolean): void {
  const text = asJson ? `${JSON.stringify(asObject(failure))}\n` : asText(failure);
  err.write(text.replace(OBEYED, (control) => `\\u${hex(control)}`));
}

function asText({ what, problems, hint }: Failure): string {
  const lines = [`error: ${what}`];
  const lineWidth = Math.max(0, ...problems.map(({ line }) => lineLabel(line).length));
  const whereWidth = Math.max(0, ...problems.map(({ where }) => where.length));
  for (const { where, text, line } of problems) {
    const place = [lineLabel(line).padEnd(lineWidth), where.padEnd(whereWidth)].filter((part) =>
      part.trim() !== ""
    );
    lines.push(`  ${[...place, text].join("  ")}`);
  }
  if (hint !== null) lines.push(`hint: ${hint}`);
  return `${lines.join("\n")}\n`;
}

/** What a terminal would obey, such as in a path that somebody else chose; lines may end. */
const OBEYED = /[^\P{Cc}\n]/gu;

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, "0");
}

function lineLabel(line: number | null): string {
  return line === null ? "" : `line ${line}`;
}

function asObject({ what, problems, hint, exitCode }: Failure) {
  return { error: what, problems: problems.map(asProblem), hint, exit_code: exitCode };
}

function asProblem({ where, text, line }: Problem) {
  return { where, text, line };
}
