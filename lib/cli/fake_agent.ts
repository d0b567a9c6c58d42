/**
 * `agent-runner fake-agent SCENARIO…`: a stand-in that writes what Claude Code writes, to rehearse with and to test on.
 *
 * It ignores its standard input and remembers nothing: which word a round plays follows from the round's number alone.
 *
 * @module
 */
import { EXIT } from "../core/exit_code.ts";
import { FileError } from "../core/file_error.ts";
import { type Failure, failure, type Problem } from "../core/problem.ts";
import { didYouMean } from "../core/suggest.ts";
import type { Host } from "../host.ts";
import { layoutOf } from "../store/layout.ts";
import {
  errorRecord,
  failedResultRecord,
  type FakeRecord,
  initRecord,
  refusalRecord,
  resultRecord,
  type RoundFacts,
  textRecord,
  toolRecord,
  toolResultRecord,
} from "./fake_records.ts";
import { type ApiError, type Scenario, SCENARIOS, type Step } from "./fake_scenarios.ts";

/**
 * Plays the word whose turn it is: `SCENARIO` or `SCENARIO=NUMBER`, the first in round 1 (`AGENT_RUNNER_ROUND_NUM`),
 * and the first again after the last.
 *
 * @returns the exit code of the process; a failure of usage for words that are no scenarios
 */
export async function playFakeAgent(host: Host, words: readonly string[]): Promise<number | Failure> {
  const roles = words.map(roleOf);
  const problems = roles.flatMap((role) => role.kind === "problem" ? [role.problem] : []);
  const round = roundNumber(host);
  const role = roles[(round - 1) % roles.length];
  if (problems.length > 0 || role?.kind !== "role") {
    const what = role === undefined ? "No scenario to play" : "Cannot play these scenarios";
    return failure(EXIT.usage, what, { problems, hint: "agent-runner fake-agent --help" });
  }
  try {
    return await new Player(host, role.amount, round).play(role.scenario.steps);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return failure(EXIT.failed, `Cannot play on: ${error.message}`);
  }
}

type Role =
  | { readonly kind: "role"; readonly scenario: Scenario; readonly amount: number }
  | { readonly kind: "problem"; readonly problem: Problem };

/** Some thirty years in seconds: what is beyond is a slip of the finger. */
const AMOUNT_MAX = 1e9;

function roleOf(word: string): Role {
  const [, name = "", number] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const scenario = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
  if (scenario === undefined) {
    return problem(name, `unknown scenario${didYouMean(name, Object.keys(SCENARIOS))}`);
  }
  if (number === undefined) return { kind: "role", scenario, amount: scenario.amount.preset };
  const amount = /^\d+(\.\d+)?$/.test(number) ? Number(number) : NaN;
  if (amount <= AMOUNT_MAX) return { kind: "role", scenario, amount };
  const unit = scenario.amount.unit === "s" ? "seconds" : "megabytes";
  return problem(word, `expected ${unit} from 0 to ${AMOUNT_MAX}, got ${JSON.stringify(number)}`);
}

function problem(where: string, text: string): Role {
  return { kind: "problem", problem: { where, text, line: null } };
}

function roundNumber(host: Host): number {
  const text = host.env.get("AGENT_RUNNER_ROUND_NUM") ?? "";
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : 1;
}

/** As the shell counts an end by SIGTERM: 128 + 15. */
const TERM_EXIT = 143;

/** Milliseconds of work without a word. */
const BEAT_MS = 5000;

/** Well below the longest sleep of the clock. */
const DAY_MS = 86_400_000;

/** What a tool call of a flood brings: 100 kB of ASCII in lines of 2 kB, the same each time. */
const FLOOD_OUTPUT = lineOf(toolResultRecord(0, "0123456789".repeat(190), false)).repeat(50);

/** One round on the stage. */
class Player {
  readonly #host: Host;
  readonly #amount: number;
  readonly #round: number;
  readonly #startedMs: number;
  readonly #termination = new AbortController();
  #messages = 0;

  constructor(host: Host, amount: number, round: number) {
    this.#host = host;
    this.#amount = amount;
    this.#round = round;
    this.#startedMs = host.clock.monotonicMs();
  }

  /** @returns the exit code */
  async play(steps: readonly Step[]): Promise<number> {
    for (const step of steps) {
      const exitCode = await this.#perform(step);
      if (exitCode !== null) return exitCode;
    }
    return EXIT.done;
  }

  /** @returns the exit code of a step that ends the agent, else null */
  async #perform(step: Step): Promise<number | null> {
    switch (step.kind) {
      case "init":
        this.#put(initRecord(this.#sessionId, this.#host.env.cwd));
        return null;
      case "say":
        this.#put(textRecord(++this.#messages, step.text));
        return null;
      case "work":
        await this.#work();
        return null;
      case "edit":
        await this.#edit(step.file, step.commits);
        return null;
      case "leave_child":
        this.#leaveChild();
        return null;
      case "flood":
        this.#flood();
        return null;
      case "refuse":
        this.#put(refusalRecord(step.window, this.#resetEpochS()));
        return null;
      case "fail":
        return this.#fail(step.error);
      case "crash":
        this.#host.terminal.err.write(step.words);
        return EXIT.failed;
      case "result":
        this.#close(step.torn);
        return null;
      case "declare_done":
        return this.#declareDone(step.reason);
      case "on_term":
        this.#onTerm(step.answer);
        return null;
      case "stay":
        return await this.#stay();
    }
  }

  async #work(): Promise<void> {
    for (let leftMs = this.#amount * 1000; leftMs > 0; leftMs -= BEAT_MS) {
      await this.#host.clock.sleep(Math.min(leftMs, BEAT_MS));
      if (leftMs > BEAT_MS) this.#put(textRecord(++this.#messages, "Still at it."));
    }
  }

  async #edit(file: string, commits: boolean): Promise<void> {
    const { files, git, env } = this.#host;
    const line = `Round ${this.#round} was here.\n`;
    const write = this.#call("Write", { file_path: `${env.cwd}/${file}`, content: line });
    const out = files.openAppend(`${env.cwd}/${file}`);
    out.append(new TextEncoder().encode(line));
    out.close();
    this.#put(toolResultRecord(write, "Written.", false));
    if (!commits || await git.isWorkTree(env.cwd) !== true) return;
    const commit = this.#call("Bash", { command: `git commit ${file}` });
    const refusal = await git.commit(env.cwd, [file], `Work of round ${this.#round}`);
    this.#put(toolResultRecord(commit, refusal ?? "Committed.", refusal !== null));
  }

  #leaveChild(): void {
    const call = this.#call("Bash", { command: `sleep ${this.#amount} &`, run_in_background: true });
    const pid = this.#host.processes.spawnIdle(this.#amount);
    this.#put(toolResultRecord(call, `pid ${pid}`, false));
  }

  /**
   * Each block is a text of its own, also for the collector's sake: of one and the same text the encoded copies would
   * pile up to hundreds of megabytes before it looks.
   */
  #flood(): void {
    const { out } = this.#host.terminal;
    let left = this.#amount * 1e6;
    while (left > 0 && !out.closed) {
      const nth = ++this.#messages;
      const block = lineOf(toolRecord(nth, "Bash", { command: `cat part-${nth}` })) + FLOOD_OUTPUT;
      out.write(block);
      left -= block.length;
    }
  }

  #fail(error: ApiError): number {
    this.#put(errorRecord(++this.#messages, error));
    this.#put(failedResultRecord(this.#facts(), error));
    return EXIT.failed;
  }

  #close(torn: boolean): void {
    const record = resultRecord(this.#facts());
    const text = JSON.stringify(record);
    if (torn) this.#host.terminal.out.write(text.slice(0, text.length / 2));
    else this.#put(record);
  }

  #declareDone(reason: string): number | null {
    const logDir = this.#host.env.get("AGENT_RUNNER_LOG_DIR") ?? "";
    if (logDir === "") {
      this.#host.terminal.err.write("Cannot say that all is done: AGENT_RUNNER_LOG_DIR is not set\n");
      return EXIT.failed;
    }
    this.#host.files.write(layoutOf(logDir).sentinel, `${reason}\n`);
    return null;
  }

  #onTerm(answer: "ends" | "ignores"): void {
    this.#host.signals.on("SIGTERM", () => {
      if (answer === "ends") this.#termination.abort();
    });
  }

  async #stay(): Promise<number | null> {
    const { signal } = this.#termination;
    for (let leftMs = this.#amount * 1000; leftMs > 0 && !signal.aborted; leftMs -= DAY_MS) {
      await this.#host.clock.sleep(Math.min(leftMs, DAY_MS), signal);
    }
    return signal.aborted ? TERM_EXIT : null;
  }

  /** Begins a tool call; returns its number. */
  #call(name: string, input: FakeRecord): number {
    const nth = ++this.#messages;
    this.#put(toolRecord(nth, name, input));
    return nth;
  }

  #put(record: FakeRecord): void {
    this.#host.terminal.out.write(lineOf(record));
  }

  get #sessionId(): string {
    return `fake-agent-round-${this.#round}`;
  }

  #facts(): RoundFacts {
    const durationMs = this.#host.clock.monotonicMs() - this.#startedMs;
    return { sessionId: this.#sessionId, turns: this.#messages, durationMs };
  }

  /** Claude Code names whole seconds; never earlier than asked for. */
  #resetEpochS(): number {
    return Math.ceil(this.#host.clock.now() / 1000 + this.#amount);
  }
}

function lineOf(record: FakeRecord): string {
  return `${JSON.stringify(record)}\n`;
}
