import type { Config } from "../core/config.ts";
import type { Plugin } from "../core/plugin.ts";
import { didYouMean } from "../core/suggest.ts";

export type ReaderChoice =
  | { readonly kind: "chosen"; readonly plugin: Plugin; readonly because: "reader" | "command" }
  | { readonly kind: "none"; readonly why: string }
  /** `[agent] reader` names one that there is not. */
  | { readonly kind: "unknown"; readonly text: string };

/** The plugin that reads this agent's output: the one that is named, else the one for the command's base name. */
export function chooseReader(
  plugins: readonly Plugin[],
  { agent, plugins: { disable } }: Config,
): ReaderChoice {
  const usable = plugins.filter(({ name }) => !disable.includes(name));
  if (agent.reader !== null) {
    const named = usable.find((plugin) => plugin.agent === agent.reader);
    if (named !== undefined) return { kind: "chosen", plugin: named, because: "reader" };
    const names = usable.map((plugin) => plugin.agent);
    return {
      kind: "unknown",
      text: `no reader is called "${agent.reader}"${didYouMean(agent.reader, names)}`,
    };
  }
  const [command = ""] = agent.command;
  const binary = command.slice(command.lastIndexOf("/") + 1);
  const fitting = usable.find(({ binaries }) => binaries.includes(binary));
  return fitting === undefined
    ? { kind: "none", why: `none is for "${binary}"` }
    : { kind: "chosen", plugin: fitting, because: "command" };
}
