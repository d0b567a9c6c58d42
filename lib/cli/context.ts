import { EXIT, type ExitCode } from "../core/exit_code.ts";
import type { Plugin } from "../core/plugin.ts";
import type { Failure } from "../core/problem.ts";
import type { Host } from "../host.ts";
import { printFailure } from "./print_failure.ts";

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

/** What every verb gets as `this`. */
export interface CliContext {
  readonly host: Host;
  readonly parts: Parts;
  /** Flags that every verb has, as they were given. */
  readonly globals: Partial<GlobalFlags>;
  /** What Stricli needs of a process. */
  readonly process: {
    readonly stdout: { write(text: string): void };
    readonly stderr: { write(text: string): void };
    exitCode?: number | string | null;
  };
}

/** Flags that every verb but `fake-agent` has, before and after the verb. */
export interface GlobalFlags {
  readonly config?: string;
  readonly json: boolean;
}

/** How a verb ended: an exit code (any number for `fake-agent`), or why it could not do what was asked. */
export type VerbResult = ExitCode | Failure | { readonly kind: "exit"; readonly code: number };

export type Verb<Flags, Args extends readonly unknown[]> = (
  context: CliContext,
  flags: Flags,
  ...args: Args
) => VerbResult | Promise<VerbResult>;

/** Turns a verb into the function that Stricli calls: failures are printed here and nowhere else. */
export function command<Flags, Args extends readonly unknown[]>(verb: Verb<Flags, Args>) {
  return async function (this: CliContext, flags: Flags, ...args: Args): Promise<void> {
    const all = { ...flags, ...this.globals };
    const result = await verb(this, all, ...args);
    if (typeof result === "number") this.process.exitCode = result;
    else if (result.kind === "exit") this.process.exitCode = result.code;
    else {
      printFailure(this.host.terminal.err, result, (all as Partial<GlobalFlags>).json === true);
      this.process.exitCode = result.exitCode;
    }
  };
}

export const DONE: ExitCode = EXIT.done;
