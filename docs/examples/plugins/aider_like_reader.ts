/**
 * Reads the output of a CLI that prints plain text and marks its own lines with `helper: `.
 *
 * It knows a rate limit ("try again in 90 s", "try again at 14:30"), a refused login, the token counts and the closing
 * line. What the model says has no such mark, so it is never taken for the CLI's own word.
 *
 * ```toml
 * [[plugins.load]]
 * source = "./plugins/aider_like_reader.ts"
 * ```
 *
 * It is chosen when `agent.command` begins with a program called `helper`, or by `agent.reader = "helper"`.
 *
 * @module
 */
import type { Finding, LimitFinding, Plugin, UsageFinding } from "../../../lib/core/plugin.ts";

/** Before each line that the CLI writes itself. */
const OWN = "helper: ";

export default {
  apiVersion: 1,
  name: "aider_like_reader",
  agents: ["helper"],
  interest: [OWN],
  reader() {
    let usage = NO_USAGE;
    return {
      line(text): readonly Finding[] {
        const words = ownWords(text);
        if (words === null) return [];
        const used = usageIn(words);
        if (used === null) return findingsIn(words, Date.now());
        // The last one counts, so each carries the sum.
        usage = sumOf(usage, used);
        return [usage];
      },
    };
  },
  ownWords,
} satisfies Plugin;

/** The words behind the mark, null on a line of the model's. */
export function ownWords(line: string): string | null {
  return line.startsWith(OWN) ? line.slice(OWN.length) : null;
}

/** What a line says that is no usage line. */
export function findingsIn(words: string, now: number): readonly Finding[] {
  if (/^rate limit\b/i.test(words)) return [limitIn(words, now)];
  if (/^(login required|invalid api key)\b/i.test(words)) return [{ kind: "auth_failed", raw: words }];
  if (/^finished\b/.test(words)) return [{ kind: "result", ok: true, raw: words }];
  if (/^failed\b/.test(words)) return [{ kind: "result", ok: false, raw: words }];
  return [];
}

/** Without a time the wait is estimated, and doubles. */
function limitIn(words: string, now: number): LimitFinding {
  return { kind: "limit", scope: "account", window: null, resetAt: resetIn(words, now), raw: words };
}

/** "in N s", or "at HH:MM" by this machine's own clock: the next time that it is so late. */
function resetIn(words: string, now: number): number | null {
  const seconds = /try again in (\d+) ?s\b/i.exec(words)?.[1];
  if (seconds !== undefined) return now + Number(seconds) * 1000;
  const [, hours, minutes] = /try again at (\d{1,2}):(\d{2})\b/i.exec(words) ?? [];
  if (hours === undefined) return null;
  const at = new Date(now);
  at.setHours(Number(hours), Number(minutes), 0, 0);
  if (at.getTime() <= now) at.setDate(at.getDate() + 1);
  return at.getTime();
}

const NO_USAGE: UsageFinding = {
  kind: "usage",
  model: "unknown",
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: 0,
  cacheCreationTokens: 0,
  toolCalls: 0,
  usd: null,
  durationMs: 0,
  models: null,
};

/** `tokens: 1200 sent, 80 received, $0.0123`, the cost may be missing. */
function usageIn(words: string): UsageFinding | null {
  const found = /^tokens: (\d+) sent, (\d+) received(?:, \$(\d+\.\d+))?/.exec(words);
  if (found === null) return null;
  const [, sent, received, usd] = found;
  return {
    ...NO_USAGE,
    inputTokens: Number(sent),
    outputTokens: Number(received),
    usd: usd === undefined ? null : Number(usd),
  };
}

function sumOf(one: UsageFinding, other: UsageFinding): UsageFinding {
  return {
    ...one,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    usd: one.usd === null && other.usd === null ? null : (one.usd ?? 0) + (other.usd ?? 0),
  };
}
