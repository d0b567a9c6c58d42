import assert from "node:assert/strict";
import { RULES } from "../../lib/core/rules.ts";
import { runSeed } from "./swarm.ts";
import { FAULT_KINDS } from "./swarm_plan.ts";
import { brokenIn } from "./swarm_promises.ts";
import type { Story } from "./swarm_story.ts";

/** `AGENT_RUNNER_SEED=17` runs that seed alone. */
const ONE = Deno.env.get("AGENT_RUNNER_SEED");
const SEEDS = ONE === undefined ? Array.from({ length: 200 }, (_, n) => n + 1) : [Number(ONE)];

const rules = new Set<string>();
const faults = new Set<string>();

Deno.test("serve() keeps its promises whatever happens to it, over 200 seeds", async () => {
  const complaints: string[] = [];
  for (const seed of SEEDS) {
    const story = await runSeed(seed);
    note(story);
    const broken = brokenIn(story).map(({ promise, text }) => `  ${promise}: ${text}`);
    if (broken.length === 0) continue;
    const again = `AGENT_RUNNER_SEED=${seed} deno test -A tests/sim/swarm_test.ts`;
    complaints.push(`seed ${seed} breaks\n${broken.join("\n")}\n  once more: ${again}`);
  }
  assert.ok(complaints.length === 0, `${complaints.length} seeds\n${complaints.join("\n")}`);
});

Deno.test({
  name: "the seeds make every rule decide and every fault strike",
  ignore: ONE !== undefined,
  fn: () => {
    assert.deepEqual(Object.keys(RULES).filter((rule) => !rules.has(rule)), [], "rules that never decided");
    assert.deepEqual(FAULT_KINDS.filter((kind) => !faults.has(kind)), [], "faults that never struck");
  },
});

function note({ faults: struck, lives }: Story): void {
  for (const kind of struck) faults.add(kind);
  for (const { event } of lives.flatMap(({ heard }) => heard)) {
    if (event.event === "serve_stopped" || event.event === "wait_started") rules.add(event.rule);
  }
}
