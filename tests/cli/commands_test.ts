import assert from "node:assert/strict";
import { run } from "@stricli/core";
import { application } from "../../lib/cli/commands.ts";
import type { CliContext } from "../../lib/cli/context.ts";
import { SCENARIOS } from "../../lib/cli/fake_scenarios.ts";
import { takeGlobals } from "../../lib/cli/take_globals.ts";
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

Deno.test("takeGlobals() takes --config and --json out of the arguments, the later one winning", () => {
  const cases: readonly (readonly [given: string, words: string, globals: object])[] = [
    ["--config a peek", "peek", { config: "a" }],
    ["--json --config a peek --config b", "peek", { config: "b", json: true }],
    ["peek --select status --json", "peek --select status", { json: true }],
    ["--config=a serve --once", "serve --once", { config: "a" }],
    ["fake-agent -- --json", "fake-agent -- --json", {}],
    ["fake-agent good --json", "fake-agent good --json", {}],
    ["peek --config", "peek --config", {}],
    ["--json", "--json", {}],
    ["--config a plugin add x --json", "plugin add x", { config: "a", json: true }],
    ["events -- --json", "events -- --json", {}],
  ];
  for (const [given, words, globals] of cases) {
    assert.deepEqual(takeGlobals(given.split(" ")), { words: words.split(" "), globals }, given);
  }
});
