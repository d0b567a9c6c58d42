/**
 * The verbs of `agent-runner plugin`: a table as the program's own.
 *
 * @module
 */
import { type Argument, type Switch, verb, type Verbs } from "../command_line.ts";
import type { GlobalFlags } from "../context.ts";
import type { PluginAddFlags, PluginNewFlags, PluginTestFlags, PluginUpdateFlags } from "../flags.ts";
import { oneOf, TEXT } from "../word_kinds.ts";

const SOURCE: Argument<string> = {
  text: "A file, an address, npm:NAME@VERSION.",
  placeholder: "source",
  of: TEXT,
};

const DECLARED: Argument<string> = {
  text: "As the configuration names it, or its name.",
  placeholder: "plugin",
  of: TEXT,
};

const YES: Switch = { kind: "switch", text: "Do not ask." };

const TRUST = oneOf("sandbox", "full");

export const PLUGIN_COMMANDS: Verbs = {
  new: verb<PluginNewFlags, [string]>({
    brief: "Write a working reader with its test into this folder.",
    text: "Writes NAME.ts, NAME_test.ts and agent_runner_plugin.ts, the types of both.",
    args: [{ text: "Name of the plugin and of the program.", placeholder: "name", of: TEXT }],
    flags: { force: { kind: "switch", text: "Overwrite what is there." } },
    load: async () => (await import("./new_files.ts")).pluginNew,
  }),
  test: verb<PluginTestFlags, [string]>({
    brief: "Say what a plugin is, and what it finds in a log.",
    text:
      "Loads the plugin as serve would, with the permissions that the configuration declares for it, else with none. " +
      "No configuration is needed.",
    args: [SOURCE],
    flags: {
      log: {
        kind: "value",
        text: "Output of a round to read, line by line.",
        placeholder: "file",
        of: TEXT,
      },
      trust: {
        kind: "value",
        text: "Where it runs. [default: as declared, else sandbox]",
        placeholder: "sandbox|full",
        of: TRUST,
      },
    },
    load: async () => (await import("./try_out.ts")).pluginTest,
  }),
  add: verb<PluginAddFlags, [string]>({
    brief: "Declare a plugin in the configuration.",
    text:
      "Fetches it, shows what it is and what it asks for, and adds its [[plugins.load]]. Without a terminal it writes " +
      "only with --yes, and else prints the lines.",
    args: [SOURCE],
    flags: {
      sha256: { kind: "value", text: "What its hash has to be.", placeholder: "hex", of: TEXT },
      trust: {
        kind: "value",
        text: "Where it runs.",
        placeholder: "sandbox|full",
        of: TRUST,
        usual: "sandbox",
      },
      yes: YES,
    },
    load: async () => (await import("./add.ts")).pluginAdd,
  }),
  list: verb<GlobalFlags>({
    brief: "Show the declared plugins.",
    load: async () => (await import("./list.ts")).pluginList,
  }),
  verify: verb<GlobalFlags>({
    brief: "Load all as serve would; exit 78 on problems.",
    load: async () => (await import("./verify.ts")).pluginVerify,
  }),
  update: verb<PluginUpdateFlags, [string]>({
    brief: "Fetch a plugin anew and declare its new hash.",
    args: [DECLARED],
    flags: { yes: YES },
    load: async () => (await import("./update.ts")).pluginUpdate,
  }),
  remove: verb<GlobalFlags, [string]>({
    brief: "Take a plugin out of the configuration.",
    args: [DECLARED],
    load: async () => (await import("./remove.ts")).pluginRemove,
  }),
};
