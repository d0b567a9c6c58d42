/**
 * The help of the program and of each verb, made from the table of verbs.
 *
 * @module
 */
import {
  type Argument,
  dashed,
  type Flags,
  flagsOf,
  GLOBALS,
  type Group,
  isVerb,
  type Verb,
} from "./command_line.ts";

/** @param name all words up to and with the verb, such as `agent-runner plugin add` */
export async function helpText(name: string, of: Verb | Group): Promise<string> {
  return isVerb(of) ? verbHelp(name, of) : await groupHelp(name, of);
}

async function groupHelp(name: string, { brief, text, verbs }: Group): Promise<string> {
  const rows = Object.entries(await verbs()).map(([verb, row]) => [verb, row.brief] as const);
  return sections(
    ["USAGE", [`${name} <command> [flags]`]],
    [null, [text ?? brief]],
    ["COMMANDS", columns(rows)],
    ["FLAGS", columns([...flagRows(GLOBALS), HELP, ["-v, --version", "Print the version."]])],
    [null, [`All about a command: ${name} <command> --help`]],
  );
}

function verbHelp(name: string, verb: Verb): string {
  const { brief, text, args = [] } = verb;
  const flags = flagsOf(verb);
  const words = [...(Object.keys(flags).length > 0 ? ["[flags]"] : []), ...args.map(argumentText)];
  return sections(
    ["USAGE", [[name, ...words].join(" ")]],
    [null, [text ?? brief]],
    ["ARGUMENTS", columns(args.map((row) => [argumentText(row), row.text]))],
    ["FLAGS", columns([...flagRows(flags), HELP])],
  );
}

type TwoColumns = readonly [left: string, right: string];

const HELP: TwoColumns = ["-h, --help", "Print this."];

function argumentText({ placeholder, count }: Argument<unknown>): string {
  if (count === "optional") return `[<${placeholder}>]`;
  return count === "many" ? `<${placeholder}>...` : `<${placeholder}>`;
}

function flagRows(flags: Flags): readonly TwoColumns[] {
  return Object.entries(flags).map(([name, flag]) => {
    if (flag.kind === "switch") {
      return flag.usual
        ? [`--[no-]${dashed(name)}`, `${flag.text} [default: yes]`]
        : [`--${dashed(name)}`, flag.text];
    }
    const usual = flag.usual === undefined ? "" : ` [default: ${flag.usual}]`;
    return [`--${dashed(name)} <${flag.placeholder}>`, flag.text + usual];
  });
}

function columns(rows: readonly TwoColumns[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`);
}

/** Titled ones are indented; empty ones are left out. */
function sections(...all: readonly (readonly [title: string | null, lines: readonly string[]])[]): string {
  return all.filter(([, lines]) => lines.length > 0).map(([title, lines]) =>
    title === null ? `${lines.join("\n")}\n` : `${title}\n${lines.map((line) => `  ${line}\n`).join("")}`
  ).join("\n");
}
