/**
 * What is made ready before the agent starts: its log, its prompt, its context, its arguments.
 *
 * @module
 */
import { FileError } from "../core/file_error.ts";
import { type Instant, isoOf } from "../core/instant.ts";
import type { AgentExit } from "../core/remembered_round.ts";
import type { WorkTree } from "../host.ts";
import { roundNotesName } from "../store/layout.ts";
import { orphanStash } from "../store/orphan_state.ts";
import { readStatus } from "../store/status.ts";
import { agentArguments, argumentProblem, findAgent } from "./agent_command.ts";
import { readPrompt, withContext } from "./prompt.ts";
import type { Supervision } from "./supervision.ts";

/** What is settled before a round starts. */
export interface RoundPlan {
  readonly round: number;
  readonly phase: string | null;
  /** Whether the agent is told to look with fresh eyes. */
  readonly freshEyes: boolean;
  /** The work tree as it was looked at just now. */
  readonly before: WorkTree;
  /** Aborted when the round is to be ended now. */
  readonly stopNow: AbortSignal;
}

export type Prepared = Ready | {
  readonly kind: "impossible";
  readonly logName: string;
  readonly why: string;
};

export interface Ready {
  readonly kind: "ready";
  readonly logName: string;
  readonly argv: readonly string[];
  readonly stdinPath: string;
}

/**
 * Writes what the agent is going to read; nothing has started yet.
 * @param logName of the agent's output, relative to the log directory
 * @param slices what hooks add to the round's context
 */
export function prepareRound(
  supervision: Supervision,
  plan: RoundPlan,
  logName: string,
  slices: Readonly<Record<string, unknown>>,
): Prepared {
  const { host, config, layout, voice } = supervision;
  const startedAt = host.clock.now();
  const impossible = (why: string): Prepared => ({ kind: "impossible", logName, why });
  try {
    host.files.makeDir(layout.rounds);
    host.files.write(`${layout.dir}/${logName}`, "");
    host.files.link(layout.currentLog, logName);
    const prompt = readPrompt(host, config);
    const notes = prompt.kind === "prompt" ? prompt.notes : [prompt.why];
    host.files.write(
      `${layout.dir}/${roundNotesName(plan.round)}`,
      notes.map((note) => `${note}\n`).join(""),
    );
    for (const note of notes) voice.note(note);
    if (prompt.kind === "unreadable") return impossible(prompt.why);
    const context = roundContext(supervision, plan, startedAt, slices);
    host.files.replace(layout.context, JSON.stringify(context, null, 2), "whole");
    const text = withContext(prompt.text, context, config);
    const argv = agentArguments(config, text);
    const problem = argumentProblem(argv);
    if (problem !== null) return impossible(problem);
    const agent = findAgent(host, config);
    if (agent.kind === "missing") return impossible(agent.why);
    const byStdin = config.agent.prompt_delivery === "stdin";
    if (byStdin) host.files.write(layout.prompt, text);
    return {
      kind: "ready",
      logName,
      argv: [agent.path, ...argv.slice(1)],
      stdinPath: byStdin ? layout.prompt : "/dev/null",
    };
  } catch (error) {
    if (error instanceof FileError) return impossible(error.message);
    throw error;
  }
}

/** As many uncommitted paths are named to the agent. */
const DIRTY_SHOWN = 20;

/** `round-context.json`, in the key order of the Python version. */
function roundContext(
  supervision: Supervision,
  plan: RoundPlan,
  startedAt: Instant,
  slices: Readonly<Record<string, unknown>>,
) {
  const dirty = plan.before.kind === "tree" ? plan.before.dirty : [];
  const read = readStatus(supervision.host, supervision.layout);
  const last = supervision.log.state.rounds.at(-1);
  const orphan = orphanStash(supervision.host, supervision.layout);
  const context = {
    round_num: plan.round,
    started_at: isoOf(startedAt),
    ...(plan.phase === null ? {} : { phase: plan.phase }),
    ...(orphan === null ? {} : { orphan_stash: orphan }),
    ...slices,
  };
  if (read.kind !== "status" || read.status.last_completed_at === null) return context;
  return {
    ...context,
    previous: {
      exit_code: read.status.last_exit_code,
      duration_s: read.status.last_duration_s,
      ended_at: read.status.last_completed_at,
      had_dirty_tree: last?.dirty === true,
      timed_out: ranOutOfTime(last?.exit ?? null),
      exit_cause: last?.exit?.cause ?? null,
      ...(dirty.length === 0 ? {} : { dirty_files: dirty.slice(0, DIRTY_SHOWN) }),
    },
  };
}

/** Null where the log does not know. The Python version notes no ending. */
function ranOutOfTime(exit: AgentExit | null): boolean | null {
  if (exit === null) return null;
  return exit.ending === null ? exit.timedOut : exit.ending === "timed_out";
}
