import type { LoadedPlugin, Surroundings } from "./loaded_plugin.ts";

/** The plugins from outside, in their declared order. */
export interface PluginSet {
  readonly plugins: readonly LoadedPlugin[];
  /** Who hears of them; set by whoever writes the log. */
  around: Surroundings;
}

/** Nobody writes a log: what a plugin says is lost, and nothing of it is kept. */
export const NOBODY_AROUND: Surroundings = {
  isOff: () => false,
  failed: () => {},
  emit: () => {},
  ask: () => Promise.reject(new Error("there is no work tree to deal with")),
  started: () => {},
  ended: () => {},
};

/** No plugin at all; nothing of the plugin host is loaded for it. */
export function noPlugins(): PluginSet {
  return { plugins: [], around: NOBODY_AROUND };
}
