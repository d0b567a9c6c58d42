import assert from "node:assert/strict";
import type { HookContext, RoundResult } from "../../../lib/core/plugin.ts";
import plugin from "./webhook_notifier.ts";

const RESULT = { round_num: 12, phase: "build", verdict: "failed", duration_s: 61.4 } as RoundResult;

/** A webhook on this machine that answers with `status`; what it was sent is kept. */
async function withWebhook(
  status: number,
  act: (url: string, sent: readonly unknown[]) => Promise<void>,
): Promise<void> {
  const sent: unknown[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    sent.push(await request.json());
    return new Response(null, { status });
  });
  await act(`http://127.0.0.1:${server.addr.port}/secret-path`, sent);
}

function contextWith(url: string, more: Partial<HookContext> = {}): HookContext {
  return { project: "shop", dry_run: false, config: plugin.configSchema({ url }), ...more } as HookContext;
}

Deno.test("postRound() posts one line about a round that went badly", async () => {
  await withWebhook(200, async (url, sent) => {
    await plugin.postRound(contextWith(url), RESULT);
    assert.deepEqual(sent, [{ text: "shop: round 12 (build) failed after 61 s" }]);
  });
});

Deno.test("postRound() is silent after a good round, and in a dry run", async () => {
  await withWebhook(200, async (url, sent) => {
    await plugin.postRound(contextWith(url), { ...RESULT, verdict: "productive" });
    await plugin.postRound(contextWith(url, { dry_run: true }), RESULT);
    assert.deepEqual(sent, []);
  });
});

Deno.test("postRound() fails without the address in its words, when the webhook refuses or is not there", async () => {
  let gone = "";
  await withWebhook(503, async (url) => {
    gone = url;
    await assert.rejects(plugin.postRound(contextWith(url), RESULT), /^Error: the webhook answered 503$/);
  });
  await assert.rejects(plugin.postRound(contextWith(gone), RESULT), (error: Error) => {
    assert.match(error.message, /^the webhook cannot be reached/);
    assert.doesNotMatch(`${error.message} ${error.stack}`, /secret-path/);
    return true;
  });
});

Deno.test("configSchema() says what is wrong", () => {
  assert.throws(() => plugin.configSchema({}), /url must be/);
  assert.throws(
    () => plugin.configSchema({ url: "https://a.example/", verdicts: "failed" }),
    /verdicts must be/,
  );
});
