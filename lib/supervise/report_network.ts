import { roundedSeconds } from "../core/duration_text.ts";
import { networkWords } from "../core/network_words.ts";
import type { OutputReader } from "../extend/output_reader.ts";
import type { Host } from "../host.ts";
import { linesBackward } from "../store/blocks.ts";
import type { Supervision } from "./supervision.ts";

/** What is looked through: words about the failure are at the end. */
const NETWORK_LINES = 2000;
const NETWORK_CHARACTERS = 4 * 1024 * 1024;

interface FailedRound {
  readonly round: number;
  readonly phase: string | null;
  readonly durationS: number;
  readonly logPath: string;
}

/** Tells of a failed round whose output speaks of a network that was down. */
export async function reportNetwork(
  supervision: Supervision,
  facts: FailedRound,
  exitCode: number,
  timedOut: boolean,
): Promise<void> {
  const matched = await networkFailure(supervision.host, facts.logPath, supervision.reader);
  if (matched === null) return;
  supervision.log.append({
    event: "agent_network_blip",
    round_num: facts.round,
    phase: facts.phase,
    matched,
    round_duration_s: roundedSeconds(facts.durationS),
    exit_code: exitCode,
    timed_out: timedOut,
  });
}

/** Only words that the CLI itself wrote count, where a plugin can tell them apart. */
async function networkFailure(
  host: Host,
  logPath: string,
  reader: OutputReader | null,
): Promise<string | null> {
  const lines = lastLines(host, logPath);
  const words = reader === null ? lines : await reader.ownWords(lines);
  for (const word of words) {
    const matched = word === null ? null : networkWords(word);
    if (matched !== null) return matched;
  }
  return null;
}

/** The last first. */
function lastLines(host: Host, logPath: string): readonly string[] {
  const file = host.files.open(logPath);
  if (file === null) return [];
  try {
    let characters = 0;
    return [...linesBackward(file).take(NETWORK_LINES)].filter((line) =>
      (characters += line.length) <= NETWORK_CHARACTERS
    );
  } finally {
    file.close();
  }
}
