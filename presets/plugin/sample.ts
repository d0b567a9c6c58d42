/**
 * What agent-runner understands of the output of sample. Change it to what the CLI really writes:
 *
 *     sample: usage limit reached, try again at 2026-01-02T18:00:00Z
 *     sample: server error 503
 *     sample: not logged in
 *     sample: done, 1200 tokens in, 340 out
 *
 * One module that stands alone: type-only imports are all that it may import.
 */
import type { Finding, Plugin } from "../../lib/core/plugin.ts";

export default {
  apiVersion: 1,
  name: "sample",
  // The programs whose output it reads: agent.command of the configuration.
  agents: ["sample"],
  // Only lines with one of these reach the reader.
  interest: ["sample: "],
  reader: () => ({ line: findingsIn }),
  ownWords: (line) => line.startsWith(OWN) ? line.slice(OWN.length) : null,
} satisfies Plugin;

/** What the CLI itself says begins so; anything else may be the model's own talk of limits. */
const OWN = "sample: ";

function findingsIn(line: string): readonly Finding[] {
  if (!line.startsWith(OWN)) return [];
  const raw = line.slice(OWN.length);
  const limit = /^usage limit reached(?:, try again at (\S+))?/.exec(raw);
  if (limit !== null) {
    const at = Date.parse(limit[1] ?? "");
    return [{
      kind: "limit",
      scope: "account",
      window: null,
      resetAt: Number.isNaN(at) ? null : at,
      raw,
    }];
  }
  const status = /^server error (\d{3})\b/.exec(raw)?.[1];
  if (status !== undefined) return [{ kind: "overloaded", status: Number(status), raw }];
  if (raw.startsWith("not logged in")) return [{ kind: "auth_failed", raw }];
  const done = /^done, (\d+) tokens in, (\d+) out/.exec(raw);
  if (done === null) return [];
  return [
    {
      kind: "usage",
      model: "unknown",
      inputTokens: Number(done[1]),
      outputTokens: Number(done[2]),
      cachedTokens: 0,
      cacheCreationTokens: 0,
      toolCalls: 0,
      usd: null,
      durationMs: 0,
      models: null,
    },
    { kind: "result", ok: true, raw },
  ];
}
