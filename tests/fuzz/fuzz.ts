/**
 * Kills real supervisors of real agents at drawn moments and checks each time that nothing was lost, nothing ran twice
 * and nothing is left.
 *
 * `deno task fuzz [--seed=1] [--points=200] [--project=K] [--lanes=4] [--entry=FILE] [--syscalls]`: `--project` runs
 * one project of the seed again; `--entry` fuzzes another script than the program; `--syscalls` kills at each system
 * call in turn (needs strace). Exit 1 and a directory to look at on a broken promise.
 *
 * @module
 */
import { type Options, parseOptions } from "./options.ts";
import { makePrograms } from "./programs.ts";
import { runPoints } from "./run_points.ts";
import { runSyscalls } from "./run_syscalls.ts";
import { printReport } from "./report.ts";

if (import.meta.main) Deno.exitCode = await fuzz(parseOptions(Deno.args));

async function fuzz(options: Options): Promise<number> {
  const began = performance.now();
  const root = await Deno.makeTempDir({ prefix: "agent-runner-fuzz-" });
  const programs = await makePrograms(options.entry, root);
  const tally = options.syscalls
    ? await runSyscalls(options, programs, root)
    : await runPoints(options, programs, root);
  if (tally.broken.length === 0) await Deno.remove(root, { recursive: true });
  return printReport(options, tally, (performance.now() - began) / 1000);
}
