import { KNOWN_DIFFERENCES } from "../../tests/compare/known_differences.ts";
import { table } from "./markdown.ts";

/** What is meant to be different from the Python version, in the order of the table that the comparison uses. */
export function differencesPart(): string {
  return `${
    table(
      ["the Python version", "here", "because"],
      KNOWN_DIFFERENCES.map(({ python, here, why }) => [python, here, why]),
    )
  }\n`;
}
