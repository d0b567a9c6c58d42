import { EXIT, EXIT_TEXTS, PERMANENT_EXITS } from "../../lib/core/exit_code.ts";
import { blocks, table } from "./markdown.ts";

/** Every exit code. */
export function exitCodesPage(): string {
  const names = Object.keys(EXIT) as readonly (keyof typeof EXIT)[];
  return blocks(
    "# Exit codes",
    "The numbers are frozen. `fake-agent` ends as its scenario says.",
    table(
      ["code", "name", "what it says", "worth a restart"],
      names.map((name) => [
        String(EXIT[name]),
        name,
        EXIT_TEXTS[name],
        PERMANENT_EXITS.includes(EXIT[name]) ? "no: it would end the same way" : "",
      ]),
    ),
    `A service manager should not restart ${PERMANENT_EXITS.join(", ")}.`,
  );
}
