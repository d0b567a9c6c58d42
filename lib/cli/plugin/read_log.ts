import { emptyEvidence, type Evidence, withFinding } from "../../core/evidence.ts";
import type { Finding } from "../../core/plugin.ts";
import type { OutputReader } from "../../extend/output_reader.ts";
import type { ReadFile } from "../../host.ts";
import { chunksForward } from "../../store/blocks.ts";

/** What one line gave. */
export interface LineFindings {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
  readonly findings: readonly Finding[];
}

export interface ReadLog {
  readonly lines: number;
  /** Lines without any of the plugin's `interest` strings. */
  readonly passedOver: number;
  readonly found: readonly LineFindings[];
  /** What the reader gave at the end of the output. */
  readonly end: readonly Finding[];
  readonly evidence: Evidence;
}

/**
 * Reads a round's output as a running round would, but line by line. The agent is taken to have exited with 0.
 * @param failed asked after each line; from then on nothing more is read
 * @param at told the number of the line before it is read
 */
export async function readLog(
  file: ReadFile,
  reader: OutputReader,
  failed: () => boolean,
  at: (line: number | null) => void,
): Promise<ReadLog> {
  const open = reader.open({ round_num: 1, repetition: null });
  const found: LineFindings[] = [];
  let [lines, passedOver, evidence] = [0, 0, emptyEvidence()];
  for (const text of linesOf(file)) {
    if (failed()) break;
    lines++;
    if (!isOfInterest(reader.interest, text)) {
      passedOver++;
      continue;
    }
    at(lines);
    const findings = await open.lines([text]);
    evidence = findings.reduce(withFinding, evidence);
    if (findings.length > 0) found.push({ line: lines, text, findings });
  }
  if (!failed()) at(null);
  const end = failed() ? [] : await open.end({ kind: "exited", code: 0 });
  return { lines, passedOver, found, end, evidence: end.reduce(withFinding, evidence) };
}

function isOfInterest(interest: readonly string[], line: string): boolean {
  return interest.length === 0 ? line !== "" : interest.some((word) => line.includes(word));
}

/** A last line without its newline too. */
function* linesOf(file: ReadFile): Generator<string> {
  let [offset, isInside] = [0, false];
  for (const { text, end, inside } of chunksForward(file, 0)) {
    [offset, isInside] = [end, inside];
    if (text !== "") yield* text.slice(0, -1).split("\n");
  }
  const rest = new Uint8Array(Math.max(0, file.size() - offset));
  const read = file.readAt(offset, rest);
  if (read > 0 && !isInside) yield new TextDecoder().decode(rest.subarray(0, read));
}
