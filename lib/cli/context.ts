import type { ExitCode } from "../core/exit_code.ts";
import type { Plugin } from "../core/plugin.ts";
import type { Failure } from "../core/problem.ts";
import type { Host } from "../host.ts";

/** What the program was built with: lists, handed in by the composition root. */
export interface Parts {
  readonly plugins: readonly ShippedPlugin[];
  readonly presets: () => Promise<Presets>;
}

/** A plugin that is part of the program, loaded when it is needed. */
export interface ShippedPlugin {
  readonly name: string;
  readonly agents: readonly string[];
  load(): Promise<Plugin>;
}

export interface Presets {
  readonly PRESETS: readonly Preset[];
  readonly PROMPT_SCAFFOLD: string;
  readonly PLUGIN_SAMPLE: PluginSample;
}

/** What `plugin new` writes: a plugin called `sample`, its test, and the types that both import. */
export interface PluginSample {
  readonly plugin: string;
  readonly test: string;
  readonly contract: string;
}

export interface Preset {
  readonly name: string;
  /** One line for help. */
  readonly about: string;
  readonly text: string;
}

/** What every verb gets. */
export interface CliContext {
  readonly host: Host;
  readonly parts: Parts;
}

/** Flags that every verb but `fake-agent` has, before and after the verb. */
export interface GlobalFlags {
  readonly config?: string;
  readonly json: boolean;
}

/** How a verb ended: an exit code (any number for `fake-agent`), or why it could not do what was asked. */
export type VerbResult = ExitCode | Failure | { readonly kind: "exit"; readonly code: number };
