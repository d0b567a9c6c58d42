import assert from "node:assert/strict";
import { follow } from "../../lib/observe/follow.ts";
import { layoutOf } from "../../lib/store/layout.ts";
import { EVENTS, simHost } from "../sim/fixtures.ts";
import type { SimHost } from "../sim/sim_host.ts";

/** What is printed while something is done to the file at each second. */
async function followed(
  before: string,
  ...deeds: readonly ((sim: SimHost) => void)[]
): Promise<readonly string[]> {
  const sim = simHost(1);
  sim.foreignAppend(EVENTS, before);
  for (const [index, deed] of deeds.entries()) sim.at((index + 1) * 1000, () => deed(sim));
  const over = new AbortController();
  sim.at((deeds.length + 1) * 1000, () => over.abort());
  return await sim.run(async (host) => {
    const lines: string[] = [];
    for await (const line of follow(host, layoutOf("/project/logs"), over.signal)) lines.push(line);
    return lines;
  });
}

function add(text: string): (sim: SimHost) => void {
  return (sim) => sim.foreignAppend(EVENTS, text);
}

Deno.test("follow() gives whole lines that are appended, a half-written one when it is whole", async () => {
  assert.deepEqual(await followed("old\nha", add("lf\nnew\n"), add("la"), add("st\n")), [
    "half",
    "new",
    "last",
  ]);
});

Deno.test("follow() begins at the start, when another file of the name is there", async () => {
  const other = (sim: SimHost) => sim.files.replace(EVENTS, "a much longer line than that\nb\n", "whole");
  assert.deepEqual(await followed("old\n", add("1\n"), other, add("c\n")), [
    "1",
    "a much longer line than that",
    "b",
    "c",
  ]);
});

Deno.test("follow() begins at the start, when the file was emptied", async () => {
  const empty = (sim: SimHost) => sim.files.write(EVENTS, "");
  assert.deepEqual(await followed("old\n", empty, add("longer than before\nb\n")), [
    "longer than before",
    "b",
  ]);
});
