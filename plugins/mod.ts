import type { Plugin } from "../lib/core/plugin.ts";

/** A plugin that is part of the program; its module is read when its agent is the one to watch. */
export interface ShippedPlugin {
  /** As in the plugin itself. */
  readonly name: string;
  readonly agents: readonly string[];
  load(): Promise<Plugin>;
}

/** One for each agent CLI. */
export const PLUGINS: readonly ShippedPlugin[] = [
  {
    name: "claude_error_detector",
    agents: ["claude"],
    load: async () => (await import("./claude.ts" as string) as typeof import("./claude.ts")).claude,
  },
];
