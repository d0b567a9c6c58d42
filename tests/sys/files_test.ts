import assert from "node:assert/strict";
import { FileError, type FileFault } from "../../lib/core/file_error.ts";
import { refusalOf } from "../../lib/sys/refusal.ts";
import { systemHost } from "../../lib/sys/mod.ts";

const { files } = systemHost();
const onLinux = Deno.build.os === "linux";

function withFolder(act: (dir: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const dir = await Deno.realPath(await Deno.makeTempDir());
    try {
      await act(dir);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function modeOf(path: string): number {
  return Deno.lstatSync(path).mode! & 0o777;
}

function refused(fault: FileFault): (error: unknown) => boolean {
  return (error) => error instanceof FileError && error.fault === fault;
}

Deno.test(
  "append() returns the size after the write, behind a foreign writer too",
  withFolder((dir) => {
    const file = files.openAppend(`${dir}/log`);
    assert.equal(file.append(bytes("first\n")), 6);
    Deno.writeTextFileSync(`${dir}/log`, "foreign\n", { append: true });
    assert.equal(file.append(bytes("third\n")), 20);
    assert.equal(file.size(), 20);
    file.sync();
    file.close();
    assert.equal(Deno.readTextFileSync(`${dir}/log`), "first\nforeign\nthird\n");
    assert.equal(modeOf(`${dir}/log`), 0o600);
  }),
);

Deno.test(
  "readAt() reads anywhere and leaves appends at the end",
  withFolder((dir) => {
    const file = files.openAppend(`${dir}/log`);
    file.append(bytes("0123456789"));
    const into = new Uint8Array(4);
    assert.equal(file.readAt(2, into), 4);
    assert.equal(new TextDecoder().decode(into), "2345");
    assert.equal(file.append(bytes("X")), 11);
    assert.equal(file.readAt(9, into), 2);
    assert.equal(file.readAt(11, into), 0);
    file.close();
  }),
);

Deno.test({
  name: "append() throws FileError full where the disk is",
  ignore: !onLinux,
  fn() {
    const file = files.openAppend("/dev/full");
    assert.throws(() => file.append(bytes("line\n")), refused("full"));
    file.close();
  },
});

Deno.test(
  "append() throws FileError full when only a part was written",
  withFolder((dir) => {
    const script = `
      import { systemHost } from ${JSON.stringify(import.meta.resolve("../../lib/sys/mod.ts"))};
      const file = systemHost().files.openAppend("big");
      try { file.append(new Uint8Array(12 << 20)); } catch (error) { console.log(error.fault, file.size()); }`;
    Deno.writeTextFileSync(`${dir}/script.ts`, script);
    // A limit of 20,480 blocks of 512 bytes cuts the write short just as a full disk does.
    const limited = 'trap "" XFSZ; ulimit -f 20480; exec "$@"';
    const { stdout } = new Deno.Command("/bin/sh", {
      args: ["-c", limited, "sh", Deno.execPath(), "run", "-A", "--no-lock", `${dir}/script.ts`],
      cwd: dir,
    }).outputSync();
    assert.match(new TextDecoder().decode(stdout), /^full \d+\n$/);
  }),
);

Deno.test(
  "open() gives the file's inode and null where there is none",
  withFolder((dir) => {
    Deno.writeTextFileSync(`${dir}/a`, "abc");
    const file = files.open(`${dir}/a`)!;
    assert.equal(file.inode, files.stat(`${dir}/a`)!.inode);
    assert.equal(file.size(), 3);
    file.close();
    assert.equal(files.open(`${dir}/none`), null);
    assert.equal(files.open(`${dir}/a/below`), null);
  }),
);

Deno.test(
  "readText() replaces bad bytes and is null where there is no file",
  withFolder((dir) => {
    Deno.writeFileSync(`${dir}/a`, new Uint8Array([97, 0xff, 98]));
    assert.equal(files.readText(`${dir}/a`), "a\ufffdb");
    assert.equal(files.readText(`${dir}/none`), null);
    assert.throws(() => files.readText(dir), refused("other"));
  }),
);

Deno.test(
  "replace() puts a new private file in place and leaves no temporary one",
  withFolder((dir) => {
    Deno.writeTextFileSync(`${dir}/a`, "old and longer", { mode: 0o644 });
    files.replace(`${dir}/a`, "new", "lasting");
    assert.equal(files.readText(`${dir}/a`), "new");
    assert.equal(modeOf(`${dir}/a`), 0o600);
    assert.deepEqual(files.list(dir), [{ name: "a", isFile: true, isLink: false }]);
  }),
);

Deno.test(
  "replace() and link() remove their temporary file when they fail",
  withFolder((dir) => {
    Deno.mkdirSync(`${dir}/taken/inside`, { recursive: true });
    assert.throws(() => files.replace(`${dir}/taken`, "text", "lasting"), FileError);
    assert.throws(() => files.link(`${dir}/taken`, "target"), FileError);
    assert.deepEqual(files.list(dir)!.map((entry) => entry.name), ["taken"]);
    assert.throws(() => files.replace(`${dir}/none/a`, "text", "lasting"), refused("missing"));
  }),
);

Deno.test(
  "write() makes a private file and truncates",
  withFolder((dir) => {
    files.write(`${dir}/a`, "long text");
    files.write(`${dir}/a`, "short");
    assert.equal(files.readText(`${dir}/a`), "short");
    assert.equal(modeOf(`${dir}/a`), 0o600);
  }),
);

Deno.test(
  "link() replaces a file and a link",
  withFolder((dir) => {
    files.write(`${dir}/R1.log`, "one");
    files.write(`${dir}/current.log`, "a file");
    files.link(`${dir}/current.log`, "gone.log");
    files.link(`${dir}/current.log`, "R1.log");
    assert.equal(Deno.readLinkSync(`${dir}/current.log`), "R1.log");
    assert.equal(files.realPath(`${dir}/current.log`), `${dir}/R1.log`);
    assert.deepEqual(files.list(dir)!.filter((entry) => entry.isLink).map((entry) => entry.name), [
      "current.log",
    ]);
  }),
);

Deno.test(
  "makeDir() makes parents that only the owner may enter, and accepts what is there",
  withFolder((dir) => {
    files.makeDir(`${dir}/a/b`);
    files.makeDir(`${dir}/a/b`);
    assert.deepEqual([modeOf(`${dir}/a`), modeOf(`${dir}/a/b`)], [0o700, 0o700]);
  }),
);

Deno.test(
  "stat(), list(), realPath() and remove() tell that there is nothing",
  withFolder((dir) => {
    assert.equal(files.stat(`${dir}/none`), null);
    assert.equal(files.list(`${dir}/none`), null);
    assert.equal(files.realPath(`${dir}/none`), null);
    assert.equal(files.remove(`${dir}/none`), false);
    assert.throws(() => files.rename(`${dir}/none`, `${dir}/other`), refused("missing"));
  }),
);

Deno.test(
  "stat() follows links and knows programs and folders",
  withFolder((dir) => {
    Deno.writeTextFileSync(`${dir}/tool`, "#!/bin/sh\n");
    Deno.chmodSync(`${dir}/tool`, 0o755);
    Deno.utimeSync(`${dir}/tool`, 1_000, 1_000.5);
    Deno.symlinkSync("tool", `${dir}/alias`);
    const { inode: _, ...facts } = files.stat(`${dir}/alias`)!;
    assert.deepEqual(facts, {
      size: 10,
      mtime: 1_000_500,
      isFile: true,
      isDir: false,
      executable: true,
      isOwn: true,
    });
    assert.equal(files.stat(dir)!.isDir, true);
    assert.equal(files.remove(`${dir}/alias`), true);
    assert.equal(files.stat(`${dir}/tool`)!.isFile, true);
  }),
);

Deno.test(
  "lock() excludes a second owner and flock(1) until it is released",
  withFolder((dir) => {
    const path = `${dir}/serve.lock`;
    const held = files.lock(path)!;
    assert.equal(files.lock(path), null);
    if (onLinux) assert.equal(new Deno.Command("flock", { args: ["-n", path, "true"] }).outputSync().code, 1);
    held.release();
    files.lock(path)!.release();
    assert.equal(modeOf(path) & 0o600, 0o600);
    assert.throws(() => files.lock(`${dir}/none/lock`), refused("missing"));
  }),
);

Deno.test({
  name: "openAppend() throws FileError denied where nobody may write",
  ignore: !onLinux,
  fn() {
    assert.throws(() => files.openAppend("/proc/sys/kernel/osrelease"), refused("denied"));
  },
});

Deno.test("refusalOf() tells a read-only file system and a spent quota from other refusals", () => {
  const cases: readonly (readonly [string, FileFault])[] = [
    ["Read-only file system (os error 30)", "read_only"],
    ["Disk quota exceeded (os error 122)", "full"],
    ["No space left on device (os error 28)", "full"],
    ["Input/output error (os error 5)", "other"],
    ["Too many links (os error 302)", "other"],
  ];
  for (const [text, fault] of cases) assert.equal(refusalOf(new Error(text), "/a").fault, fault);
  assert.equal(refusalOf(new Error("broken"), "/a").message, "/a: broken");
});
