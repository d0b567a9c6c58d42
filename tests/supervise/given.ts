import type { Config } from "../../lib/core/config.ts";
import type { LoggedEvent } from "../../lib/core/events.ts";
import { serve } from "../../lib/supervise/serve.ts";
import { runSingleRound } from "../../lib/supervise/single_round.ts";
import { accepted } from "../core/config_samples.ts";
import { alone, simHost } from "../sim/fixtures.ts";
import type { SimHost } from "../sim/sim_host.ts";

/** Long enough for the start-up checks. */
export const PROMPT = "Do the next piece of work on the list. ".repeat(20);

/** A table, or several of one name. */
type Tables = Readonly<Record<string, Readonly<Record<string, unknown>> | readonly object[]>>;

/** A project on the simulated host, with a prompt and an agent that is there. */
export class SimProject {
  readonly sim: SimHost;
  readonly config: Config;
  /** What the supervisor said beside its events. */
  readonly notes: string[] = [];

  /** @param tables of the configuration, key by key over those that a project needs */
  constructor(tables: Tables = {}, seed = 1) {
    this.sim = simHost(seed);
    this.sim.disk.makeDir("/usr/bin");
    this.sim.disk.put("/usr/bin/agent", "", { executable: true });
    this.sim.disk.put("/usr/bin/git", "", { executable: true });
    this.sim.disk.makeDir("/project/.git");
    this.sim.disk.put("/project/prompt.md", PROMPT);
    this.sim.agent = () => ({ exit: { afterMs: 90_000, code: 0 } });
    const base: Tables = {
      agent: { command: ["agent"], prompt_arg_template: [], prompt_delivery: "stdin" },
      runtime: { work_dir: ".", log_dir: "logs" },
      prompt: { file: "prompt.md" },
    };
    const names = [...new Set([...Object.keys(base), ...Object.keys(tables)])];
    const raw = Object.fromEntries(
      names.map((name) => [
        name,
        Array.isArray(tables[name]) ? tables[name] : { ...base[name], ...tables[name] },
      ]),
    );
    this.config = accepted(raw, {
      configPath: "/project/agent-runner.toml",
      configDir: "/project",
      home: "/home/sim",
    }).config;
  }

  async serve(maxRounds: number | null = null) {
    const options = { ...this.#options(), once: false, maxRounds };
    return await this.sim.run((host) => serve(host, this.config, options));
  }

  async round(phase: string | null = null) {
    const options = { ...this.#options(), once: true, maxRounds: null };
    return await this.sim.run((host) => runSingleRound(host, this.config, options, phase));
  }

  get events(): readonly LoggedEvent[] {
    return this.lines("events-2026-11.jsonl") as unknown as LoggedEvent[];
  }

  of<K extends LoggedEvent["event"]>(kind: K): readonly LoggedEvent<K>[] {
    return this.events.filter(({ event }) => event === kind) as unknown as LoggedEvent<K>[];
  }

  lines(name: string): readonly Record<string, unknown>[] {
    const text = this.sim.disk.text(`/project/logs/${name}`) ?? "";
    return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  json(name: string): Record<string, unknown> {
    return JSON.parse(this.sim.disk.text(`/project/logs/${name}`) ?? "{}");
  }

  /** Of each agent in turn. */
  env(name: string): readonly (string | undefined)[] {
    return this.sim.launches.map(({ spec }) => spec.env[name]);
  }

  #options() {
    return {
      ...alone(),
      unattended: true,
      voice: { note: (text: string) => void this.notes.push(text), activity: () => {} },
      onAppend: () => {},
    };
  }
}
