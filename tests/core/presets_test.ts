import assert from "node:assert/strict";
import { parse } from "smol-toml";
import { PRESETS, PROMPT_SCAFFOLD } from "../../presets/mod.ts";
import { accepted } from "./config_samples.ts";

for (const name of ["claude", "aider", "gemini", "codewhale", "kimi", "pi"]) {
  Deno.test(`checkConfig() takes the Python version's preset as it is, when it is ${name}`, () => {
    const file = new URL(`../fixtures/python_project/presets/${name}.toml`, import.meta.url);
    const text = Deno.readTextFileSync(file).replaceAll("{project}", "site");
    const { config, notes } = accepted(parse(text));
    assert.equal(config.agent.name, name);
    assert.equal(config.runtime.log_dir, "/home/ann/.agent-runner/site/logs");
    assert.notEqual(config.monitor.auth_fail_hint, "");
    assert.deepEqual(notes, []);
  });
}

for (const { name, text } of PRESETS) {
  Deno.test(`PRESETS holds a file without a problem, a note or a dead key, when it is ${name}`, () => {
    const filled = text.replaceAll("{project}", "site").replaceAll("{program}", '"deno", "run", "main.ts"');
    const { config, notes, later } = accepted(parse(filled));
    assert.equal(config.agent.name, name);
    assert.equal(config.agent.prompt_delivery, "stdin");
    assert.deepEqual([notes, later], [[], []]);
  });
}

Deno.test("PRESETS is sharp, unless it rehearses", () => {
  const soft = PRESETS.filter(({ text }) => text.includes("[throttle]")).map(({ name }) => name);
  assert.deepEqual(soft, ["rehearsal"]);
});

Deno.test("PROMPT_SCAFFOLD passes the start-up check's own limits", () => {
  assert.ok(new TextEncoder().encode(PROMPT_SCAFFOLD).length >= 500);
  assert.match(PROMPT_SCAFFOLD, /^# \S/);
  for (
    const word of ["round-context", "round_num", "previous.exit_code", "git stash pop", "git stash drop"]
  ) {
    assert.ok(PROMPT_SCAFFOLD.includes(word), word);
  }
});
