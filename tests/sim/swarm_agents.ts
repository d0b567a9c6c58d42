/**
 * The agents of the swarm: what each of them does, and what its output says about the next round.
 *
 * @module
 */
import type { Instant } from "../../lib/core/instant.ts";
import {
  errorRecord,
  failedResultRecord,
  type FakeRecord,
  initRecord,
  refusalRecord,
  resultRecord,
  textRecord,
  toolRecord,
} from "../../lib/cli/fake_records.ts";
import type { ApiError } from "../../lib/cli/fake_scenarios.ts";
import type { Prng } from "./prng.ts";
import type { Child, Line, Script } from "./sim_agent.ts";

/** One agent on the stage. */
export interface Act {
  readonly name: Behaviour;
  readonly script: Script;
  /** Lines of the output that say something about limits, in their order. */
  readonly claims: readonly Claim[];
  /** When it declares in the log directory that nothing is left to do (ms), null: never. */
  readonly doneAfterMs: number | null;
}

export type Claim =
  & { readonly line: string }
  & (
    | { readonly kind: "refused"; readonly window: string; readonly resetAt: Instant }
    | { readonly kind: "admitted"; readonly window: string }
    | { readonly kind: "passing"; readonly classification: string }
    | { readonly kind: "good" }
  );

/** What the claims that stand in an output amount to. */
export type Standing =
  | { readonly kind: "free" }
  | { readonly kind: "until"; readonly resetAt: Instant }
  | { readonly kind: "estimate"; readonly classification: string };

/** Judges the claims by themselves, without the program's plugin. */
export function standingOf(claims: readonly Claim[], output: string): Standing {
  const windows = new Map<string, Instant>();
  let passing: string | null = null;
  for (const claim of claims) {
    if (!output.includes(claim.line)) continue;
    if (claim.kind === "refused") windows.set(claim.window, claim.resetAt);
    else if (claim.kind === "admitted") windows.delete(claim.window);
    else if (claim.kind === "passing") passing = claim.classification;
    else {
      windows.clear();
      passing = null;
    }
  }
  if (windows.size > 0) return { kind: "until", resetAt: Math.max(...windows.values()) };
  return passing === null ? { kind: "free" } : { kind: "estimate", classification: passing };
}

export type Behaviour = keyof typeof BEHAVIOURS;

/** Puts an agent on the stage; `now` is its start by the wall clock. */
export function act(name: Behaviour, now: Instant, prng: Prng): Act {
  const { lines, claims = [], exit, doneAfterMs = null, ...more } = BEHAVIOURS[name](now, prng);
  return { name, claims, doneAfterMs, script: { lines, exit, ...more } };
}

interface Play extends Omit<Script, "lines"> {
  readonly lines: readonly Line[];
  readonly claims?: readonly Claim[];
  readonly doneAfterMs?: number;
}

const LIMITED: ApiError = {
  status: 429,
  word: "rate_limit",
  type: "rate_limit_error",
  text: "You've hit your limit",
};
const OVERLOADED: ApiError = {
  status: 529,
  word: "server_error",
  type: "overloaded_error",
  text: "API Error: 529 Overloaded",
};
const LOGGED_OUT: ApiError = {
  status: 401,
  word: "authentication_failed",
  type: "authentication_error",
  text: "Invalid API key",
};

/** What a closing record alone amounts to. */
const CLASSIFICATIONS: ReadonlyMap<ApiError, string> = new Map([
  [LIMITED, "rate_limit_model"],
  [OVERLOADED, "api_transient_5xx"],
]);

const FACTS = { sessionId: "00000000-0000-4000-8000-000000000000", turns: 3, durationMs: 2000 };
const INIT = lineOf(initRecord(FACTS.sessionId, "/project"));
const GOOD = lineOf(resultRecord(FACTS));
const BIG = `{"type":"user","text":"${"x".repeat(60_000)}"}`;

/** Times are milliseconds since the agent's start. */
export const BEHAVIOURS = {
  good: (_now: Instant, prng: Prng): Play => {
    const ms = 500 + prng.int(4000);
    return {
      lines: [
        at(5, INIT),
        at(50, lineOf(toolRecord(1, "Bash", { command: "make" }))),
        at(ms - 1, lineOf(textRecord(2, "Done."))),
        at(ms, GOOD),
      ],
      exit: { afterMs: ms + 20, code: 0 },
      edits: [{ afterMs: 60, path: "work.txt" }],
      commits: [{ afterMs: ms - 2 }],
    };
  },
  no_work: (): Play => ({ lines: [], exit: { afterMs: 300, code: 0 } }),
  crash: (_now: Instant, prng: Prng): Play => ({
    lines: [at(5, "TypeError: Cannot read properties of undefined"), at(6, "    at main (agent.js:40:5)")],
    exit: prng.chance(0.8) ? { afterMs: 400, code: 1 } : { afterMs: 400, signal: "SIGSEGV" },
  }),
  limit: (now: Instant, prng: Prng): Play =>
    refusedBy(LIMITED, [refusal("five_hour", now, 20 + prng.int(100))]),
  two_limits: (now: Instant, prng: Prng): Play =>
    refusedBy(LIMITED, [
      refusal("five_hour", now, 10 + prng.int(30)),
      refusal("seven_day", now, 50 + prng.int(100)),
    ]),
  /** The window opens again, then the agent falls over something else. */
  admitted: (now: Instant): Play => {
    const closed = refusal("five_hour", now, 600);
    const line = lineOf({
      type: "rate_limit_event",
      rate_limit_info: { status: "allowed", rateLimitType: "five_hour" },
    });
    return {
      lines: [at(5, INIT), at(50, closed.line), at(400, line), at(410, "Error: stdin is closed")],
      claims: [closed, { kind: "admitted", window: "five_hour", line }],
      exit: { afterMs: 500, code: 1 },
    };
  },
  overloaded: (): Play => refusedBy(OVERLOADED, []),
  logged_out: (): Play => refusedBy(LOGGED_OUT, []),
  hang: (): Play => ({ lines: [at(5, INIT)], exit: null }),
  ignores_term: (): Play => ({ lines: [at(5, INIT)], exit: null, onTerm: "ignore" }),
  slow_to_end: (): Play => ({ lines: [at(5, INIT)], exit: null, onTerm: { afterMs: 1500, code: 143 } }),
  lingers: (): Play => ({
    lines: [at(5, INIT), at(300, GOOD)],
    claims: [{ kind: "good", line: GOOD }],
    exit: null,
  }),
  flood: (): Play => ({
    lines: [at(5, INIT), ...Array.from({ length: 6 }, (_, n) => at(10 + n, BIG)), at(900, GOOD)],
    claims: [{ kind: "good", line: GOOD }],
    exit: { afterMs: 920, code: 0 },
  }),
  half_line: (): Play => ({
    lines: [at(5, INIT), { afterMs: 300, text: GOOD.slice(0, 90), torn: true }],
    exit: { afterMs: 320, code: 0 },
  }),
  done: (): Play => ({
    lines: [at(5, INIT), at(700, GOOD)],
    claims: [{ kind: "good", line: GOOD }],
    exit: { afterMs: 720, code: 0 },
    doneAfterMs: 600,
  }),
  leaves_child: (): Play => ({
    lines: [at(5, INIT), at(600, GOOD)],
    claims: [{ kind: "good", line: GOOD }],
    exit: { afterMs: 620, code: 0 },
    children: [child("watcher", "exit"), { ...child("server", "ignore"), ownSession: true }],
  }),
};

function child(name: string, onTerm: "exit" | "ignore"): Child {
  return { name, afterMs: 100, exit: null, onTerm };
}

/** An agent whose request failed for good, after these refusals. */
function refusedBy(error: ApiError, refusals: readonly (Claim & { readonly kind: "refused" })[]): Play {
  const closing = lineOf(failedResultRecord(FACTS, error));
  const classification = CLASSIFICATIONS.get(error);
  const passing: readonly Claim[] = classification === undefined
    ? []
    : [{ kind: "passing", classification, line: closing }];
  return {
    lines: [
      at(5, INIT),
      ...refusals.map(({ line }, n) => at(100 + n, line)),
      at(300, lineOf(errorRecord(1, error))),
      at(301, closing),
    ],
    claims: [...refusals, ...passing],
    exit: { afterMs: 320, code: 1 },
  };
}

function refusal(window: string, now: Instant, inS: number): Claim & { readonly kind: "refused" } {
  const resetS = Math.ceil(now / 1000) + inS;
  return { kind: "refused", window, resetAt: resetS * 1000, line: lineOf(refusalRecord(window, resetS)) };
}

function lineOf(record: FakeRecord): string {
  return JSON.stringify(record);
}

function at(afterMs: number, text: string): Line {
  return { afterMs, text };
}
