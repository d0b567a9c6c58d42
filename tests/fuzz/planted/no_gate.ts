/**
 * Planted: the agent is let go before its round is recorded. There is no cgroup here, as an agent that is too early
 * cannot join the one that is made after the record, and does not run.
 *
 * @module
 */
import { startWith } from "../start_with.ts";

await startWith((host) => ({
  ...host,
  cgroups: { ...host.cgroups, root: null },
  processes: {
    ...host.processes,
    launch: (spec) => {
      const launch = host.processes.launch(spec);
      // Through the pipe's other end, since `openGate` writes only when the event loop comes round.
      Deno.writeTextFileSync(`/proc/${launch.pid}/fd/0`, "go\n");
      return launch;
    },
  },
}));
