/**
 * What `init` can write: one configuration per agent CLI, and the scaffold of a prompt. And what `plugin new` writes.
 *
 * @module
 */
import claude from "./claude.toml" with { type: "text" };
import contract from "../lib/core/plugin.ts" with { type: "text" };
import scaffold from "./main.md" with { type: "text" };
import samplePlugin from "./plugin/sample.ts" with { type: "text" };
import samplePluginTest from "./plugin/sample_test.ts.txt" with { type: "text" };
import rehearsal from "./rehearsal.toml" with { type: "text" };

export interface Preset {
  readonly name: string;
  /** One line for a list of presets. */
  readonly about: string;
  /**
   * The TOML with its placeholders: `{project}` stands for the project's name, `{program}` for the words that start
   * this program, each quoted for TOML and separated by commas.
   */
  readonly text: string;
}

export const PRESETS: readonly Preset[] = [
  { name: "claude", about: "Claude Code", text: claude },
  {
    name: "rehearsal",
    about: "a stand-in agent that plays limits and failures, without any cost",
    text: rehearsal,
  },
];

/** `prompts/main.md` as `init` writes it; longer than the 500 bytes that the start-up check demands of a prompt. */
export const PROMPT_SCAFFOLD: string = scaffold;

/** A plugin called `sample` that imports its types from `contract`, its test, and the contract, which stands alone. */
export const PLUGIN_SAMPLE = {
  plugin: samplePlugin.replace("../../lib/core/plugin.ts", "./agent_runner_plugin.ts"),
  test: samplePluginTest,
  contract,
} as const;
