import assert from "node:assert/strict";
import { FileError } from "../../lib/core/file_error.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { cpuMsOf, parseProcStat } from "../../lib/sys/proc_table.ts";
import { parsePs, parsePsTime, psTable } from "../../lib/sys/ps_table.ts";
import { OUTPUT_BYTES_MAX } from "../../lib/sys/run_program.ts";

const { processes } = systemHost();
const soon = { cwd: "/", timeoutMs: 20_000 };

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

Deno.test("inspect() and list() know this process, and null where there is none", () => {
  const own = processes.inspect(processes.self.pid)!;
  assert.equal(own.pid, Deno.pid);
  assert.equal(own.parent, Deno.ppid);
  assert.equal(own.startTime, processes.self.startTime);
  assert.equal(own.zombie, false);
  assert.deepEqual(processes.list().find((info) => info.pid === Deno.pid), own);
  assert.match(processes.commandLine(Deno.pid), /deno test /);
  assert.equal(processes.inspect(99_999_999), null);
  assert.equal(processes.commandLine(99_999_999), "");
});

Deno.test("cpuMs() grows with the work of a process, and is null where there is none", () => {
  const before = processes.cpuMs(Deno.pid)!;
  const until = before + 50;
  // The work itself: as much as it takes, and no more than a minute of it.
  for (const start = performance.now(); processes.cpuMs(Deno.pid)! < until;) {
    assert.ok(performance.now() - start < 60_000);
  }
  assert.equal(processes.cpuMs(99_999_999), null);
  assert.ok(psTable().cpuMs(Deno.pid)! >= 0);
  assert.equal(psTable().cpuMs(99_999_999), null);
});

Deno.test({
  name: "releasePages() gives back most of what the program's file holds",
  ignore: Deno.build.os !== "linux",
  async fn() {
    // In a process of its own: here other tests run beside this one, and fetch pages at the same time.
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-config",
        "--no-lock",
        "--quiet",
        import.meta.resolve("./gives_pages_back.ts"),
      ],
    }).output();
    assert.equal(code, 0, text(stderr));
  },
});

Deno.test("cpuMsOf() adds the waited-for children's time", () => {
  const times = "5 7 11 13";
  const line = `43 (a) R (b c) S 1 42 41 0 -1 4194560 417 2 11 0 ${times} 20 0 6 0 70395 18588454912 11621`;
  assert.equal(cpuMsOf(line), 360);
  assert.equal(cpuMsOf("43 (sh) S 1 42"), null);
});

Deno.test("parsePsTime() reads the times of Linux and macOS", () => {
  assert.equal(parsePsTime("00:01:02\n"), 62_000);
  assert.equal(parsePsTime("2-03:00:01"), 183_601_000);
  assert.equal(parsePsTime("  0:00.15"), 150);
  assert.equal(parsePsTime(""), null);
});

Deno.test("parseProcStat() counts from the last parenthesis", () => {
  const rest = "1 42 41 0 -1 4194560 417 2 11 0 8 12 0 0 20 0 6 0 70395 18588454912 11621";
  assert.deepEqual(parseProcStat(`43 (a) R (b c) Z ${rest}\n`), {
    pid: 43,
    parent: 1,
    group: 42,
    session: 41,
    name: "a) R (b c",
    startTime: "70395",
    zombie: true,
    suspended: false,
  });
  assert.equal(parseProcStat(`43 (sh) S ${rest}`)!.zombie, false);
  assert.equal(parseProcStat(`43 (sh) T ${rest}`)!.suspended, true);
  assert.equal(parseProcStat("43 (sh) S 1 42"), null);
  assert.equal(parseProcStat(""), null);
});

Deno.test("parsePs() reads the table of macOS", () => {
  const table = [
    "  PID  PPID  PGID   SESS STARTED                      STAT COMM",
    "    1     0     1      0 Mon Nov  2 09:05:00 2026     Ss   /sbin/launchd",
    " 4242     1  4240 0xfe12 Tue Nov  3 19:05:07 2026     Z    (my tool)",
    " 4243     1  4243      0 Tue Nov  3 19:05:07 2026     T+   vi",
    "",
  ].join("\n");
  const startTime = "Mon Nov 2 09:05:00 2026";
  assert.deepEqual(parsePs(table), [
    {
      pid: 1,
      parent: 0,
      group: 1,
      session: 0,
      name: "/sbin/launchd",
      startTime,
      zombie: false,
      suspended: false,
    },
    {
      pid: 4242,
      parent: 1,
      group: 4240,
      session: 0,
      name: "(my tool)",
      startTime: "Tue Nov 3 19:05:07 2026",
      zombie: true,
      suspended: false,
    },
    {
      pid: 4243,
      parent: 1,
      group: 4243,
      session: 0,
      name: "vi",
      startTime: "Tue Nov 3 19:05:07 2026",
      zombie: false,
      suspended: true,
    },
  ]);
});

Deno.test("psTable() agrees with the kernel about this process", () => {
  const table = psTable();
  const { startTime: _, ...byPs } = table.inspect(Deno.pid)!;
  const { startTime: __, ...byKernel } = processes.inspect(Deno.pid)!;
  assert.deepEqual(byPs, byKernel);
  assert.equal(table.list().some((info) => info.pid === Deno.pid), true);
  assert.equal(table.commandLine(Deno.pid), processes.commandLine(Deno.pid));
  assert.equal(table.inspect(99_999_999), null);
});

Deno.test("signal() says whether somebody is there and reaches a whole group", async () => {
  const child = new Deno.Command("sh", {
    args: ["-c", "sleep 600 & echo up; wait"],
    detached: true,
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  assert.equal(text((await reader.read()).value!), "up\n");
  assert.equal(processes.signal(-child.pid, "SIGTERM"), true);
  // The end of the stream comes when the last of the group has gone.
  assert.equal((await reader.read()).done, true);
  assert.equal((await child.status).signal, "SIGTERM");
  assert.equal(processes.signal(child.pid, "SIGTERM"), false);
  assert.equal(processes.signal(-99_999_999, "SIGTERM"), false);
});

Deno.test("signal() refuses what would reach its own group or everybody", () => {
  for (const pid of [0, -1, -1.5, Number.NaN]) {
    assert.throws(() => processes.signal(pid, "SIGWINCH"), RangeError);
  }
});

Deno.test("run() returns code and both streams, with nothing on standard input", async () => {
  const script = "cat; echo out; echo err >&2; echo $EXTRA; pwd; exit 3";
  const result = await processes.run(["sh", "-c", script], { ...soon, env: { EXTRA: "more" } });
  assert.deepEqual({ ...result, stdout: text(result.stdout) }, {
    code: 3,
    stdout: "out\nmore\n/\n",
    stderr: "err\n",
  });
  assert.equal((await processes.run(["sh", "-c", "kill -TERM $$"], soon)).code, 128 + 15);
});

Deno.test("run() keeps the first 64 MiB of the output and reads the rest", async () => {
  const { code, stdout } = await processes.run([
    "head",
    "-c",
    String(OUTPUT_BYTES_MAX + 100_000),
    "/dev/zero",
  ], soon);
  assert.deepEqual([code, stdout.length], [0, OUTPUT_BYTES_MAX]);
});

Deno.test("run() ends the program and all that it started at the time-out", async () => {
  const dir = await Deno.makeTempDir();
  const pipe = `${dir}/pipe`;
  assert.equal((await processes.run(["mkfifo", pipe], soon)).code, 0);
  const script = 'trap "" TERM; sleep 600 >"$1" & echo started; wait';
  const running = processes.run(["sh", "-c", script, "sh", pipe], { cwd: "/", timeoutMs: 2000 });
  // Reads until the last writer has gone.
  const read = Deno.readTextFile(pipe);
  const { code, stdout } = await running;
  assert.deepEqual([code, text(stdout)], [null, "started\n"]);
  assert.equal(await read, "");
  await Deno.remove(dir, { recursive: true });
});

Deno.test("run() does not wait for what the program left running", async () => {
  const { code, stdout } = await processes.run(["sh", "-c", "sleep 600 & echo $!; exit 0"], soon);
  assert.equal(code, 0);
  assert.equal(processes.signal(Number(text(stdout)), "SIGKILL"), true);
});

Deno.test("run() rejects with FileError missing where the program or the folder is not there", async () => {
  function missing(error: unknown): boolean {
    return error instanceof FileError && error.fault === "missing";
  }
  await assert.rejects(processes.run(["no-such-program"], soon), missing);
  await assert.rejects(processes.run(["true"], { ...soon, cwd: "/no/such/folder" }), missing);
});
