/**
 * The COMMANDS table: every verb with its flags. Help, did-you-mean and the reference page derive from it; a verb's
 * own module is read only when the verb runs.
 *
 * @module
 */
import { buildCommand, buildRouteMap } from "@stricli/core";
import { applicationOf, globals } from "./application.ts";
import { type CliContext, command, type GlobalFlags } from "./context.ts";
import {
  type EventsFlags,
  type InitFlags,
  type PeekFlags,
  type RoundFlags,
  type ServeFlags,
  type StopFlags,
  WORK_ACTIONS,
  type WorkAction,
} from "./flags.ts";

const init = buildCommand<InitFlags, [], CliContext>({
  loader: async () => command((await later<typeof import("./init.ts")>("./init.ts")).init),
  parameters: {
    flags: {
      preset: {
        kind: "parsed",
        parse: String,
        default: "claude",
        brief: "Agent to set up: claude, or rehearsal for a scripted one.",
        placeholder: "name",
      },
      force: { kind: "boolean", default: false, withNegated: false, brief: "Overwrite what is there." },
      commit: { kind: "boolean", default: true, brief: "Commit the files that were written." },
      ...globals,
    },
  },
  docs: { brief: "Write agent-runner.toml and a prompt for this project." },
});

const serve = buildCommand<ServeFlags, [], CliContext>({
  loader: async () => command((await later<typeof import("./serve.ts")>("./serve.ts")).serveVerb),
  parameters: {
    flags: {
      once: { kind: "boolean", default: false, withNegated: false, brief: "Exactly one round." },
      maxRounds: {
        kind: "parsed",
        parse: positive,
        optional: true,
        brief: "Stop after so many rounds; wins over runtime.max_rounds.",
        placeholder: "n",
      },
      ...globals,
    },
  },
  docs: {
    brief: "Keep the agent working, round after round.",
    fullDescription:
      "Runs rounds until it is told to stop: by a signal, the stop file, the agent's .agent-done, a " +
      "bound, or a rule. The first SIGTERM or Ctrl-C lets the running round finish, the second ends it.",
  },
});

const round = buildCommand<RoundFlags, [], CliContext>({
  loader: async () => command((await later<typeof import("./serve.ts")>("./serve.ts")).roundVerb),
  parameters: {
    flags: {
      phase: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "This phase, instead of the one whose turn it is.",
        placeholder: "name",
      },
      ...globals,
    },
  },
  docs: { brief: "Run one round now, whatever the log says about waiting." },
});

const peek = buildCommand<PeekFlags, [], CliContext>({
  loader: async () => command((await later<typeof import("./peek.ts")>("./peek.ts")).peek),
  parameters: {
    flags: {
      select: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Only this part, such as status.round_num.",
        placeholder: "path",
      },
      round: {
        kind: "parsed",
        parse: roundOrLatest,
        optional: true,
        brief: "Look at this round.",
        placeholder: "n|latest",
      },
      log: { kind: "boolean", default: false, withNegated: false, brief: "With the end of the round's log." },
      events: {
        kind: "parsed",
        parse: count,
        optional: true,
        brief: "With the last n events.",
        placeholder: "n",
      },
      window: {
        kind: "parsed",
        parse: positive,
        default: "10",
        brief: "How many for --select events.KIND.",
        placeholder: "n",
      },
      ...globals,
    },
  },
  docs: { brief: "Show what is going on; changes nothing." },
});

const events = buildCommand<EventsFlags, [], CliContext>({
  loader: async () => command((await later<typeof import("./events.ts")>("./events.ts")).events),
  parameters: {
    flags: {
      kind: {
        kind: "parsed",
        parse: String,
        optional: true,
        brief: "Only these kinds, separated by commas.",
        placeholder: "kinds",
      },
      window: {
        kind: "parsed",
        parse: positive,
        optional: true,
        brief: "The last n. [default = 10]",
        placeholder: "n",
      },
      tail: { kind: "boolean", default: false, withNegated: false, brief: "Print new events as they come." },
      follow: { kind: "boolean", default: false, withNegated: false, brief: "The same as --tail." },
      ...globals,
    },
  },
  docs: { brief: "Print events of the log as they are stored." },
});

const why = buildCommand<GlobalFlags, [], CliContext>({
  loader: async () => command((await later<typeof import("./why.ts")>("./why.ts")).why),
  parameters: { flags: globals },
  docs: { brief: "Say in one paragraph what it is doing, and why." },
});

const stop = buildCommand<StopFlags, [], CliContext>({
  loader: async () => command((await later<typeof import("./stop.ts")>("./stop.ts")).stop),
  parameters: {
    flags: {
      now: { kind: "boolean", default: false, withNegated: false, brief: "End a running round too." },
      wait: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Wait for the round, however long.",
      },
      ...globals,
    },
  },
  docs: { brief: "Stop the supervisor; a running round is finished first." },
});

const kill = buildCommand<GlobalFlags, [], CliContext>({
  loader: async () => command((await later<typeof import("./stop.ts")>("./stop.ts")).kill),
  parameters: { flags: globals },
  docs: { brief: "End supervisor and round at once." },
});

const status = buildCommand<GlobalFlags, [], CliContext>({
  loader: async () => command((await later<typeof import("./stop.ts")>("./stop.ts")).status),
  parameters: { flags: globals },
  docs: { brief: "Say whether the supervisor runs." },
});

const work = buildCommand<GlobalFlags, [WorkAction, string?], CliContext>({
  loader: async () => command((await later<typeof import("./work.ts")>("./work.ts")).work),
  parameters: {
    flags: globals,
    positional: {
      kind: "tuple",
      parameters: [
        { parse: workAction, brief: WORK_ACTIONS.join(", "), placeholder: "action" },
        {
          parse: String,
          optional: true,
          brief: "A round, or a name of the list.",
          placeholder: "round",
        },
      ],
    },
  },
  docs: {
    brief: "Look at what was stashed or committed after a round, and bring it back.",
    fullDescription:
      "list names everything that is kept; show N prints the changes of round N; restore N applies them to a clean " +
      "work tree. What is kept stays kept.",
  },
});

/** It has verbs of its own, which are read only when it is called. */
const plugin = buildCommand<Record<never, never>, string[], CliContext>({
  loader: async () => (await later<typeof import("./plugin/commands.ts")>("./plugin/commands.ts")).runPlugin,
  parameters: {
    flags: {},
    positional: {
      kind: "array",
      parameter: { parse: String, brief: "What to do, and with what.", placeholder: "action" },
    },
  },
  docs: { brief: "Write, try out and declare plugins." },
});

const selftest = buildCommand<GlobalFlags, [], CliContext>({
  loader: async () => command((await later<typeof import("./selftest.ts")>("./selftest.ts")).selftest),
  parameters: { flags: globals },
  docs: {
    brief: "Try out whether the promises hold on this machine.",
    fullDescription:
      "Plays the story in a temporary folder within 20 s: ending a round, taking one over, a limit, a stop, the disk. " +
      "Exit 1 when something weakens a promise here. TMPDIR decides whose file system is tried.",
  },
});

const fakeAgent = buildCommand<Record<never, never>, string[], CliContext>({
  loader: async () =>
    command((await later<typeof import("./fake_agent_verb.ts")>("./fake_agent_verb.ts")).fakeAgent),
  parameters: {
    flags: {},
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { parse: String, brief: "What to play; round n plays the n-th.", placeholder: "scenario" },
    },
  },
  docs: {
    brief: "Play a scripted agent, to rehearse a set-up.",
    fullDescription:
      "Speaks Claude Code's stream-json; each scenario has one bad habit. SCENARIO=N sets its seconds (or " +
      "its megabytes).\n\nScenarios: good, limit-5h, limit-weekly, overloaded, api-timeout, auth, no-work, crash, hang, " +
      "ignores-term, lingers-after-result, flood, half-line, leaves-child, dirty-tree, done.",
  },
});

/** All verbs by name. */
export const COMMANDS = {
  init,
  serve,
  stop,
  kill,
  status,
  round,
  peek,
  events,
  why,
  work,
  plugin,
  selftest,
  "fake-agent": fakeAgent,
} as const;

/** Verbs of which everything behind them is a command line of its own. */
export const NESTED: readonly string[] = ["plugin"];

export const application = applicationOf(
  "agent-runner",
  buildRouteMap({
    routes: COMMANDS,
    docs: { brief: "Keeps an AI coding agent's CLI working unattended for days." },
  }),
);

/**
 * Reads a module when it is needed. What the runtime can foresee it looks for at each start, from source, which takes
 * 9 ms for all verbs; a path that is no literal it cannot. The build puts plain imports in place of the calls.
 *
 * @param path the same as in the type, relative to this file
 */
function later<Module>(path: string): Promise<Module> {
  return import(path);
}

function count(text: string): number {
  const number = Number(text);
  if (!/^\d{1,9}$/.test(text)) throw new SyntaxError(`Expected a whole number from 0 on, got "${text}"`);
  return number;
}

function positive(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) {
    throw new SyntaxError(`Expected a whole number from 1 on (must be positive), got "${text}"`);
  }
  return Number(text);
}

function workAction(text: string): WorkAction {
  const found = WORK_ACTIONS.find((action) => action === text);
  if (found === undefined) throw new SyntaxError(`Expected ${WORK_ACTIONS.join(", ")}, got "${text}"`);
  return found;
}

function roundOrLatest(text: string): number | "latest" {
  return text === "latest" ? "latest" : count(text);
}
