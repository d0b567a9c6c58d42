/**
 * agent-runner as it is on a machine without cgroup v2: everything else is real.
 *
 * @module
 */
import { runCli } from "../../lib/cli/run_cli.ts";
import { exitWith, systemHost } from "../../lib/sys/mod.ts";
import { PLUGINS } from "../../plugins/mod.ts";

if (import.meta.main) {
  const host = systemHost();
  const { prepareJoin, make, members, isPopulated, cpuMs, kill, remove } = host.cgroups;
  const cgroups = { root: null, prepareJoin, make, members, isPopulated, cpuMs, kill, remove };
  exitWith(
    await runCli({ ...host, cgroups }, Deno.args, {
      plugins: PLUGINS,
      presets: async () => await import("../../presets/mod.ts"),
    }),
  );
}
