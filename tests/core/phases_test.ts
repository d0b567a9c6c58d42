import assert from "node:assert/strict";
import { forPhase, hasFreshEyes, phaseIndex, phaseOf } from "../../lib/core/phases.ts";
import { accepted, withKey } from "./config_samples.ts";

const LIST = ["plan", "build", "plan"];

function phased() {
  return accepted(withKey("phases", {
    list: LIST,
    build: { round_timeout_s: 60, disable_pre_round_hooks: true, prompt: { files: ["a.md", "b.md"] } },
  })).config;
}

Deno.test("phaseOf() gives the rounds their phases in turn, and none without a list", () => {
  const config = phased();
  assert.deepEqual([1, 2, 3, 4, 5].map((round) => phaseOf(config, round)), [
    { name: "plan", index: 0 },
    { name: "build", index: 1 },
    { name: "plan", index: 2 },
    { name: "plan", index: 0 },
    { name: "build", index: 1 },
  ]);
  assert.deepEqual(phaseOf(accepted(withKey("phases", {})).config, 7), { name: null, index: 0 });
});

Deno.test("phaseIndex() is the turn's place, or the first one of a phase out of turn", () => {
  const config = phased();
  assert.deepEqual([phaseIndex(config, 3, "plan"), phaseIndex(config, 2, "plan")], [2, 0]);
  assert.deepEqual([phaseIndex(config, 1, "build"), phaseIndex(config, 1, "gone")], [1, 0]);
  assert.equal(phaseIndex(accepted(withKey("phases", {})).config, 9, null), 0);
});

Deno.test("forPhase() replaces just what the phase names", () => {
  const config = phased();
  const build = forPhase(config, "build");
  assert.deepEqual([build.runtime.round_timeout_s, build.runtime.disable_pre_round_hooks], [60, true]);
  assert.deepEqual([build.prompt.file, build.prompt.files], [null, ["/srv/site/a.md", "/srv/site/b.md"]]);
  assert.deepEqual({ ...build, runtime: config.runtime, prompt: config.prompt }, config);
  for (const name of ["plan", "constructor", null]) assert.equal(forPhase(config, name), config);
});

Deno.test("hasFreshEyes() is true of every n-th round, and of none without n", () => {
  const every = accepted(withKey("runtime.fresh_eyes_every_n", 3)).config;
  assert.deepEqual([1, 2, 3, 4, 6].map((round) => hasFreshEyes(every, round)), [
    false,
    false,
    true,
    false,
    true,
  ]);
  assert.equal(hasFreshEyes(accepted(withKey("phases", {})).config, 3), false);
});
