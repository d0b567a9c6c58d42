/**
 * What the scripted agent can play: one good round, and one bad habit of real agents each.
 *
 * @module
 */

/** One way in which an agent's round goes; names, texts and presets are also what help and docs print. */
export interface Scenario {
  /** One sentence. */
  readonly text: string;
  /** What `=NUMBER` behind the name stands for. */
  readonly amount: Amount;
  /** Played in order; after the last one the agent ends with 0. */
  readonly steps: readonly Step[];
}

export interface Amount {
  /** `s`: seconds; `MB`: 10^6 bytes. */
  readonly unit: "s" | "MB";
  /** Completes "the number says …". */
  readonly meaning: string;
  /** Taken where the word has no number; `Infinity`: until it is killed. */
  readonly preset: number;
}

/** What the agent does next. "The number" is the one behind the scenario's name. */
export type Step =
  /** Claude Code's first record. */
  | { readonly kind: "init" }
  /** The model says something. */
  | { readonly kind: "say"; readonly text: string }
  /** Works for as many seconds as the number says, not without a sign of life now and then. */
  | { readonly kind: "work" }
  /** Adds a line to a file of the work folder; `commits`: and commits it, where there is a repository. */
  | { readonly kind: "edit"; readonly file: string; readonly commits: boolean }
  /** Starts a process in the agent's own group that sleeps for as many seconds as the number says, and names its pid. */
  | { readonly kind: "leave_child" }
  /** Writes as many megabytes as the number says, as fast as it can. */
  | { readonly kind: "flood" }
  /** The server refuses requests for as many seconds as the number says. */
  | { readonly kind: "refuse"; readonly window: "five_hour" | "seven_day" }
  /** A model request failed for good; ends with 1. */
  | { readonly kind: "fail"; readonly error: ApiError }
  /** Its own bug: words on standard error; ends with 1. */
  | { readonly kind: "crash"; readonly words: string }
  /** The closing record of a good round; `torn`: only its first half, and no line end. */
  | { readonly kind: "result"; readonly torn: boolean }
  /** Says in the log directory that nothing is left to do. */
  | { readonly kind: "declare_done"; readonly reason: string }
  /** What SIGTERM does from here on: `ends` the wait of `stay` and the agent with 143, or nothing at all. */
  | { readonly kind: "on_term"; readonly answer: "ends" | "ignores" }
  /** Lives on in silence for as many seconds as the number says. */
  | { readonly kind: "stay" };

/** A failed model request in Claude Code's words. */
export interface ApiError {
  /** HTTP status. */
  readonly status: number;
  /** Its word in the message that stands in for the model's answer. */
  readonly word: string;
  /** The server's type of error. */
  readonly type: string;
  readonly text: string;
}

const INIT: Step = { kind: "init" };
const WORK: Step = { kind: "work" };
const STAY: Step = { kind: "stay" };
const RESULT: Step = { kind: "result", torn: false };
const COMMITTED_EDIT: Step = { kind: "edit", file: "fake-agent-work.txt", commits: true };
const LIMIT: ApiError = {
  status: 429,
  word: "rate_limit",
  type: "rate_limit_error",
  text: "You've hit your limit",
};

/** By the name on the command line. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  good: {
    text: "Does its work: changes a file, commits it and closes with a good result.",
    amount: working(2),
    steps: [INIT, say("I will do the next piece of work."), WORK, COMMITTED_EDIT, RESULT],
  },
  "limit-5h": {
    text: "The account's five-hour limit is used up, and the server says until when.",
    amount: seconds("how far ahead the reset lies", 6),
    steps: [INIT, { kind: "refuse", window: "five_hour" }, { kind: "fail", error: LIMIT }],
  },
  "limit-weekly": {
    text: "The account's weekly limit is used up, and the server says until when.",
    amount: seconds("how far ahead the reset lies", 3 * 86_400),
    steps: [INIT, { kind: "refuse", window: "seven_day" }, { kind: "fail", error: LIMIT }],
  },
  overloaded: {
    text: "The server is overloaded (529) and does not say for how long.",
    amount: working(0),
    steps: [INIT, WORK, fail(529, "server_error", "overloaded_error", "API Error: 529 Overloaded")],
  },
  "api-timeout": {
    text: "The server does not answer in time (408).",
    amount: working(0),
    steps: [INIT, WORK, fail(408, "server_error", "timeout_error", "Request timed out")],
  },
  auth: {
    text: "The login is refused (401), which no waiting mends.",
    amount: working(0),
    steps: [INIT, WORK, fail(401, "authentication_failed", "authentication_error", "Invalid API key")],
  },
  "no-work": {
    text: "Ends well without a word and without having done anything.",
    amount: working(0),
    steps: [WORK],
  },
  crash: {
    text: "Falls over its own bug: a stack trace on standard error and exit code 1.",
    amount: working(0),
    steps: [WORK, {
      kind: "crash",
      words: "TypeError: Cannot read properties of undefined (reading 'content')\n" +
        "    at nextTurn (fake-agent.js:212:31)\n    at main (fake-agent.js:40:5)\n",
    }],
  },
  hang: {
    text: "Starts and then says nothing more until it is told to end, which it does politely.",
    amount: staying(),
    steps: [{ kind: "on_term", answer: "ends" }, INIT, STAY],
  },
  "ignores-term": {
    text: "Starts, then says nothing more and ignores SIGTERM.",
    amount: staying(),
    steps: [{ kind: "on_term", answer: "ignores" }, INIT, STAY],
  },
  "lingers-after-result": {
    text: "Closes with a good result and does not end.",
    amount: staying(),
    steps: [INIT, say("That was all."), RESULT, STAY],
  },
  flood: {
    text: "Writes tool output as fast as it can, then closes with a good result.",
    amount: { unit: "MB", meaning: "how much it writes", preset: 50 },
    steps: [INIT, { kind: "flood" }, RESULT],
  },
  "half-line": {
    text: "Ends well in the middle of its closing record.",
    amount: working(0),
    steps: [INIT, WORK, say("That was all."), { kind: "result", torn: true }],
  },
  "leaves-child": {
    text: "Ends well and leaves a process running.",
    amount: seconds("how long that process lives", 600),
    steps: [INIT, { kind: "leave_child" }, RESULT],
  },
  "dirty-tree": {
    text: "Ends well and leaves a file uncommitted.",
    amount: working(0),
    steps: [INIT, WORK, { kind: "edit", file: "fake-agent-draft.txt", commits: false }, RESULT],
  },
  done: {
    text: "Does its work and then says that nothing is left to do.",
    amount: working(2),
    steps: [INIT, say("I will do the last piece of work."), WORK, COMMITTED_EDIT, RESULT, {
      kind: "declare_done",
      reason: "The rehearsal is over: nothing is left to do.",
    }],
  },
};

function say(text: string): Step {
  return { kind: "say", text };
}

function fail(status: number, word: string, type: string, text: string): Step {
  return { kind: "fail", error: { status, word, type, text } };
}

function working(preset: number): Amount {
  return seconds("how long it works", preset);
}

function staying(): Amount {
  return seconds("how long it stays", Infinity);
}

function seconds(meaning: string, preset: number): Amount {
  return { unit: "s", meaning, preset };
}
