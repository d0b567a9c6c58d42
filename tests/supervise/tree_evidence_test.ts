import assert from "node:assert/strict";
import { treeEvidence } from "../../lib/supervise/tree_evidence.ts";
import { hasChanged, lookAtWorkTree } from "../../lib/supervise/work_tree.ts";
import { host, TestRepository } from "./settle_repository.ts";

async function evidence(r: TestRepository, before: Awaited<ReturnType<TestRepository["look"]>>) {
  const { config } = r.supervision;
  const found = await treeEvidence(host, config, before, await host.git.status(config.runtime.work_dir));
  return [found.commits, found.filesChanged, found.linesAdded, found.linesDeleted];
}

Deno.test("treeEvidence() counts commits, files and lines, and what is not committed yet", async () => {
  await using r = await TestRepository.make();
  r.write("dirty before", "1");
  const before = await r.look();
  assert.deepEqual(await evidence(r, before), [0, 0, 0, 0]);
  r.write("kept", "one\n2\n3\n");
  r.write("ünï\n", "1\n");
  await r.git("add", "kept", "ünï\n");
  await r.git("commit", "-q", "-m", "second");
  r.write("binary", "\0\x01");
  await r.git("add", "binary");
  await r.git("commit", "-q", "-m", "third");
  r.write("uncommitted", "1");
  r.write("kept", "and again\n");
  assert.deepEqual(await evidence(r, before), [2, 4, 3, 1]);
});

Deno.test("treeEvidence() counts the first commit, and knows nothing where nobody looked", async () => {
  await using r = await TestRepository.make({ unborn: true });
  const before = await r.look();
  await r.commitAll("first");
  assert.deepEqual(await evidence(r, before), [1, 2, 3, 0]);
  assert.deepEqual(await evidence(r, { kind: "unknown", why: "" }), [null, null, null, null]);
});

for (const isTracked of [false, true]) {
  Deno.test(`treeEvidence() and hasChanged() pass over a log directory in the tree, ${isTracked ? "" : "not "}committed`, async () => {
    await using r = await TestRepository.make({ logDir: "site/logs" });
    const { config, log } = r.supervision;
    if (isTracked) await r.commitAll("second");
    const before = await r.look();
    log.append({ event: "serve_stopped", rule: "stop_asked", exit_code: 0 });
    r.write("logs/round-1.log", "1");
    const after = await lookAtWorkTree(r.supervision);
    assert.deepEqual([
      hasChanged(before, after),
      (await treeEvidence(host, config, before, after)).filesChanged,
    ], [
      false,
      0,
    ]);
    r.write("new", "1");
    assert.equal(hasChanged(before, await lookAtWorkTree(r.supervision)), true);
  });
}
