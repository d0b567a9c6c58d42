import type { Config } from "../core/config.ts";
import { softerThrottle } from "../core/config_check.ts";
import type { Json } from "../core/plugin.ts";
import type { LoadedPlugin } from "../extend/loaded_plugin.ts";
import type { Host } from "../host.ts";
import { surroundingUnit } from "../service/surrounding_unit.ts";
import { serve } from "../supervise/serve.ts";
import { runSingleRound } from "../supervise/single_round.ts";
import { isInWorkTree } from "../supervise/work_tree.ts";
import type { RoundFlags, ServeFlags } from "./flags.ts";
import type { CliContext, GlobalFlags, Parts, VerbResult } from "./context.ts";
import { ConfigFile } from "./config_file.ts";
import type { Extensions } from "./extensions.ts";
import type { LoadedConfig } from "./load_config.ts";
import { readerText } from "./reader_text.ts";
import { serveVoice } from "./serve_voice.ts";

/** `serve`: the loop. */
export async function serveVerb(context: CliContext, flags: ServeFlags): Promise<VerbResult> {
  return await supervise(context, flags, (options) => ({
    ...options,
    once: flags.once,
    maxRounds: flags.maxRounds ?? null,
  }), serve);
}

/** `round`: one round, whatever the log says about waiting. */
export async function roundVerb(context: CliContext, flags: RoundFlags): Promise<VerbResult> {
  return await supervise(
    context,
    flags,
    (options) => ({ ...options, once: true, maxRounds: null }),
    (host, config, options) => runSingleRound(host, config, options, flags.phase ?? null),
  );
}

type Options = Parameters<typeof serve>[2];

async function supervise(
  { host, parts }: CliContext,
  flags: GlobalFlags,
  complete: (options: Omit<Options, "once" | "maxRounds">) => Options,
  start: typeof serve,
): Promise<VerbResult> {
  const file = new ConfigFile(host, parts, flags.config);
  const loaded = await file.load();
  if (loaded.kind === "failure") return loaded;
  const { config, extensions } = loaded;
  const { voice, onAppend, close } = serveVoice(host, flags.json);
  const unit = await surroundingUnit(host);
  greet(host, loaded, extensions, (text) => voice.note(text));
  if (unit?.killsAll === true) {
    voice.note(
      `warning: ${unit.name} ends all its processes when it stops or restarts (KillMode): a running round is ` +
        "interrupted then, and cannot be taken over; KillMode=process lets it go on",
    );
  }
  const { stdinIsTerminal, err } = host.terminal;
  const options = complete({
    reader: extensions.reader,
    plugins: extensions.set,
    stateView: () => stateView(host, config, parts),
    unattended: !stdinIsTerminal && !err.isTerminal,
    voice,
    unit,
    onAppend,
    readAgain: (current, always) => file.readAgain(current, always),
  });
  try {
    return await start(host, config, options);
  } finally {
    close();
  }
}

/** What a person should know at the start: who watches, what is not carried out, what looks wrong. */
function greet(
  host: Host,
  { config, notes, later }: LoadedConfig,
  { choice, set }: Extensions,
  say: (text: string) => void,
): void {
  say(readerText(choice));
  for (const plugin of set.plugins) say(pluginText(plugin));
  for (const note of notes) say(`warning: ${note}`);
  if (later.length > 0) say(`warning: not yet carried out by this version: ${later.join(", ")}`);
  const softer = softerThrottle(config);
  if (softer.length > 0 && !rehearses(config)) {
    say(`warning: shorter than a real service allows: ${softer.join(", ")}; meant for rehearsal`);
  }
  if (config.vcs.dirty_action === "ignore" && !isInWorkTree(host, config.runtime.work_dir)) {
    say(
      `warning: ${config.runtime.work_dir} is in no git work tree: what a round changed there cannot be seen`,
    );
  }
}

/** What `peek --json` would say. */
async function stateView(host: Host, config: Config, parts: Parts): Promise<Json> {
  const { observe } = await import(
    "../observe/observed.ts" as string
  ) as typeof import("../observe/observed.ts");
  const { snapshot } = await import(
    "../observe/snapshot.ts" as string
  ) as typeof import("../observe/snapshot.ts");
  const options = { round: null, withLog: false, events: 0 };
  return snapshot(host, config, parts.plugins, observe(host, config), options) as unknown as Json;
}

function pluginText({ name, recipe: { declaration, sha256 } }: LoadedPlugin): string {
  const hash = sha256 === null ? "" : `, sha256 ${sha256.slice(0, 12)}…`;
  return `plugin ${name}: ${declaration.source} (${declaration.trust}${hash})`;
}

function rehearses({ agent }: Config): boolean {
  return agent.command.includes("fake-agent");
}
