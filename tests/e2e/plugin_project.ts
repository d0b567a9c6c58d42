/**
 * A project whose agent is a few lines of sh and whose plugins come from outside.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { LoggedEvent } from "../../lib/core/events.ts";
import { Project, type Run, type RunOptions } from "./project.ts";

/** Tables of `[[plugins.load]]`, and keys of the other tables. */
export interface PluginSetup {
  readonly plugins: readonly Readonly<Record<string, unknown>>[];
  readonly disable?: readonly string[];
  /** Text of `agent.sh`. */
  readonly agent?: string;
  readonly maxRounds?: number;
}

/** A round that does its work: a commit each. */
export const WORKS =
  `echo "round $AGENT_RUNNER_ROUND_NUM" >> work.txt; git add work.txt; git commit -qm work`;

/** A plugin for tests on the agent `agent.sh`. */
export function hostile(name: string): string {
  return new URL(`../agents/plugins/${name}.ts`, import.meta.url).pathname;
}

export async function pluginProject(setup: PluginSetup, files: Readonly<Record<string, string>> = {}) {
  const project = await Project.make((project) => configText(project, setup));
  await Deno.writeTextFile(`${project.dir}/agent.sh`, `#!/bin/sh\n${setup.agent ?? WORKS}\n`);
  await Deno.chmod(`${project.dir}/agent.sh`, 0o755);
  await Deno.mkdir(temporary(project));
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${project.dir}/${name}`, text);
  return project;
}

export function configText(project: Project, { plugins, disable = [], maxRounds }: PluginSetup): string {
  const runtime = { kill_grace_s: 1, ...(maxRounds === undefined ? {} : { max_rounds: maxRounds }) };
  const text = project.toml([`${project.dir}/agent.sh`], { runtime: { ...base(project), ...runtime } });
  const load = plugins.map((declaration) => `[[plugins.load]]\n${rows(declaration)}`);
  return [text, `[plugins]\ndisable = ${JSON.stringify(disable)}`, ...load].join("\n\n");
}

function base({ layout }: Project) {
  return { work_dir: ".", log_dir: layout.dir, restart_delay_s: 0 };
}

function rows(table: Readonly<Record<string, unknown>>): string {
  return Object.entries(table).map(([key, value]) =>
    typeof value === "object" && !Array.isArray(value)
      ? Object.entries(value ?? {}).map(([inner, one]) => `${key}.${inner} = ${JSON.stringify(one)}`).join(
        "\n",
      )
      : `${key} = ${JSON.stringify(value)}`
  ).join("\n");
}

/** Where the program makes its temporary folders. */
function temporary({ dir }: Project): string {
  return `${dir}/tmp`;
}

export function start(project: Project, args: readonly string[], options: RunOptions = {}): Run {
  return project.start(args, { ...options, env: { TMPDIR: temporary(project), ...options.env } });
}

/** Events of any kind, those of plugins too. */
export function eventsOf(project: Project, kind: string): readonly Readonly<Record<string, unknown>>[] {
  const events: readonly LoggedEvent[] = project.events();
  return (events as unknown as Record<string, unknown>[]).filter(({ event }) => event === kind);
}

/** Processes of plugins that live. */
export function pluginPids(project: Project): readonly number[] {
  return project.processes().filter(({ words }) => /no-npm|sleep 600/.test(words)).map(({ pid }) => pid);
}

/** Nothing of any plugin is there any more: no process, no temporary folder, no record. */
export function assertNothingLeft(project: Project): void {
  assert.deepEqual(pluginPids(project), []);
  const folders = [...Deno.readDirSync(temporary(project))].map(({ name }) => name);
  assert.deepEqual(folders.filter((name) => name.startsWith("agent-runner-plugin-")), []);
  // What a killed supervisor was about to write goes when it is an hour old.
  const names = [...Deno.readDirSync(`${project.layout.dir}/hooks`)].map(({ name }) => name);
  assert.deepEqual(names.filter((name) => !name.endsWith(".tmp")), []);
}

/** The single-file build of these sources, made in that folder. */
export async function singleFile(dir: string): Promise<string> {
  const script = new URL("../../deploy/build.ts", import.meta.url).pathname;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, `--output=${dir}/agent-runner`],
    cwd: new URL("../../", import.meta.url),
    stdout: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return `${dir}/agent-runner`;
}
