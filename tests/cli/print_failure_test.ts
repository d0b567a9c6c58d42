import assert from "node:assert/strict";
import { printFailure } from "../../lib/cli/print_failure.ts";
import { EXIT } from "../../lib/core/exit_code.ts";
import { failure } from "../../lib/core/problem.ts";

function printed(...args: Parameters<typeof failure>): string {
  return printedAs(false, ...args);
}

function printedAs(asJson: boolean, ...args: Parameters<typeof failure>): string {
  let text = "";
  const err = {
    write: (more: string) => void (text += more),
    closed: false,
    isBehind: false,
    isTerminal: false,
    columns: () => 80,
  };
  printFailure(err, failure(...args), asJson);
  return text;
}

Deno.test("printFailure() aligns problems, and leaves out lines that nobody knows", () => {
  const problems = [
    { where: "agent.command", text: "must be a list", line: 3 },
    { where: "vcs", text: "unknown table", line: 12 },
    { where: "prompt.file", text: "is missing", line: null },
  ];
  assert.equal(
    printed(EXIT.config, "Cannot read a.toml: 3 problems", { problems, hint: "edit a.toml" }),
    [
      "error: Cannot read a.toml: 3 problems",
      "  line 3   agent.command  must be a list",
      "  line 12  vcs            unknown table",
      "  prompt.file    is missing",
      "hint: edit a.toml",
      "",
    ].join("\n"),
  );
});

Deno.test("printFailure() shows what a terminal would obey", () => {
  assert.equal(
    printed(EXIT.failed, "Cannot find \x1b[2J/\x9b\x7f", { hint: "cd a\tb" }),
    "error: Cannot find \\u001b[2J/\\u009b\\u007f\nhint: cd a\\u0009b\n",
  );
});

Deno.test("printFailure() shows them as JSON too, which still says the same", () => {
  const what = "Cannot find \x1b[2J/\x9b\x7f";
  const text = printedAs(true, EXIT.failed, what);
  assert.doesNotMatch(text, /[^\P{Cc}\n]/u);
  assert.equal(JSON.parse(text).error, what);
});
