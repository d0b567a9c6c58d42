import type { Host } from "../../lib/host.ts";
import { runCli } from "../../lib/cli/run_cli.ts";
import { exitWith, systemHost } from "../../lib/sys/mod.ts";
import { PLUGINS } from "../../plugins/mod.ts";
import * as presets from "../../presets/mod.ts";

/** The program as in `main.ts`, on a host that differs in one thing. */
export async function startWith(change: (host: Host) => Host): Promise<void> {
  const parts = { plugins: PLUGINS, presets: () => Promise.resolve(presets) };
  exitWith(await runCli(change(systemHost()), Deno.args, parts));
}
