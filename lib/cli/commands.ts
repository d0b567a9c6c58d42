/**
 * The COMMANDS table: every verb with its flags. Help, did-you-mean and the reference page derive from it; a verb's
 * own module is read only when the verb runs. Its path is `as string` so that the runtime does not foresee it: what it
 * can foresee it looks for at each start, from source, which takes 9 ms for all verbs.
 *
 * @module
 */
import { type Group, verb, type Verbs, type WordKind } from "./command_line.ts";
import type { GlobalFlags } from "./context.ts";
import type {
  EventsFlags,
  InitFlags,
  PeekFlags,
  RoundFlags,
  ServeFlags,
  StopFlags,
  WorkAction,
} from "./flags.ts";
import { COUNT, oneOf, POSITIVE, TEXT } from "./word_kinds.ts";

const ROUND: WordKind<number | "latest"> = {
  expected: "the number of a round, or latest",
  read: (word) => word === "latest" ? word : COUNT.read(word),
  words: ["latest"],
};

/** All verbs by name. */
export const COMMANDS: Verbs = {
  init: verb<InitFlags>({
    brief: "Write agent-runner.toml and a prompt for this project.",
    flags: {
      preset: {
        kind: "value",
        text: "Agent to set up: claude, or rehearsal for a scripted one.",
        placeholder: "name",
        of: TEXT,
        usual: "claude",
      },
      force: { kind: "switch", text: "Overwrite what is there." },
      commit: { kind: "switch", text: "Commit the files that were written.", usual: true },
    },
    load: async () => (await import("./init.ts" as string) as typeof import("./init.ts")).init,
  }),
  serve: verb<ServeFlags>({
    brief: "Keep the agent working, round after round.",
    text:
      "Runs rounds until it is told to stop: by a signal, the stop file, the agent's .agent-done, a bound, or a " +
      "rule. The first SIGTERM or Ctrl-C lets the running round finish, the second ends it.",
    flags: {
      once: { kind: "switch", text: "Exactly one round." },
      maxRounds: {
        kind: "value",
        text: "Stop after so many rounds; wins over runtime.max_rounds.",
        placeholder: "n",
        of: POSITIVE,
      },
    },
    load: async () => (await import("./serve.ts" as string) as typeof import("./serve.ts")).serveVerb,
  }),
  stop: verb<StopFlags>({
    brief: "Stop the supervisor; a running round is finished first.",
    flags: {
      now: { kind: "switch", text: "End a running round too." },
      wait: { kind: "switch", text: "Wait for the round, however long." },
    },
    load: async () => (await import("./stop.ts" as string) as typeof import("./stop.ts")).stop,
  }),
  kill: verb<GlobalFlags>({
    brief: "End supervisor and round at once.",
    load: async () => (await import("./stop.ts" as string) as typeof import("./stop.ts")).kill,
  }),
  status: verb<GlobalFlags>({
    brief: "Say whether the supervisor runs.",
    load: async () => (await import("./stop.ts" as string) as typeof import("./stop.ts")).status,
  }),
  round: verb<RoundFlags>({
    brief: "Run one round now, whatever the log says about waiting.",
    flags: {
      phase: {
        kind: "value",
        text: "This phase, instead of the one whose turn it is.",
        placeholder: "name",
        of: TEXT,
      },
    },
    load: async () => (await import("./serve.ts" as string) as typeof import("./serve.ts")).roundVerb,
  }),
  peek: verb<PeekFlags>({
    brief: "Show what is going on; changes nothing.",
    flags: {
      select: {
        kind: "value",
        text: "Only this part, such as status.round_num.",
        placeholder: "path",
        of: TEXT,
      },
      round: { kind: "value", text: "Look at this round.", placeholder: "n|latest", of: ROUND },
      log: { kind: "switch", text: "With the end of the round's log." },
      events: { kind: "value", text: "With the last n events.", placeholder: "n", of: COUNT },
      window: {
        kind: "value",
        text: "How many for --select events.KIND.",
        placeholder: "n",
        of: POSITIVE,
        usual: 10,
      },
    },
    load: async () => (await import("./peek.ts" as string) as typeof import("./peek.ts")).peek,
  }),
  events: verb<EventsFlags>({
    brief: "Print events of the log as they are stored.",
    flags: {
      kind: {
        kind: "value",
        text: "Only these kinds, separated by commas.",
        placeholder: "kinds",
        of: TEXT,
      },
      window: { kind: "value", text: "The last n. [default: 10]", placeholder: "n", of: POSITIVE },
      tail: { kind: "switch", text: "Print new events as they come." },
      follow: { kind: "switch", text: "The same as --tail." },
    },
    load: async () => (await import("./events.ts" as string) as typeof import("./events.ts")).events,
  }),
  why: verb<GlobalFlags>({
    brief: "Say in one paragraph what it is doing, and why.",
    load: async () => (await import("./why.ts" as string) as typeof import("./why.ts")).why,
  }),
  work: verb<GlobalFlags, [WorkAction, string?]>({
    brief: "Look at what was stashed or committed after a round, and bring it back.",
    text:
      "list names everything that is kept; show N prints the changes of round N; restore N applies them to a clean " +
      "work tree. What is kept stays kept.",
    args: [
      { text: "list, show or restore.", placeholder: "action", of: oneOf("list", "show", "restore") },
      { text: "A round, or a name of the list.", placeholder: "round", of: TEXT, count: "optional" },
    ],
    load: async () => (await import("./work.ts" as string) as typeof import("./work.ts")).work,
  }),
  plugin: {
    brief: "Write, try out and declare plugins.",
    verbs: async () =>
      (await import("./plugin/commands.ts" as string) as typeof import("./plugin/commands.ts"))
        .PLUGIN_COMMANDS,
  },
  selftest: verb<GlobalFlags>({
    brief: "Try out whether the promises hold on this machine.",
    text:
      "Plays the story in a temporary folder within 20 s: ending a round, taking one over, a limit, a stop, the disk. " +
      "Exit 1 when something weakens a promise here. TMPDIR decides whose file system is tried.",
    load: async () => (await import("./selftest.ts" as string) as typeof import("./selftest.ts")).selftest,
  }),
  "fake-agent": verb<Record<never, never>, string[]>({
    isBare: true,
    brief: "Play a scripted agent, to rehearse a set-up.",
    text:
      "Speaks Claude Code's stream-json; each scenario has one bad habit. SCENARIO=N sets its seconds (or its " +
      "megabytes).\n\nScenarios: good, limit-5h, limit-weekly, overloaded, api-timeout, auth, no-work, crash, hang, " +
      "ignores-term, lingers-after-result, flood, half-line, leaves-child, dirty-tree, done.",
    args: [{
      text: "What to play; round n plays the n-th.",
      placeholder: "scenario",
      of: TEXT,
      count: "many",
    }],
    load: async () =>
      (await import("./fake_agent_verb.ts" as string) as typeof import("./fake_agent_verb.ts")).fakeAgent,
  }),
};

/** The program itself: its verbs behind its name. */
export const PROGRAM: Group = {
  brief: "Keeps an AI coding agent's CLI working unattended for days.",
  verbs: () => Promise.resolve(COMMANDS),
};
