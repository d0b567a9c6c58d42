import assert from "node:assert/strict";
import type { LoggedEvent } from "../../lib/core/events.ts";
import { givenHooks } from "./given_hooks.ts";

Deno.test("serve() ends a program that takes too long, first by TERM and then by KILL", async () => {
  const { project } = givenHooks(
    [
      { on: "pre_round", run: ["gives-in"], timeout_s: 10 },
      { on: "pre_round", run: ["stubborn"], timeout_s: 10 },
    ],
    {
      "gives-in": () => ({ exit: null }),
      stubborn: () => ({
        exit: null,
        onTerm: "ignore",
        children: [{ name: "child", afterMs: 10, exit: null, ownSession: true, onTerm: "ignore" }],
      }),
    },
    { runtime: { kill_grace_s: 7 } },
  );
  await project.serve(1);
  assert.deepEqual(
    project.of("hook_failed").map(({ error_message, round_num }) => [error_message, round_num]),
    [["no end within 10 s", 1], ["no end within 10 s", 1]],
  );
  const [first, second] = project.of("hook_ran");
  assert.deepEqual([first!.exit_code, second!.exit_code], [-15, -9]);
  assert.ok(first!.duration_s < 12);
  assert.ok(second!.duration_s >= 17 && second!.duration_s < 25);
  assert.equal(project.sim.agents.alive, 0);
  assert.equal(project.of("round_end").length, 1);
});

Deno.test("serve() ends a program that floods", async () => {
  const { project } = givenHooks(
    [{ on: "post_round", run: ["floods"] }],
    {
      floods: () => ({
        lines: Array.from({ length: 40 }, (_, n) => ({ afterMs: n * 300, text: "x".repeat(1024 * 1024) })),
        exit: null,
      }),
    },
  );
  await project.serve(1);
  assert.equal(project.of("hook_failed")[0]?.error_message, "more than 16777216 bytes of output");
  assert.deepEqual(project.sim.files.list("/project/logs/hooks"), []);
});

Deno.test("serve() keeps the last words of a program, without its secrets", async () => {
  const { project } = givenHooks(
    [{ on: "post_round", run: ["talks"] }],
    {
      talks: () => ({
        lines: [...Array.from({ length: 200 }, (_, n) => `line ${n}`), "password=hunter2hunter2", "the end"]
          .map(
            (text) => ({ afterMs: 1, text }),
          ),
        exit: { afterMs: 5, code: 1 },
      }),
    },
  );
  await project.serve(1);
  const [{ output }] = project.of("hook_ran") as [LoggedEvent<"hook_ran">];
  assert.ok(output.length <= 1000);
  assert.match(output, /line 199\npassword=<redacted>\nthe end$/);
  assert.equal(project.of("hook_failed")[0]?.traceback, output);
});
