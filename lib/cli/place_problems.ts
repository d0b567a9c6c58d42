import { parseTOML } from "toml-eslint-parser";
import type { Problem } from "../core/problem.ts";
import { keyLines, lineOf } from "../core/toml_lines.ts";

/** The problems of a configuration with their lines, in the order of the lines. */
export function placeProblems(text: string, problems: readonly Problem[]): readonly Problem[] {
  const lines = keyLines(parseTOML, text);
  return problems.map((problem) => ({ ...problem, line: lineOf(lines, problem.where) }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}
