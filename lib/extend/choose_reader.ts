import { baseName } from "../core/path_parts.ts";
import type { Config } from "../core/config.ts";
import { didYouMean } from "../core/suggest.ts";

/** What is known of a reader before it is loaded. */
export interface Candidate {
  /** The plugin's name. */
  readonly name: string;
  /** The commands that it reads. */
  readonly agents: readonly string[];
}

export type ReaderChoice<Reader extends Candidate = Candidate> =
  | { readonly kind: "chosen"; readonly reader: Reader; readonly because: "reader" | "command" }
  | { readonly kind: "none"; readonly why: string }
  /** `[agent] reader` names one that there is not, or the command has several. */
  | { readonly kind: "unknown"; readonly text: string };

/**
 * The plugin that reads this agent's output: the one that is named, else the one for the command's base name.
 * @param outside plugins that the configuration loads: they come before those that are part of this program
 */
export function chooseReader<Reader extends Candidate>(
  outside: readonly Reader[],
  builtIn: readonly Reader[],
  { agent, plugins: { disable } }: Config,
): ReaderChoice<Reader> {
  const groups = [outside, builtIn].map((readers) => readers.filter(({ name }) => !disable.includes(name)));
  if (agent.reader !== null) {
    const wanted = agent.reader;
    const named = firstIn(groups, ({ name, agents }) => agents.includes(wanted) || name === wanted);
    if (named.length > 1) return severalRead(wanted, named);
    if (named[0] !== undefined) return { kind: "chosen", reader: named[0], because: "reader" };
    const names = groups.flat().flatMap(({ name, agents }) => [...agents, name]);
    return { kind: "unknown", text: `no reader is called "${wanted}"${didYouMean(wanted, names)}` };
  }
  const [command = ""] = agent.command;
  const binary = baseName(command);
  const fitting = firstIn(groups, ({ agents }) => agents.includes(binary));
  if (fitting.length > 1) return severalRead(binary, fitting);
  return fitting[0] === undefined
    ? { kind: "none", why: `none is for "${binary}"` }
    : { kind: "chosen", reader: fitting[0], because: "command" };
}

function firstIn<Reader>(
  groups: readonly (readonly Reader[])[],
  fits: (reader: Reader) => boolean,
): readonly Reader[] {
  return groups.map((readers) => readers.filter(fits)).find((found) => found.length > 0) ?? [];
}

function severalRead(word: string, readers: readonly Candidate[]): ReaderChoice<never> {
  const names = readers.map(({ name }) => `"${name}"`).join(" and ");
  return { kind: "unknown", text: `${names} both read ${word}; name one as agent.reader` };
}
