import assert from "node:assert/strict";
import { changedKeys } from "../../lib/core/config_changes.ts";
import { accepted, MINIMAL, withKey } from "./config_samples.ts";

function changedBy(before: unknown, after: unknown): readonly string[] {
  return changedKeys(accepted(before).config, accepted(after).config);
}

Deno.test("changedKeys() names keys of all tables in their order, whether set, changed or taken away", () => {
  const after = {
    ...MINIMAL,
    agent: { ...MINIMAL.agent, env: { A: "1" } },
    runtime: { ...MINIMAL.runtime, max_rounds: 5 },
    monitor: { host_health: { disk_warning_pct: 80 } },
  };
  const keys = ["agent.env", "runtime.max_rounds", "monitor.host_health.disk_warning_pct"];
  assert.deepEqual(changedBy(MINIMAL, after), keys);
  assert.deepEqual(changedBy(after, MINIMAL), keys);
  assert.deepEqual(changedBy(after, after), []);
});

Deno.test("changedKeys() names what has changed in a phase and for a plugin", () => {
  const phases = (more: object) => ({ ...MINIMAL, phases: { list: ["a", "b"], ...more } });
  assert.deepEqual(changedBy(phases({}), phases({ b: { round_timeout_s: 5 } })), [
    "phases.b.round_timeout_s",
  ]);
  assert.deepEqual(changedBy(withKey("plugins.mine", { level: 1 }), withKey("plugins.mine", { level: 2 })), [
    "plugins.mine",
  ]);
});

Deno.test("changedKeys() takes a default for the same, when it is written down", () => {
  assert.deepEqual(changedBy(MINIMAL, withKey("runtime.restart_delay_s", 3)), []);
});
