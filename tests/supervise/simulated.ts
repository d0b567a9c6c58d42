/**
 * A project on the simulated machine, and the real supervisor at work on it in virtual time.
 *
 * @module
 */
import type { Config } from "../../lib/core/config.ts";
import type { Kind, LoggedEvent } from "../../lib/core/events.ts";
import type { Plugin } from "../../lib/core/plugin.ts";
import { type Layout, layoutOf } from "../../lib/store/layout.ts";
import { serve, type ServeOptions } from "../../lib/supervise/serve.ts";
import { accepted } from "../core/config_samples.ts";
import type { Script } from "../sim/sim_agent.ts";
import { alone } from "../sim/fixtures.ts";
import { SimHost } from "../sim/sim_host.ts";

type Table = Readonly<Record<string, unknown>>;

export class Simulated {
  readonly sim: SimHost;
  readonly layout: Layout = layoutOf("/project/logs");
  readonly notes: string[] = [];
  readonly config: Config;

  /** @param runtime keys that differ from the defaults */
  constructor(runtime: Table = {}) {
    this.sim = new SimHost({ seed: 1 });
    this.config = configOf(runtime);
    this.sim.disk.makeDir("/project/.git");
    this.sim.disk.put("/usr/bin/claude", "", { executable: true });
    this.sim.disk.put("/usr/bin/git", "", { executable: true });
    this.sim.disk.put("/project/prompt.md", "Do the next piece of work.\n".repeat(40));
  }

  /** Every round's agent; the nth one of several, the last one again and again. */
  agents(...scripts: readonly [Script, ...Script[]]): void {
    this.sim.agent = (_, nth) => scripts[Math.min(nth, scripts.length - 1)]!;
  }

  /** Serves until a rule stops it. */
  async serve(options: Partial<ServeOptions> = {}): Promise<unknown> {
    return await this.sim.run((host) => serve(host, this.config, { ...this.options(), ...options }));
  }

  /** As a service starts it, with nobody who reads the agent's output. */
  options(): ServeOptions {
    return {
      once: false,
      maxRounds: null,
      unattended: true,
      ...alone(),
      voice: { note: (text) => this.notes.push(text), activity: () => {} },
      onAppend: () => {},
    };
  }

  /** The whole log. */
  events(): readonly LoggedEvent[] {
    const names = this.sim.files.list(this.layout.dir)?.map(({ name }) => name) ?? [];
    return names.filter((name) => name.startsWith("events-")).sort().flatMap((name) =>
      this.sim.disk.text(`${this.layout.dir}/${name}`)!.split("\n").slice(0, -1)
    ).map((line) => JSON.parse(line));
  }

  all<K extends Kind>(kind: K): readonly LoggedEvent<K>[] {
    return this.events().filter(({ event }) => event === kind) as unknown as LoggedEvent<K>[];
  }
}

/** The simulated project's configuration. */
export function configOf(runtime: Table = {}): Config {
  const raw = {
    agent: { command: ["claude"], prompt_arg_template: [], prompt_delivery: "stdin" },
    runtime: { work_dir: ".", log_dir: "logs", disk_min_free_mb: 0, ...runtime },
    prompt: { file: "prompt.md" },
    vcs: { dirty_action: "ignore" },
  };
  return accepted(raw, {
    configPath: "/project/agent-runner.toml",
    configDir: "/project",
    home: "/home/sim",
  }).config;
}

/** Reads agents that begin a tool call with a line `tool open` and end it with a line `tool close`. */
export const TOOLS = {
  apiVersion: 1,
  name: "tools",
  agents: ["tools"],
  interest: ["tool "],
  reader: () => ({
    line: (text: string) => [{ kind: "tool", open: text === "tool open" }],
    end: () => [],
  }),
  ownWords: () => null,
} satisfies Plugin;
