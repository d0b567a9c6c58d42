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
    "plugins.load.source": 15,
  });
});

Deno.test("lineOf() takes the table around it, when the key itself is absent", () => {
  const lines = keyLines(parseTOML, TEXT);
  assert.equal(lineOf(lines, "agent.prompt_arg_template"), 2);
  assert.equal(lineOf(lines, "monitor.host_health.disk_warning_pct"), 9);
  assert.equal(lineOf(lines, "runtime.work_dir"), null);
  assert.equal(lineOf(lines, ""), null);
});
