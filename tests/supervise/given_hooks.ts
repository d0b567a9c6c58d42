/**
 * A simulated project with programs of `[[hooks]]`.
 *
 * @module
 */
import type { LoggedEvent } from "../../lib/core/events.ts";
import type { LaunchSpec } from "../../lib/host.ts";
import type { Script } from "../sim/sim_agent.ts";
import { SimProject } from "./given.ts";

/** How long each agent works. */
export const ROUND_MS = 90_000;

/** Ends well, at once. */
export const DONE: Script = { exit: { afterMs: 100, code: 0 } };

/** What a program got when it was started. */
export interface Started {
  readonly name: string;
  readonly spec: LaunchSpec;
  readonly input: Readonly<Record<string, unknown>>;
  readonly inputText: string;
}

/** A simulated project with these programs; `acts` says what each of them does, by its base name. */
export function givenHooks(
  hooks: readonly object[],
  acts: Readonly<Record<string, (project: SimProject, started: Started) => Script>> = {},
  tables: ConstructorParameters<typeof SimProject>[0] = {},
) {
  const project = new SimProject({ ...tables, hooks });
  for (const { run: [program = ""] } of project.config.hooks) {
    const path = program.includes("/") ? program.replace(/^\.\//, "/project/") : `/usr/bin/${program}`;
    project.sim.disk.makeDir(path.slice(0, path.lastIndexOf("/")));
    project.sim.disk.put(path, "", { executable: true });
  }
  const started: Started[] = [];
  const prompts: string[] = [];
  project.sim.agent = (spec) => {
    if (!spec.id.startsWith("hook-")) {
      prompts.push(project.sim.disk.text("/project/logs/round-prompt.txt") ?? "");
      return { exit: { afterMs: ROUND_MS, code: 0 } };
    }
    const inputText = project.sim.disk.text(spec.stdinPath) ?? "";
    const name = spec.argv[0]!.slice(spec.argv[0]!.lastIndexOf("/") + 1);
    const one = { name, spec, input: JSON.parse(inputText), inputText };
    started.push(one);
    return acts[name]?.(project, one) ?? DONE;
  };
  return { project, started, prompts };
}

/** Kinds of the log, with the names of the hooks. */
export function story(project: SimProject, ...kinds: readonly LoggedEvent["event"][]): readonly string[] {
  return project.events.filter(({ event }) => kinds.includes(event)).map((event) =>
    "hook_name" in event ? `${event.event} ${event.hook_name}` : event.event
  );
}
