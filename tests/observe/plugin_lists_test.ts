import assert from "node:assert/strict";
import { observe } from "../../lib/observe/observed.ts";
import { snapshot } from "../../lib/observe/snapshot.ts";
import { givenHooks } from "../supervise/given_hooks.ts";

Deno.test("snapshot() lists the programs of hooks, and nothing that is disabled", async () => {
  const hooks = [
    { on: "pre_round", run: ["prepare"] },
    { on: "post_round", run: ["off"] },
    { on: "dirty", run: ["tidy"] },
    { on: "serve_startup", run: ["begin"] },
  ];
  const lists = async (disable: readonly string[]) => {
    const { project } = givenHooks(hooks, {}, { plugins: { disable } });
    const builtIn = [{ name: "a_reader" }];
    const options = { round: null, withLog: false, events: 0 };
    const { plugins } = await project.sim.run((host) =>
      Promise.resolve(snapshot(host, project.config, builtIn, observe(host, project.config), options))
    );
    return [
      plugins.pre_round_hooks,
      plugins.post_round_hooks,
      plugins.dirty_handlers,
      plugins.serve_startup_hooks,
    ];
  };
  assert.deepEqual(await lists([]), [
    ["prepare"],
    ["a_reader", "off"],
    ["tidy", "default_dirty_handler"],
    ["begin"],
  ]);
  assert.deepEqual(await lists(["off", "a_reader", "default_dirty_handler"]), [["prepare"], [], ["tidy"], [
    "begin",
  ]]);
});
