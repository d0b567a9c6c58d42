import assert from "node:assert/strict";
import { run } from "@stricli/core";
import { application, COMMANDS } from "../../lib/cli/commands.ts";
import type { CliContext } from "../../lib/cli/context.ts";
import { SCENARIOS } from "../../lib/cli/fake_scenarios.ts";
import { hoistGlobals, NESTED } from "../../lib/cli/hoist_globals.ts";
import { VERSION } from "../../lib/core/version.ts";
import manifest from "../../deno.json" with { type: "json" };

async function printed(...words: readonly string[]): Promise<string> {
  let text = "";
  const stream = { write: (part: string) => void (text += part) };
  await run(application, words, { process: { stdout: stream, stderr: stream } } as unknown as CliContext);
  return text;
}

Deno.test("VERSION is the one of deno.json", () => {
  assert.equal(VERSION, manifest.version);
});

Deno.test("fake-agent --help names every scenario", async () => {
  const help = await printed("fake-agent", "--help");
  for (const name of Object.keys(SCENARIOS)) assert.match(help, new RegExp(`[ ,]${name}[,.]`), name);
});

Deno.test("application suggests the nearest verb and flag, and where help is", async () => {
  assert.match(await printed("peke"), /^error: .*did you mean `peek`\?\nhint: agent-runner --help\n$/s);
  assert.match(await printed("peek", "--selct", "x"), /^error: .*did you mean --select\?/s);
});

Deno.test("NESTED names the verbs that have actions", () => {
  const nested = Object.entries(COMMANDS).filter(([, verb]) => "getRoutingTargetForInput" in verb);
  assert.deepEqual(nested.map(([name]) => name), NESTED);
});

Deno.test("hoistGlobals() moves --config and --json behind the verb, the later one winning", () => {
  const cases: [string, string][] = [
    ["--config a peek", "peek --config a"],
    ["--json --config a peek --config b", "peek --config b --json"],
    ["peek --select status --json", "peek --json --select status"],
    ["--config=a serve --once", "serve --config a --once"],
    ["fake-agent -- --json", "fake-agent -- --json"],
    ["peek --config", "peek --config"],
    ["--version", "--version"],
    ["--config a plugin add x --json", "plugin add --config a --json x"],
    ["plugin --json --help", "plugin --json --help"],
  ];
  for (const [given, wanted] of cases) assert.equal(hoistGlobals(given.split(" ")).join(" "), wanted);
});
