import assert from "node:assert/strict";
import { initialState, type ProjectState } from "../../lib/core/project_state.ts";
import { type Defense, defenses } from "../../lib/observe/defenses.ts";
import { accepted, MINIMAL, withKey } from "../core/config_samples.ts";
import { ROOT } from "../rules/tree.ts";
import { SimHost } from "../sim/sim_host.ts";
import type { MachineOptions } from "../sim/sim_machine.ts";

/** The test that fails, or one of those that do, when the defence is taken away. */
const GUARDS: Readonly<Record<string, string>> = {
  round_timeout_s: "serve() ends a round at the limit of its phase",
  process_group_isolation: "runRound() leaves nothing of an agent that ",
  sigterm_reaper: "serve ends the round at the second SIGTERM, and an agent that heeds it ends by itself",
  set_diff_classification: "parseGitStatus() takes the new name of a rename and skips the old one",
  orphan_stash_idempotency_s: "uses a stash of the same round and content again, and only such a one",
  sha_locked_stash: "never overwrites a ref that is there",
  critical_envs_injection: "runRound() gives the agent its variables, and [agent.env] last",
  startup_smoke_check: "failedChecks() looks at the prompt of every phase and names all problems at once",
  crash_loop_breaker: "crash_loop starts to count again",
  flock_concurrency: "launch() takes the lock before its gate and ends with 75 where somebody holds it",
  atomic_state_writes: "replace() puts a new private file in place and leaves no temporary one",
  event_kind_registry: "decodeEvent() is null, when the value is no event of a known kind",
};

function found(
  machine: Partial<MachineOptions> = {},
  state: ProjectState = initialState(),
  config = accepted(MINIMAL).config,
): ReadonlyMap<string, Defense> {
  const all = defenses(new SimHost({ seed: 1, machine }), config, state);
  return new Map(all.map((one) => [one.name, one]));
}

Deno.test("defenses() has the twelve of the Python version in their order, with its incidents", () => {
  assert.deepEqual([...found().values()].map(({ name, codifies }) => [name, codifies]), [
    ["round_timeout_s", "R1128"],
    ["process_group_isolation", "#307"],
    ["sigterm_reaper", "R725"],
    ["orphan_stash_idempotency_s", "R820"],
    ["sha_locked_stash", "§9"],
    ["set_diff_classification", "R2110"],
    ["critical_envs_injection", null],
    ["startup_smoke_check", "R721 + #446"],
    ["crash_loop_breaker", "Run 6"],
    ["flock_concurrency", null],
    ["atomic_state_writes", null],
    ["event_kind_registry", null],
  ]);
});

Deno.test("defenses() names a test that exists for each that is carried out", () => {
  for (const { name, guarded_by } of found().values()) {
    if (guarded_by === null) continue;
    const title = GUARDS[name];
    assert.ok(title !== undefined, `which test guards ${name}?`);
    assert.ok(Deno.readTextFileSync(ROOT + guarded_by).includes(title), `${guarded_by} has no "${title}"`);
  }
});

Deno.test("defenses() measures what the machine and the environment weaken", () => {
  const state = (containment: readonly string[]): ProjectState => ({
    ...initialState(),
    serve: { kind: "started", pid: 1, version: "1", since: 0, containment, completed: 0, ended: 0, good: 0 },
  });
  const group = (containment: readonly string[]) =>
    found({}, state(containment)).get("process_group_isolation")?.current_state;
  assert.deepEqual([group(["cgroup", "session"]), group(["session", "group", "marker"])], [
    "active",
    "degraded",
  ]);
  assert.equal(found({ hasFlock: true }).get("flock_concurrency")?.current_state, "active");
  assert.equal(found({ hasFlock: false }).get("flock_concurrency")?.current_state, "degraded");
  const env = { AGENT_RUNNER_SKIP_STARTUP_CHECK: "1" };
  assert.equal(found({ env }).get("startup_smoke_check")?.current_state, "off");
  assert.equal(found().get("startup_smoke_check")?.current_state, "active");
});

Deno.test("defenses() lists the agent's variables by name only, and is off without any", () => {
  const { config } = accepted(withKey("agent.env", { TOKEN: "secret", A: "1" }));
  const { value, current_state } = found({}, initialState(), config).get("critical_envs_injection")!;
  assert.deepEqual([value, current_state], [["A", "TOKEN"], "active"]);
  assert.equal(found().get("critical_envs_injection")?.current_state, "off");
});
