import assert from "node:assert/strict";
import { configPathOf } from "../../lib/cli/load_config.ts";
import { CWD } from "../sim/sim_disk.ts";
import { SimHost } from "../sim/sim_host.ts";

Deno.test("configPathOf() is absolute, and its folder without . and .., there or not", () => {
  const sim = new SimHost({ seed: 1 });
  const cases: readonly (readonly [flag: string | undefined, path: string])[] = [
    [undefined, `${CWD}/agent-runner.toml`],
    ["./sub/./x.toml", `${CWD}/sub/x.toml`],
    ["../x.toml", "/x.toml"],
    ["sub/../new/x.toml", `${CWD}/new/x.toml`],
    ["/etc/../srv//x.toml", "/srv/x.toml"],
  ];
  for (const [flag, path] of cases) assert.equal(configPathOf(sim, flag), path, flag);
});

Deno.test("configPathOf() follows links before it takes .. away", () => {
  const sim = new SimHost({ seed: 1 });
  sim.disk.makeDir("/releases/v3");
  sim.disk.makeDir(CWD);
  sim.files.link(`${CWD}/now`, "/releases/v3");
  assert.equal(configPathOf(sim, "now/../x.toml"), "/releases/x.toml");
  assert.equal(configPathOf(sim, "now/x.toml"), `${CWD}/now/x.toml`);
});
