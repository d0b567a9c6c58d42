import { runCli } from "./lib/cli/run_cli.ts";
import { exitWith, systemHost } from "./lib/sys/mod.ts";

if (import.meta.main) {
  exitWith(
    await runCli(systemHost(), Deno.args, {
      plugins: async () => (await import("./plugins/mod.ts")).PLUGINS,
      presets: async () => await import("./presets/mod.ts"),
    }),
  );
}
