import type { Ending, Finding, Plugin, ReaderContext } from "../core/plugin.ts";

/** What is there at once where the plugin is part of this program, and comes later where it is not. */
export type Soon<T> = T | Promise<T>;

/** The plugin that reads the agent's output, wherever it runs. */
export interface OutputReader {
  /** The plugin's name. */
  readonly name: string;
  /** The commands that it reads; the first is its word in events and in `[agent] reader`. */
  readonly agents: readonly string[];
  /** Strings of which a line must contain one to be handed over; none: every line is. */
  readonly interest: readonly string[];
  open(context: RoundToRead): OpenReader;
  /** Of each line the words that the CLI itself wrote, null where it wrote none. */
  ownWords(lines: readonly string[]): Soon<readonly (string | null)[]>;
}

export type RoundToRead = Omit<ReaderContext, "config">;

/** Reads one round; findings come in the order of the output. */
export interface OpenReader {
  /**
   * Blocks of the log whose lines are best handed over together: each time costs where the reader is elsewhere, and a line
   * keeps its whole block in memory.
   */
  readonly blocksAtOnce: number;
  lines(texts: readonly string[]): Soon<readonly Finding[]>;
  /** The output is over. */
  end(ending: Ending): Soon<readonly Finding[]>;
}

/** The word for the agent in events. */
export function agentOf(reader: Pick<OutputReader, "agents"> | null): string {
  return reader?.agents[0] ?? "unknown";
}

/** A plugin that is part of this program, null where it reads nothing. */
export function builtInReader(plugin: Plugin): OutputReader | null {
  const { name, agents = [], interest = [] } = plugin;
  if (plugin.reader === undefined) return null;
  return {
    name,
    agents,
    interest,
    open: (context) => {
      const reader = plugin.reader!({ ...context, config: {} });
      return {
        blocksAtOnce: 1,
        lines: (texts) => texts.flatMap((text) => reader.line(text)),
        end: (ending) => reader.end?.(ending) ?? [],
      };
    },
    ownWords: (lines) => lines.map((line) => plugin.ownWords === undefined ? line : plugin.ownWords(line)),
  };
}
