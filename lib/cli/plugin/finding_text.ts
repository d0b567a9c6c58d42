/**
 * What a reader found, in words.
 *
 * @module
 */
import { oneLine } from "../../core/cells.ts";
import type { Evidence } from "../../core/evidence.ts";
import { isoOf } from "../../core/instant.ts";
import type { Finding, UsageFinding } from "../../core/plugin.ts";

/** One finding as a few words on one line. */
export function findingText(finding: Finding): string {
  return oneLine([finding.kind, ...wordsOf(finding)].join(" "));
}

/** What the next rounds depend on, a line each. */
export function evidenceText(evidence: Evidence): string {
  const { limit, result, usage, auth, billing, waitingFor, openTools, repetitions } = evidence;
  const rows: (readonly [string, string | null])[] = [
    ["limit", limit && `${limit.classification}${windowText(limit.window)} ${resetText(limit.resetAt)}`],
    ["result", result && (result.ok ? "ok" : "failed")],
    ["usage", usage && usageWords(usage).join(" ")],
    ["auth", auth],
    ["billing", billing],
    ["waits for", waitingFor],
    ["open tools", openTools === 0 ? null : String(openTools)],
    ["repetitions", repetitions.length === 0 ? null : String(repetitions.length)],
  ];
  const found = rows.filter(([, text]) => text !== null);
  if (found.length === 0) return "sum: nothing that a round is judged by\n";
  return `sum\n${found.map(([label, text]) => `  ${label.padEnd(12)} ${oneLine(text ?? "")}\n`).join("")}`;
}

function wordsOf(finding: Finding): readonly string[] {
  switch (finding.kind) {
    case "limit":
      return [finding.scope + windowText(finding.window), resetText(finding.resetAt)];
    case "limit_cleared":
      return finding.window === null ? [] : [finding.window];
    case "overloaded":
      return [String(finding.status)];
    case "usage":
      return usageWords(finding);
    case "result":
      return [finding.ok ? "ok" : "failed"];
    case "waiting_for_human":
      return [finding.what];
    case "tool":
      return [finding.open ? "begins" : "ends"];
    case "repetition":
      return [finding.tool, finding.target ?? "", `${finding.count} of ${finding.window}`];
    case "other_limit":
      return [finding.classification, resetText(finding.resetAt)];
    case "api_timeout":
    case "auth_failed":
    case "billing":
      return [];
  }
}

function windowText(window: string | null): string {
  return window === null ? "" : ` ${window}`;
}

function resetText(at: number | null): string {
  return at === null ? "reset unknown" : `reset ${timeText(at)}`;
}

/** A plugin may give any number; beyond what a date can be, it stays one. */
function timeText(at: number): string {
  return Math.abs(at) <= 8.64e15 ? isoOf(at) : String(at);
}

function usageWords(
  { model, inputTokens, outputTokens, cachedTokens, usd }: UsageFinding,
): readonly string[] {
  return [
    model,
    `${inputTokens} in`,
    `${outputTokens} out`,
    ...(cachedTokens === 0 ? [] : [`${cachedTokens} cached`]),
    ...(usd === null ? [] : [`${usd} USD`]),
  ];
}
