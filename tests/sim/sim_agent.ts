import { FileError } from "../../lib/core/file_error.ts";
import type { SignalName } from "../../lib/host.ts";
import type { Happening } from "./sim_clock.ts";
import type { SimFile } from "./sim_file.ts";
import type { Machine } from "./sim_machine.ts";
import type { SimProcess } from "./sim_processes.ts";

/** What a simulated agent does; times are milliseconds since its start. */
export interface Script {
  /** In rising order; a generator may go on for ever. */
  readonly lines?: Iterable<Line>;
  /** How it ends by itself; null: never. */
  readonly exit: ScriptExit | null;
  /** On SIGTERM, SIGINT and SIGHUP: dies by it (the default), goes on, or ends later by its own choice. */
  readonly onTerm?: "exit" | "ignore" | { readonly afterMs: number; readonly code: number };
  /** Share of the time in which it uses a CPU; 0 unless told. */
  readonly cpuShare?: number;
  readonly children?: readonly Child[];
  /** Commits all that is dirty by then. */
  readonly commits?: readonly { readonly afterMs: number }[];
  readonly edits?: readonly { readonly afterMs: number; readonly path: string }[];
}

export interface Line {
  readonly afterMs: number;
  /** Written with a line end. */
  readonly text: string;
  /** Written without a line end. */
  readonly torn?: boolean;
}

export type ScriptExit =
  | { readonly afterMs: number; readonly code: number }
  | { readonly afterMs: number; readonly signal: string };

/** A process that the agent starts; it writes to the same log and outlives the agent unless somebody ends it. */
export interface Child extends Script {
  readonly name: string;
  readonly afterMs: number;
  /** Whether it escapes the agent's process group (`setsid`). */
  readonly ownSession?: boolean;
}

export type AgentEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: string }
  | { readonly kind: "power_lost" };

export interface AgentFacts {
  readonly argv: readonly string[];
  readonly parent: SimProcess;
  readonly ownSession: boolean;
  readonly round: string;
  readonly log: SimFile;
  readonly logPath: string;
  readonly onEnd: (how: AgentEnd) => void;
}

/** A running script: the agent, or one of its children. */
export class SimAgent {
  readonly process: SimProcess;
  readonly #startT: number;
  readonly #lines: Iterator<Line>;
  #line: Line | null = null;
  #pending: Happening[] = [];
  #ended = false;

  constructor(
    private readonly machine: Machine,
    private readonly script: Script,
    private readonly facts: AgentFacts,
  ) {
    this.#startT = machine.timeline.t;
    this.process = machine.table.spawn({
      name: nameOf(facts.argv),
      argv: facts.argv,
      parent: facts.parent,
      round: facts.round,
      cpuMs: () => (machine.timeline.t - this.#startT) * (script.cpuShare ?? 0),
      ...(facts.ownSession ? {} : { joins: facts.parent }),
      onSignal: (name) => this.#onSignal(name),
      onPowerLoss: () => this.#end({ kind: "power_lost" }),
    });
    this.#lines = (script.lines ?? [])[Symbol.iterator]();
    this.#writeDue();
    this.#schedule();
  }

  #schedule(): void {
    const { children = [], commits = [], edits = [], exit } = this.script;
    for (const child of children) this.#after(child.afterMs, () => this.#startChild(child));
    for (const edit of edits) this.#after(edit.afterMs, () => this.machine.tree.edit(edit.path));
    for (const commit of commits) this.#after(commit.afterMs, () => this.machine.tree.commit());
    if (exit !== null) this.#after(exit.afterMs, () => this.#exit(endOf(exit)));
  }

  #startChild(child: Child): void {
    const { facts, machine } = this;
    new SimAgent(machine, child, {
      ...facts,
      argv: [child.name],
      parent: this.process,
      ownSession: child.ownSession ?? false,
      onEnd: nothing,
    });
  }

  /** Writes the lines whose time has come and waits for the next one. */
  #writeDue(): void {
    for (;;) {
      this.#line ??= this.#lines.next().value ?? null;
      if (this.#line === null) return;
      const waitMs = this.#line.afterMs - (this.machine.timeline.t - this.#startT);
      if (waitMs > 0) return this.#after(waitMs, () => this.#writeDue());
      const line = this.#line;
      this.#line = null;
      this.#write(line.torn ? line.text : line.text + "\n");
    }
  }

  #write(text: string): void {
    try {
      this.machine.disk.append(this.facts.log, this.facts.logPath, ENCODER.encode(text));
    } catch (error) {
      // A full disk costs the agent its output, not its life.
      if (!(error instanceof FileError)) throw error;
    }
  }

  #onSignal(name: SignalName): void {
    const { onTerm = "exit" } = this.script;
    if (name === "SIGWINCH") return;
    if (name === "SIGKILL" || name === "SIGUSR1" || onTerm === "exit") {
      return this.#end({ kind: "signalled", signal: name });
    }
    if (onTerm !== "ignore") {
      this.#after(onTerm.afterMs, () => this.#exit({ kind: "exited", code: onTerm.code }));
    }
  }

  /** The lines of the very moment come before the end. */
  #exit(how: AgentEnd): void {
    this.#writeDue();
    this.#end(how);
  }

  #end(how: AgentEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const happening of this.#pending) happening.cancel();
    this.machine.table.end(this.process);
    this.facts.onEnd(how);
  }

  #after(ms: number, action: () => void): void {
    if (this.#ended) return;
    if (this.#pending.length > 64) this.#pending = this.#pending.filter((one) => !one.cancelled);
    this.#pending.push(this.machine.timeline.after(ms, action));
  }
}

const ENCODER = new TextEncoder();

function nameOf(argv: readonly string[]): string {
  const program = argv[0] ?? "";
  return program.slice(program.lastIndexOf("/") + 1).slice(0, 15);
}

function endOf(exit: ScriptExit): AgentEnd {
  return "code" in exit ? { kind: "exited", code: exit.code } : { kind: "signalled", signal: exit.signal };
}

function nothing(): void {}
