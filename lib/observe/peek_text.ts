/**
 * The page of `peek`: what a person wants to know in five seconds.
 *
 * @module
 */
import { cutCells, oneLine } from "../core/cells.ts";
import type { Config } from "../core/config.ts";
import { spanText } from "../core/duration_text.ts";
import { instantOf } from "../core/instant.ts";
import type { RoundSummary } from "../core/remembered_round.ts";
import type { Host } from "../host.ts";
import { endingText, timeText, verdictText } from "./event_text.ts";
import { situationOf } from "./situation.ts";
import type { Observed } from "./observed.ts";
import type { Snapshot } from "./snapshot.ts";
import { whyText } from "./why_text.ts";

/** Rounds listed. */
const ROUNDS = 5;

/** Widest line that is easy to read. */
const WIDTH_MAX = 100;

export function peekText(
  host: Host,
  config: Config,
  observed: Observed,
  document: Snapshot,
  withLog: boolean,
): string {
  const width = Math.min(host.terminal.out.isTerminal ? host.terminal.out.columns() : WIDTH_MAX, WIDTH_MAX);
  const lines = [
    `${config.project}: ${headline(host, observed)}`,
    "",
    ...wrap(whyText(host, config, observed), width),
    ...rounds(host, observed),
    ...troubles(host, observed, document),
    ...events(document),
    ...(withLog && document.current_round?.log_tail
      ? ["", "Log:", ...document.current_round.log_tail.split("\n")]
      : []),
    "",
    `Log directory: ${observed.layout.dir}`,
  ];
  return lines.map((line) => `${cutCells(oneLine(line), width)}\n`).join("");
}

function headline(host: Host, observed: Observed): string {
  const { serve, round } = situationOf(host, observed);
  if (round !== null) {
    return `running round ${round.running.num}${round.keeper === "nobody" ? ", without a supervisor" : ""}`;
  }
  switch (serve.kind) {
    case "nothing":
      return observed.state.serve.kind === "started"
        ? "not running, and not stopped in order"
        : "not running";
    case "working":
      return "between rounds";
    case "starting":
    case "waiting":
    case "stopping":
      return serve.kind;
  }
}

function rounds(host: Host, { state }: Observed): readonly string[] {
  const last = state.rounds.slice(-ROUNDS);
  return last.length === 0
    ? []
    : ["", `Rounds (${state.roundsEnded} ended):`, ...last.map((round) => roundLine(host, round))];
}

function roundLine(host: Host, round: RoundSummary): string {
  const at = timeText(round.startedAt, { now: host.clock.now(), zoneOffsetMin: host.env.zoneOffsetMin });
  const took = round.exit === null ? "" : spanText(round.exit.durationS * 1000);
  const verdict = round.verdict === null ? "" : verdictText(round.verdict);
  const exit = round.exit === null
    ? "no exit seen"
    : endingText(round.exit.ending ?? round.exit.cause, round.exit.code);
  const { usage } = round;
  const cost = usage === null
    ? ""
    : `  ${usage.outputTokens} tokens out${usage.usd === null ? "" : `, $${usage.usd.toFixed(2)}`}`;
  return `  ${String(round.num).padStart(4)}  ${at.padEnd(16)} ${took.padEnd(12)} ${
    verdict.padEnd(12)
  } ${exit}${cost}`;
}

/** Only what is wrong is shown. */
function troubles(host: Host, { state, counts }: Observed, { orphan, system }: Snapshot): readonly string[] {
  const found: string[] = [];
  if (orphan !== null) {
    found.push(`A stash of round ${orphan.round_num} waits: agent-runner work show ${orphan.round_num}`);
  }
  const failed = state.hookFailures.at(-1);
  if (failed !== undefined) found.push(`Hook ${failed.hook_name} failed: ${failed.error_message}`);
  for (const [name, { reason }] of Object.entries(state.pluginsOff)) {
    found.push(`Plugin ${name} is off, it failed three rounds in a row: ${reason}`);
  }
  const blip = state.blips.at(-1);
  if (blip !== undefined && host.clock.now() - (instantOf(blip.ts) ?? 0) < 86_400_000) {
    found.push(`Network failure in round ${blip.round_num}: ${blip.matched}`);
  }
  if (counts.broken > 0) {
    found.push(`${counts.broken} of ${counts.lines} lines in the log are broken and passed over`);
  }
  if (system.sampled_at !== null && system.disk_used_pct >= 90) {
    found.push(`Disk ${system.disk_used_pct} % full`);
  }
  return found.length === 0 ? [] : ["", ...found.map((line) => `! ${line}`)];
}

function events({ recent_events }: Snapshot): readonly string[] {
  return recent_events.length === 0
    ? []
    : ["", "Events:", ...recent_events.map((event) => `  ${JSON.stringify(event)}`)];
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}
