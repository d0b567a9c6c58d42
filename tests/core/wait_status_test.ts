import assert from "node:assert/strict";
import { readWaitStatus, signalName } from "../../lib/core/wait_status.ts";

Deno.test("readWaitStatus() takes a lone number as the agent's own exit code, also above 128", () => {
  for (const code of [0, 1, 127, 137, 143, 255]) {
    assert.deepEqual(readWaitStatus(`${code}\n`, null), { kind: "exited", code });
  }
});

Deno.test("readWaitStatus() tells a signal by the shell's remark, whatever its words", () => {
  assert.deepEqual(readWaitStatus("Terminated\n143\n", null), { kind: "signalled", signal: 15 });
  assert.deepEqual(readWaitStatus("Speicherzugriffsfehler\n139\n", null), { kind: "signalled", signal: 11 });
  const bash = 'launcher: line 9: 71 Killed  (\n  exec "$@"\n)\n137\n';
  assert.deepEqual(readWaitStatus(bash, null), { kind: "signalled", signal: 9 });
});

Deno.test("readWaitStatus() says not started when the launcher itself complained", () => {
  const why = "launcher: 8: cannot create /gone/R1.log: Directory nonexistent";
  for (const code of [2, 125, 128]) {
    assert.deepEqual(readWaitStatus(`${why}\n${code}\n`, null), { kind: "not_started", why });
  }
  assert.deepEqual(readWaitStatus(null, `${why}\n`), { kind: "not_started", why });
});

Deno.test("readWaitStatus() says that the launcher is lost when no number is there", () => {
  assert.deepEqual(readWaitStatus(null, ""), { kind: "launcher_lost" });
  assert.deepEqual(readWaitStatus("", null), { kind: "launcher_lost" });
  assert.deepEqual(readWaitStatus("\0\0\0", null), { kind: "launcher_lost" });
});

Deno.test("readWaitStatus() says never started when neither file is there", () => {
  assert.deepEqual(readWaitStatus(null, null), { kind: "never_started" });
});

Deno.test("readWaitStatus() believes a complete number that was not renamed yet", () => {
  assert.deepEqual(readWaitStatus(null, "0\n"), { kind: "exited", code: 0 });
  assert.deepEqual(readWaitStatus(null, "Killed\n137\n"), { kind: "signalled", signal: 9 });
});

Deno.test("readWaitStatus() prefers the status file to a .tmp beside it", () => {
  assert.deepEqual(readWaitStatus("7\n", "Killed\n"), { kind: "exited", code: 7 });
});

Deno.test("signalName() names Linux signals 1 to 31 and the ends of the real-time range", () => {
  const known: readonly (readonly [number, string])[] = [
    [1, "SIGHUP"],
    [6, "SIGABRT"],
    [9, "SIGKILL"],
    [15, "SIGTERM"],
    [16, "SIGSTKFLT"],
    [17, "SIGCHLD"],
    [29, "SIGIO"],
    [30, "SIGPWR"],
    [31, "SIGSYS"],
    [34, "SIGRTMIN"],
    [64, "SIGRTMAX"],
  ];
  for (const [n, name] of known) assert.equal(signalName(n), name);
});

Deno.test("signalName() falls back to the number", () => {
  assert.equal(signalName(0), "SIG0");
  assert.equal(signalName(32), "SIG32");
  assert.equal(signalName(72), "SIG72");
});
