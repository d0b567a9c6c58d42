import assert from "node:assert/strict";
import { systemHost } from "../../lib/sys/mod.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** Between two looks at something that takes its time (ms). */
const LOOK_MS = 20;

Deno.test("selftest finds everything in order on this machine, and leaves nothing behind", () =>
  inFolder(async (dir) => {
    const { code, stdout, stderr } = await start(dir, "--json").output();
    const document = JSON.parse(text(stdout));
    const hasCgroup = systemHost().cgroups.root !== null;
    const failed = document.checks.filter(({ ok }: { ok: boolean }) => !ok).map(({ name, found }: Check) =>
      `${name}: ${found}`
    );
    assert.deepEqual(failed, hasCgroup ? [] : ["cgroup: no cgroup v2 that this user may make groups in"]);
    assert.deepEqual([code, text(stderr), document.ok], [hasCgroup ? 0 : 1, "", hasCgroup]);
    assertNothingLeft(dir);
  }));

Deno.test("selftest ends all that it has started when it is interrupted", () =>
  inFolder(async (dir) => {
    const child = start(dir, "--json").spawn();
    const output = child.output();
    while (processesIn(dir).every((words) => !words.includes("serve"))) {
      await systemHost().clock.sleep(LOOK_MS);
    }
    child.kill("SIGINT");
    const { code, stderr } = await output;
    assert.deepEqual([code, JSON.parse(text(stderr)).error], [1, "Self-test broken off by SIGINT"]);
    assertNothingLeft(dir);
  }));

interface Check {
  readonly name: string;
  readonly found: string;
}

async function inFolder(act: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "selftest-e2e-" }));
  try {
    await act(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The program with `dir` as the place for temporary folders. */
function start(dir: string, ...args: readonly string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--quiet", MAIN, "selftest", ...args],
    cwd: dir,
    env: { TMPDIR: dir },
    stdout: "piped",
    stderr: "piped",
  });
}

function assertNothingLeft(dir: string): void {
  assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), []);
  assert.deepEqual(processesIn(dir), []);
}

/** Command lines of the living processes that work in the folder, or below one of it. */
function processesIn(dir: string): readonly string[] {
  const { list, commandLine } = systemHost().processes;
  return list().filter(({ pid }) => folderOf(pid).startsWith(`${dir}/`)).map(({ pid }) => commandLine(pid));
}

/** "" for a process that has gone. */
function folderOf(pid: number): string {
  try {
    return Deno.readLinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
