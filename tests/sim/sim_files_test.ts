import assert from "node:assert/strict";
import { FileError } from "../../lib/core/file_error.ts";
import { bytes, EVENTS, simHost } from "./fixtures.ts";

Deno.test("lock() excludes a second open, and a death sets it free", () => {
  const sim = simHost(1);
  const other = sim.secondProgram();
  const lock = sim.files.lock("/project/serve.lock");
  assert.ok(lock);
  assert.equal(sim.files.lock("/project/serve.lock"), null);
  assert.equal(other.files.lock("/project/serve.lock"), null);
  lock.release();
  assert.ok(other.files.lock("/project/serve.lock"));
  other.die("test");
  assert.ok(sim.files.lock("/project/serve.lock"));
  sim.kill();
  assert.ok(sim.reboot({ power: false }).files.lock("/project/serve.lock"));
});

Deno.test("Files.replace() makes a new inode, openAppend() follows a renamed one", () => {
  const { files } = simHost(1);
  files.write("/project/a", "1");
  const first = files.stat("/project/a")?.inode;
  files.replace("/project/a", "2", "lasting");
  assert.notEqual(files.stat("/project/a")?.inode, first);
  const log = files.openAppend("/project/log");
  assert.equal(log.append(bytes("one ")), 4);
  files.rename("/project/log", "/project/log.1");
  assert.equal(log.append(bytes("two")), 7);
  const into = new Uint8Array(9);
  assert.equal(log.readAt(4, into), 3);
  assert.equal(log.readAt(7, into), 0);
  assert.equal(files.readText("log.1"), "one two");
  assert.equal(files.readText("/project/log"), null);
});

Deno.test("Files follow links through folders, and list() does not", () => {
  const { files } = simHost(1);
  files.makeDir("/data/deep");
  files.write("/data/deep/a", "A");
  files.link("/project/logs", "/data");
  files.link("/data/b", "deep/a");
  files.link("/project/nowhere", "/no/such");
  assert.equal(files.readText("/project/logs/b"), "A");
  assert.equal(files.readText("/project/logs/deep/../../data/deep/a"), "A");
  assert.equal(files.realPath("/project/logs/b"), "/data/deep/a");
  assert.equal(files.realPath("/"), "/");
  assert.equal(files.stat("/project/nowhere"), null);
  assert.deepEqual(files.list("/data")?.toSorted((a, b) => a.name < b.name ? -1 : 1), [
    { name: "b", isFile: false, isLink: true },
    { name: "deep", isFile: false, isLink: false },
  ]);
  files.makeDir("/project/logs/new");
  assert.equal(files.stat("/data/new")?.isDir, true);
  assert.equal(files.remove("/project/logs"), true);
  assert.equal(files.remove("/project/logs"), false);
  assert.equal(files.list("/project/logs"), null);
});

Deno.test("Files refuse with FileError what cannot be", () => {
  const { files } = simHost(1);
  for (
    const act of [() => files.openAppend("/no/x"), () => files.rename("/no", "/y"), () => files.lock("/no/x")]
  ) {
    assert.throws(act, (error) => error instanceof FileError && error.fault === "missing");
  }
  for (
    const act of [() => files.remove("/home"), () => files.readText("/home"), () => files.write("/home", "")]
  ) {
    assert.throws(act, (error) => error instanceof FileError && error.fault === "other");
  }
});

Deno.test("disk.fillUntil() refuses, sometimes after a part, until its end or until room is made", async () => {
  const tails = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const sim = simHost(seed);
    sim.disk.put("/project/reserve", "0123456789");
    sim.disk.put("/project/state", "old");
    sim.disk.fillUntil(1000);
    const log = sim.files.openAppend("/project/log");
    assert.throws(() => log.append(bytes("line\n")), isFull);
    assert.throws(() => sim.files.replace("/project/state", "new", "lasting"), isFull);
    assert.equal(sim.files.readText("/project/state"), "old");
    tails.add(sim.files.readText("/project/log") ?? "?");
    sim.files.remove("/project/reserve");
    log.append(bytes("second\n"));
    assert.throws(() => log.append(bytes("third\n")), isFull);
    await sim.run((host) => host.clock.sleep(1000));
    log.append(bytes("fourth\n"));
  }
  assert.deepEqual([...tails].sort(), ["", "l", "li", "lin", "line"]);
});

Deno.test("disk.readOnlyUntil() refuses each change and no reading", () => {
  const { files, disk } = simHost(1);
  disk.put("/project/a", "A");
  disk.readOnlyUntil(1000);
  const changes = [
    () => files.write("/project/a", ""),
    () => files.remove("/project/a"),
    () => files.makeDir("/project/b"),
    () => files.lock("/project/a"),
  ];
  for (const change of changes) {
    assert.throws(change, (error) => error instanceof FileError && error.fault === "read_only");
  }
  assert.equal(files.readText("/project/a"), "A");
});

Deno.test("foreignAppend() writes into the program's file, the terminal keeps what was written", () => {
  const sim = simHost(1);
  const log = sim.files.openAppend(EVENTS);
  log.append(bytes("mine\n"));
  assert.equal(sim.foreignAppend(EVENTS, "theirs\n"), true);
  assert.equal(log.size(), 12);
  sim.terminal.err.write("a warning\n");
  assert.equal(sim.screen.err, "a warning\n");
});

function isFull(error: unknown): boolean {
  return error instanceof FileError && error.fault === "full";
}
