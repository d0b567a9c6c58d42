// Most verbs need it. Met first in a module that is loaded later, it would be compiled anew at every start.
import "smol-toml";
import { runCli } from "./lib/cli/run_cli.ts";
import { exitWith, systemHost } from "./lib/sys/mod.ts";
import { PLUGINS } from "./plugins/mod.ts";

if (import.meta.main) {
  const [word, ...words] = Deno.args;
  if (word === "__sandbox") {
    await (await import("./lib/sys/sandbox_loop.ts" as string) as typeof import("./lib/sys/sandbox_loop.ts"))
      .runSandbox(words);
  } else {
    const presets = async () =>
      await import("./presets/mod.ts" as string) as typeof import("./presets/mod.ts");
    exitWith(await runCli(systemHost(), Deno.args, { plugins: PLUGINS, presets }));
  }
}
