/**
 * The verbs of `agent-runner plugin`: a table as the program's own.
 *
 * @module
 */
import { buildCommand, buildRouteMap, run } from "@stricli/core";
import { applicationOf, globals } from "../application.ts";
import { type CliContext, command, type GlobalFlags } from "../context.ts";
import type { PluginAddFlags, PluginNewFlags, PluginTestFlags, PluginUpdateFlags } from "../flags.ts";

const source = {
  kind: "tuple",
  parameters: [{ parse: String, brief: "A file, an address, npm:NAME@VERSION.", placeholder: "source" }],
} as const;

const declared = {
  kind: "tuple",
  parameters: [{
    parse: String,
    brief: "As the configuration names it, or its name.",
    placeholder: "plugin",
  }],
} as const;

const yes = { kind: "boolean", default: false, withNegated: false, brief: "Do not ask." } as const;

const pluginNew = buildCommand<PluginNewFlags, [string], CliContext>({
  loader: async () => command((await import("./new_files.ts")).pluginNew),
  parameters: {
    flags: {
      force: { kind: "boolean", default: false, withNegated: false, brief: "Overwrite what is there." },
      ...globals,
    },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, brief: "Name of the plugin and of the program.", placeholder: "name" }],
    },
  },
  docs: {
    brief: "Write a working reader with its test into this folder.",
    fullDescription: "Writes NAME.ts, NAME_test.ts and agent_runner_plugin.ts, the types of both.",
  },
});

const pluginTest = buildCommand<PluginTestFlags, [string], CliContext>({
  loader: async () => command((await import("./try_out.ts")).pluginTest),
  parameters: {
    flags: {
      log: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Output of a round to read, line by line.",
        placeholder: "file",
      },
      trust: {
        kind: "enum",
        values: ["sandbox", "full"],
        optional: true,
        brief: "Where it runs. [default = as declared, else sandbox]",
      },
      ...globals,
    },
    positional: source,
  },
  docs: {
    brief: "Say what a plugin is, and what it finds in a log.",
    fullDescription:
      "Loads the plugin as serve would, with the permissions that the configuration declares for it, else with none. " +
      "No configuration is needed.",
  },
});

const pluginAdd = buildCommand<PluginAddFlags, [string], CliContext>({
  loader: async () => command((await import("./add.ts")).pluginAdd),
  parameters: {
    flags: {
      sha256: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "What its hash has to be.",
        placeholder: "hex",
      },
      trust: {
        kind: "enum",
        values: ["sandbox", "full"],
        default: "sandbox",
        brief: "Where it runs.",
      },
      yes,
      ...globals,
    },
    positional: source,
  },
  docs: {
    brief: "Declare a plugin in the configuration.",
    fullDescription:
      "Fetches it, shows what it is and what it asks for, and adds its [[plugins.load]]. Without a terminal it writes " +
      "only with --yes, and else prints the lines.",
  },
});

const pluginList = buildCommand<GlobalFlags, [], CliContext>({
  loader: async () => command((await import("./list.ts")).pluginList),
  parameters: { flags: globals },
  docs: { brief: "Show the declared plugins." },
});

const pluginVerify = buildCommand<GlobalFlags, [], CliContext>({
  loader: async () => command((await import("./verify.ts")).pluginVerify),
  parameters: { flags: globals },
  docs: { brief: "Load all as serve would; exit 78 on problems." },
});

const pluginUpdate = buildCommand<PluginUpdateFlags, [string], CliContext>({
  loader: async () => command((await import("./update.ts")).pluginUpdate),
  parameters: { flags: { yes, ...globals }, positional: declared },
  docs: { brief: "Fetch a plugin anew and declare its new hash." },
});

const pluginRemove = buildCommand<GlobalFlags, [string], CliContext>({
  loader: async () => command((await import("./remove.ts")).pluginRemove),
  parameters: { flags: globals, positional: declared },
  docs: { brief: "Take a plugin out of the configuration." },
});

const verbs = buildRouteMap({
  routes: {
    new: pluginNew,
    test: pluginTest,
    add: pluginAdd,
    list: pluginList,
    verify: pluginVerify,
    update: pluginUpdate,
    remove: pluginRemove,
  },
  docs: { brief: "Write, try out and declare plugins." },
});

export const pluginApplication = applicationOf("agent-runner plugin", verbs);

/** Runs one of them; without a verb it prints help. */
export async function runPlugin(this: CliContext, _flags: object, ...args: readonly string[]): Promise<void> {
  await run(pluginApplication, args.length === 0 ? ["--help"] : args, this);
}
