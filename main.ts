import { runCli } from "./lib/cli/run_cli.ts";
import { exitWith, systemHost } from "./lib/sys/mod.ts";

if (import.meta.main) {
  const [word, ...words] = Deno.args;
  if (word === "__sandbox") await (await import("./lib/sys/sandbox_loop.ts")).runSandbox(words);
  else {
    exitWith(
      await runCli(systemHost(), Deno.args, {
        plugins: async () => (await import("./plugins/mod.ts")).PLUGINS,
        presets: async () => await import("./presets/mod.ts"),
      }),
    );
  }
}
