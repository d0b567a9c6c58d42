import assert from "node:assert/strict";
import { COMMANDS } from "../../lib/cli/commands.ts";
import { SCENARIOS } from "../../lib/cli/fake_scenarios.ts";
import { helpText } from "../../lib/cli/help_text.ts";
import { VERSION } from "../../lib/core/version.ts";
import manifest from "../../deno.json" with { type: "json" };

Deno.test("VERSION is the one of deno.json", () => {
  assert.equal(VERSION, manifest.version);
});

Deno.test("fake-agent --help names every scenario", async () => {
  const help = await helpText("agent-runner fake-agent", COMMANDS["fake-agent"]!);
  for (const name of Object.keys(SCENARIOS)) assert.match(help, new RegExp(`[ ,]${name}[,.]`), name);
});
