import { cellWidth } from "../core/cells.ts";
import { EXIT } from "../core/exit_code.ts";
import { FileError } from "../core/file_error.ts";
import { failure } from "../core/problem.ts";
import type { Host } from "../host.ts";
import type { CliContext, GlobalFlags, VerbResult } from "./context.ts";
import type { Promised } from "./selftest/check.ts";
import { CHECKS } from "./selftest/checks.ts";
import { type Outcome, runChecks } from "./selftest/run_checks.ts";

/** When checks that have not answered are given up (ms); ending what they started takes a few seconds more. */
const LIMIT_MS = 13_000;

const HEADINGS: Readonly<Record<Promised, string>> = {
  nothing_extra_runs: "Nothing runs that should not",
  no_work_lost: "No work is lost",
  reports_are_true: "What it reports is true",
};

/** Tries on this machine what the promises rest on; 1 when something does not work that weakens one. */
export async function selftest({ host }: CliContext, flags: GlobalFlags): Promise<VerbResult> {
  if (!flags.json) {
    host.terminal.err.write("agent-runner: trying it out on this machine, for some seconds...\n");
  }
  const over = new AbortController();
  const done = new AbortController();
  let signalled: string | null = null;
  const closers = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((name) =>
    host.signals.on(name, () => {
      signalled = name;
      over.abort();
    })
  );
  host.clock.sleep(LIMIT_MS, done.signal).then(() => over.abort());
  try {
    const { outcomes, left } = await runChecks(host, CHECKS, over.signal);
    for (const words of left) host.terminal.err.write(`warning: ${words}\n`);
    if (signalled !== null) return failure(EXIT.failed, `Self-test broken off by ${signalled}`);
    report(host, outcomes, flags.json);
    return isWell(outcomes) ? EXIT.done : EXIT.failed;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return failure(EXIT.failed, `Cannot test this machine: ${error.message}`, {
      hint: "set TMPDIR to a folder that can be written",
    });
  } finally {
    done.abort();
    for (const close of closers) close();
  }
}

function isWell(outcomes: readonly Outcome[]): boolean {
  return outcomes.every(({ ok, check }) => ok || !check.required);
}

function report(host: Host, outcomes: readonly Outcome[], asJson: boolean): void {
  const text = asJson ? `${JSON.stringify(selftestDocument(outcomes), null, 2)}\n` : selftestText(outcomes);
  host.terminal.out.write(text);
}

/** What `selftest --json` prints. */
export function selftestDocument(outcomes: readonly Outcome[]) {
  return {
    ok: isWell(outcomes),
    checks: outcomes.map(({ ok, found, check: { name, promise, required, text, cost } }) => ({
      name,
      promise,
      required,
      ok,
      text,
      found,
      cost: ok ? null : cost,
    })),
  };
}

/** The table, by promise; below each ✗ what was seen and what it costs. */
export function selftestText(outcomes: readonly Outcome[]): string {
  const nameWidth = Math.max(0, ...outcomes.map(({ check }) => cellWidth(check.name)));
  const lines: string[] = [];
  for (const [promise, heading] of Object.entries(HEADINGS)) {
    lines.push(heading);
    for (const outcome of outcomes.filter(({ check }) => check.promise === promise)) {
      lines.push(...checkLines(outcome, nameWidth));
    }
    lines.push("");
  }
  return `${[...lines, verdict(outcomes)].join("\n")}\n`;
}

function checkLines({ ok, found, check }: Outcome, nameWidth: number): readonly string[] {
  const head = `  ${ok ? "✓" : "✗"} ${check.name.padEnd(nameWidth)}  ${check.text}`;
  if (ok) return [found === "" ? head : `${head} (${found})`];
  const indent = " ".repeat(nameWidth + 6);
  return [head, `${indent}${found}`, `${indent}${check.required ? "" : "No promise, but: "}${check.cost}`];
}

function verdict(outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter(({ ok }) => !ok);
  if (failed.length === 0) return "All promises hold on this machine.";
  const weaker = failed.filter(({ check }) => check.required).length;
  return weaker === 0
    ? "All promises hold on this machine; what they do not speak of is marked with ✗."
    : `${weaker} of ${outcomes.length} checks ${
      weaker === 1 ? "weakens" : "weaken"
    } a promise on this machine.`;
}
