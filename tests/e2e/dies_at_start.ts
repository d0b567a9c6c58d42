/**
 * agent-runner that is killed at one moment of a round's start: `DIES=launched`, when the launcher has been started and
 * is not yet recorded; `DIES=recorded`, when it is and its gate is still shut.
 *
 * @module
 */
import { runCli } from "../../lib/cli/run_cli.ts";
import type { Host, Launch, LaunchSpec } from "../../lib/host.ts";
import { exitWith, systemHost } from "../../lib/sys/mod.ts";
import { PLUGINS } from "../../plugins/mod.ts";

if (import.meta.main) {
  const host = systemHost();
  exitWith(
    await runCli(
      { ...host, processes: { ...host.processes, launch: (spec) => launchAndDie(host, spec) } },
      Deno.args,
      {
        plugins: PLUGINS,
        presets: async () => await import("../../presets/mod.ts"),
      },
    ),
  );
}

function launchAndDie({ processes }: Host, spec: LaunchSpec): Launch {
  const started = processes.launch(spec);
  if (Deno.env.get("DIES") === "launched") die();
  return { ...started, openGate: die };
}

function die(): void {
  Deno.kill(Deno.pid, "SIGKILL");
}
