import assert from "node:assert/strict";
import type { Host, ProcessInfo } from "../../lib/host.ts";
import { settleLeftovers } from "../../lib/supervise/contain.ts";
import { simHost } from "../sim/fixtures.ts";

const ROUND = { pid: 100, startTime: "1", id: "round", cgroup: null };
const END = { action: "end", ignore: [] } as const;

/** Only quick looks ever meet it, as it forks and exits for ever; it ends at the first signal. */
function elusive(host: Host): Host {
  let lives = true;
  const processes = {
    self: host.processes.self,
    list: () => [],
    inspect: (pid: number) => pid === SEEN.pid ? SEEN : null,
    commandLine: () => "",
    marked: (_id: string, which: string) => which === "newest" && lives ? [SEEN.pid] : [],
    signal(pid: number) {
      if (pid !== SEEN.pid || !lives) return false;
      lives = false;
      return true;
    },
  };
  return new Proxy(host, {
    get: (target, key) => key === "processes" ? processes : target[key as keyof Host],
  });
}

const SEEN: ProcessInfo = {
  pid: 777,
  parent: 1,
  group: 777,
  session: 777,
  name: "potato",
  startTime: "5",
  zombie: false,
  suspended: false,
};

Deno.test("settleLeftovers() names what only a quick look has met", async () => {
  const { ended, left } = await simHost(1).run((host) => settleLeftovers(elusive(host), ROUND, 1, END));
  assert.deepEqual(ended.map(({ pid, name, escaped }) => [pid, name, escaped]), [[
    777,
    "potato",
    "own_session",
  ]]);
  assert.deepEqual(left, []);
});
