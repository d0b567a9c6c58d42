/**
 * Names and places in the log directory. A project of the Python version has the same ones; what this program adds
 * is marked.
 *
 * @module
 */
import { type Instant, isoOf } from "../core/instant.ts";

export interface Layout {
  readonly dir: string;
  /** Held by whoever runs a round. */
  readonly roundLock: string;
  readonly roundLockHolder: string;
  /** Held by serve for its life (added). */
  readonly serveLock: string;
  readonly servePid: string;
  readonly status: string;
  readonly context: string;
  readonly orphan: string;
  readonly sentinel: string;
  readonly rounds: string;
  /** Link to the running round's agent output. */
  readonly currentLog: string;
  /** Fold so far (added). */
  readonly checkpoint: string;
  /** The running round's processes (added). */
  readonly runningRound: string;
  /** The prompt as the agent gets it (added). */
  readonly prompt: string;
  /** How the agent ended, in the launcher's words (added). */
  readonly waitStatus: string;
  /** Asks for more than a signal can say (added). */
  readonly stopRequest: string;
  /** Bytes that a full disk can be given back (added). */
  readonly reserve: string;
  readonly writeProbe: string;
  /** Records of what runs around a round (added). */
  readonly hooks: string;
  /** Texts of plugins that were fetched (added). */
  readonly plugins: string;
}

export function layoutOf(dir: string): Layout {
  const at = (name: string) => `${dir}/${name}`;
  return {
    dir,
    roundLock: at("agent-runner.lock"),
    roundLockHolder: at("agent-runner.lock.holder"),
    serveLock: at("serve.lock"),
    servePid: at("serve.pid"),
    status: at("status.json"),
    context: at("round-context.json"),
    orphan: at("orphan-state.json"),
    sentinel: at(".agent-done"),
    rounds: at("rounds"),
    currentLog: at("round-current.log"),
    checkpoint: at("checkpoint.json"),
    runningRound: at("running-round.json"),
    prompt: at("round-prompt.txt"),
    waitStatus: at("round-wait-status"),
    stopRequest: at("stop-request.json"),
    reserve: at(".reserve"),
    writeProbe: at(".write_probe"),
    hooks: at("hooks"),
    plugins: at("plugins"),
  };
}

/** The agent's output of one round, relative to the log directory: `rounds/R<N>-<YYYYMMDDTHHMMSS>.log` in UTC. */
export function roundLogName(round: number, startedAt: Instant): string {
  const stamp = isoOf(startedAt).slice(0, 19).replaceAll(/[-:]/g, "");
  return `rounds/R${round}-${stamp}.log`;
}

/** What the supervisor itself had to say about a round: `round-<N>.log`. */
export function roundNotesName(round: number): string {
  return `round-${round}.log`;
}

/** The round number in a file name of `rounds/`, or null. */
export function roundOfLog(name: string): number | null {
  return numberIn(/^R(\d{1,15})-.*\.log$/, name);
}

/** The round number in the name of a notes file, or null. */
export function roundOfNotes(name: string): number | null {
  return numberIn(/^round-(\d{1,15})\.log$/, name);
}

function numberIn(pattern: RegExp, name: string): number | null {
  const digits = pattern.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}
