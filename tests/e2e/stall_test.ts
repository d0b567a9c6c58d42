import assert from "node:assert/strict";
import { systemHost } from "../../lib/sys/mod.ts";
import { ROOT } from "../rules/tree.ts";
import { withProject } from "./small_project.ts";

/** How the round's CPU time is seen: by its cgroup where there is one, and without. */
const SIGHTS: Readonly<Record<string, string>> = {
  ...(systemHost().cgroups.root === null ? {} : { "in a cgroup": `${ROOT}main.ts` }),
  "without a cgroup": `${ROOT}tests/e2e/without_cgroup.ts`,
};

for (const [how, entry] of Object.entries(SIGHTS)) {
  Deno.test(`serve ends an agent that has stalled, ${how}`, async () => {
    const command = ["sh", "-c", "echo hello; sleep 300 & sleep 300"];
    await withProject({ command, runtime: { stall_timeout_s: 2 } }, async (project) => {
      const { code, stderr } = await project.run(["serve", "--once"], { entry });
      assert.equal(code, 0, stderr);
      const [exit] = project.of("agent_exit");
      assert.deepEqual([exit?.ending, exit?.timed_out, exit?.exit_cause], ["stalled", true, "timeout"]);
      assert.ok(Number(exit?.duration_s) >= 2);
      assert.deepEqual(project.of("round_timeout_kill").map(({ reason }) => reason), [
        "no output, no CPU, no open tool for stall_timeout_s=2",
      ]);
      assert.equal(project.of("round_end")[0]?.verdict, "timed_out");
      assert.deepEqual(project.living(), []);
    });
  });

  Deno.test(`serve leaves a silent agent alone whose child works, ${how}`, async () => {
    const command = ["sh", "-c", "(while :; do :; done) & wait"];
    const runtime = { stall_timeout_s: 2, round_timeout_s: 6 };
    await withProject({ command, runtime }, async (project) => {
      await project.run(["serve", "--once"], { entry });
      assert.equal(project.of("agent_exit")[0]?.ending, "timed_out");
    });
  });
}
