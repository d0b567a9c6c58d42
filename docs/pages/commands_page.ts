import { type Group, isVerb, type Verb } from "../../lib/cli/command_line.ts";
import { PROGRAM } from "../../lib/cli/commands.ts";
import { SCENARIOS } from "../../lib/cli/fake_scenarios.ts";
import { helpText } from "../../lib/cli/help_text.ts";
import { blocks, code, table } from "./markdown.ts";

/** The help of each verb, by its words behind the program's name. */
export async function helpTexts(): Promise<ReadonlyMap<string, string>> {
  const verbs = await verbsOf(PROGRAM, []);
  const helps = verbs.map(async ([name, verb]) =>
    [name, await helpText(`agent-runner ${name}`, verb)] as const
  );
  return new Map(await Promise.all(helps));
}

async function verbsOf(
  at: Verb | Group,
  path: readonly string[],
): Promise<readonly (readonly [string, Verb])[]> {
  if (isVerb(at)) return [[path.join(" "), at]];
  const behind = Object.entries(await at.verbs()).map(([name, next]) => verbsOf(next, [...path, name]));
  return (await Promise.all(behind)).flat();
}

/** The help of every verb, and what the scripted agent can play. */
export async function commandsPage(): Promise<string> {
  return blocks(
    "# Commands",
    "`--config` and `--json` may stand before or after the verb; the later one wins. Data goes to standard output, " +
      "talk and errors go to standard error. Exit codes: [exit-codes.md](exit-codes.md).",
    ...[...await helpTexts()].map(([verb, text]) =>
      `## agent-runner ${verb}\n\n\`\`\`text\n${text.trim()}\n\`\`\``
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
