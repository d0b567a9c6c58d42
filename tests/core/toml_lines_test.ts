import assert from "node:assert/strict";
import { parseTOML } from "toml-eslint-parser";
import { keyLines, lineOf } from "../../lib/core/toml_lines.ts";

const TEXT = `# a comment
[agent]
command = [
  "claude",
]
env = { A = "1", B = "2" }

[monitor.host_health]
disk_warning_pct = 90

[phases."code review"]
prompt.files = ["a"]

[[plugins.load]]
source = "x"

[[plugins.load]]
source = "y"
[plugins.load.permissions]
emit = true

[[hooks]]
on = "dirty"
`;

Deno.test("keyLines() places tables and keys, however they are written", () => {
  const lines = keyLines(parseTOML, TEXT);
  assert.deepEqual(Object.fromEntries(lines), {
    "agent": 2,
    "agent.command": 3,
    "agent.env": 6,
    "agent.env.A": 6,
    "agent.env.B": 6,
    "monitor.host_health": 8,
    "monitor.host_health.disk_warning_pct": 9,
    "phases.code review": 11,
    "phases.code review.prompt.files": 12,
    "plugins.load": 14,
    "plugins.load[0]": 14,
    "plugins.load[0].source": 15,
    "plugins.load[1]": 17,
    "plugins.load[1].source": 18,
    "plugins.load[1].permissions": 19,
    "plugins.load[1].permissions.emit": 20,
    "hooks": 22,
    "hooks[0]": 22,
    "hooks[0].on": 23,
  });
});

Deno.test("keyLines() places the items of a list that is written as a value", () => {
  const lines = keyLines(
    parseTOML,
    `[plugins]\nload = [\n  { source = "x" },\n  { source = "y", config = { a = 1 } },\n]\n`,
  );
  assert.deepEqual(Object.fromEntries(lines), {
    "plugins": 1,
    "plugins.load": 2,
    "plugins.load[0]": 3,
    "plugins.load[0].source": 3,
    "plugins.load[1]": 4,
    "plugins.load[1].source": 4,
    "plugins.load[1].config": 4,
    "plugins.load[1].config.a": 4,
  });
});

Deno.test("lineOf() takes the table around it, when the key itself is absent", () => {
  const lines = keyLines(parseTOML, TEXT);
  assert.equal(lineOf(lines, "agent.prompt_arg_template"), 2);
  assert.equal(lineOf(lines, "monitor.host_health.disk_warning_pct"), 9);
  assert.equal(lineOf(lines, "plugins.load[1].sha256"), 17);
  assert.equal(lineOf(lines, "plugins.load[1].permissions.read"), 19);
  assert.equal(lineOf(lines, "plugins.load[7]"), 14);
  assert.equal(lineOf(lines, "runtime.work_dir"), null);
  assert.equal(lineOf(lines, ""), null);
});
