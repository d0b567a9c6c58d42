/**
 * Posts a line to a webhook of the Slack kind when a round went badly.
 *
 * ```toml
 * [[plugins.load]]
 * source = "./plugins/webhook_notifier.ts"
 * permissions = { net = ["hooks.example.com"] }
 * config = { url = "https://hooks.example.com/services/T0/B0/x", verdicts = ["failed", "timed_out", "limited"] }
 * ```
 *
 * The line holds the project's name, the round's number, its verdict and its time: nothing of the agent's output. The
 * address is a secret itself, so it is in no error either.
 *
 * @module
 */
import type { HookContext, Json, Plugin, RoundResult } from "../../../lib/core/plugin.ts";

/** How long the other side may take (ms); the rest of the plugin's own limit is left over. */
const ANSWER_MS = 10_000;

/** Verdicts that are told unless the configuration names others. */
const BAD = ["failed", "timed_out"];

interface Settings {
  readonly url: string;
  readonly verdicts: readonly string[];
}

export default {
  apiVersion: 1,
  name: "webhook_notifier",
  configSchema: (raw) => ({ ...settingsOf(raw) }),
  async postRound(context, result) {
    const { url, verdicts } = context.config as unknown as Settings;
    if (context.dry_run || !verdicts.includes(result.verdict)) return;
    await post(url, { text: lineOf(context, result) });
  },
} satisfies Plugin;

/** The checked configuration; throws an Error that says what is wrong with it. */
function settingsOf(raw: Json): Settings {
  const { url, verdicts = BAD } = raw as { readonly url?: unknown; readonly verdicts?: unknown };
  if (typeof url !== "string" || !URL.canParse(url)) throw new Error("url must be the webhook's address");
  if (!Array.isArray(verdicts) || !verdicts.every((verdict) => typeof verdict === "string")) {
    throw new Error('verdicts must be a list such as ["failed"]');
  }
  return { url, verdicts };
}

function lineOf({ project }: HookContext, result: RoundResult): string {
  const phase = result.phase === null ? "" : ` (${result.phase})`;
  return `${project}: round ${result.round_num}${phase} ${result.verdict} after ${
    Math.round(result.duration_s)
  } s`;
}

async function post(url: string, body: Json): Promise<void> {
  const status = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    redirect: "error",
    signal: AbortSignal.timeout(ANSWER_MS),
  }).then(async (response) => {
    await response.body?.cancel();
    return response.status;
  }, (error: unknown) => {
    // The runtime's own words would hold the address.
    throw new Error(`the webhook cannot be reached (${error instanceof Error ? error.name : "unknown"})`);
  });
  if (status >= 300) throw new Error(`the webhook answered ${status}`);
}
