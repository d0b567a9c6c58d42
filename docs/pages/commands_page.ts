import { type Application, type CommandContext, generateHelpTextForAllCommands } from "@stricli/core";
import { application, NESTED } from "../../lib/cli/commands.ts";
import { pluginApplication } from "../../lib/cli/plugin/commands.ts";
import { SCENARIOS } from "../../lib/cli/fake_scenarios.ts";
import { blocks, code, table } from "./markdown.ts";

/** The help of each verb, by its words behind the program's name. */
export function helpTexts(): ReadonlyMap<string, string> {
  // What a verb is run with says nothing about its help.
  const helps = [application, pluginApplication].flatMap((one) =>
    generateHelpTextForAllCommands(one as unknown as Application<CommandContext>)
  );
  const named = helps.map(([name, text]) => [name.trim().replace("agent-runner ", ""), text] as const);
  return new Map(named.filter(([verb]) => !NESTED.includes(verb)));
}

/** The help of every verb, and what the scripted agent can play. */
export function commandsPage(): string {
  return blocks(
    "# Commands",
    "`--config` and `--json` may stand before or after the verb; the later one wins. Data goes to standard output, " +
      "talk and errors go to standard error. Exit codes: [exit-codes.md](exit-codes.md).",
    ...[...helpTexts()].map(([verb, text]) =>
      `## agent-runner ${verb}\n\n\`\`\`text\n${
        text.split("\n").map((line) => line.trimEnd()).join("\n").trim()
      }\n\`\`\``
    ),
    "### Scenarios of fake-agent",
    "`SCENARIO=NUMBER` sets the number. Round n plays the n-th word; after the last one it begins again.",
    table(
      ["scenario", "what it plays", "the number says", "without one"],
      Object.entries(SCENARIOS).map(([name, { text, amount }]) => [
        code(name),
        text,
        `${amount.meaning} (${amount.unit})`,
        amount.preset === Infinity ? "until it is ended" : String(amount.preset),
      ]),
    ),
  );
}
