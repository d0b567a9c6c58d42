import assert from "node:assert/strict";
import { activityText } from "../../lib/cli/serve_voice.ts";
import { systemHost } from "../../lib/sys/mod.ts";

Deno.test("activityText() names the end of a wait where it is known", () => {
  const host = systemHost();
  const now = Date.UTC(2026, 0, 5, 12);
  const noon = {
    ...host,
    clock: { ...host.clock, now: () => now },
    env: { ...host.env, zoneOffsetMin: () => 0 },
  };
  const until = now + 90_000;
  assert.match(
    activityText({ kind: "waiting", rule: "throttled", until }, noon),
    /^waiting until 12:01:30 .*in 1 min 30 s/,
  );
  assert.equal(activityText({ kind: "waiting", rule: "lock_held", until }, noon).includes("until"), false);
});
