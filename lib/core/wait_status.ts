/** How the gated launcher's agent ended, as far as the files that it left can tell. */
export type WaitStatus =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: number }
  /** The launcher could not start the agent; `why` is the shell's own wording. */
  | { readonly kind: "not_started"; readonly why: string }
  /** The launcher was killed while the agent ran. */
  | { readonly kind: "launcher_lost" }
  /** The gate was never opened. */
  | { readonly kind: "never_started" };

/**
 * Reads what the launcher left, once it has ended.
 *
 * The launcher's standard error is the status file in the making, so a shell's remark on how its child died stands
 * before the number. Only the presence of such a remark counts: its words differ by shell and are translated. No
 * shell remarks on INT and PIPE: those two read as exited with 130 and 141.
 *
 * @param status content of the status file, null where there is none
 * @param tmp content of the `.tmp` file beside it, null where there is none
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(readWaitStatus("Terminated\n143\n", null), { kind: "signalled", signal: 15 });
 * assert.deepEqual(readWaitStatus("143\n", null), { kind: "exited", code: 143 });
 * assert.deepEqual(readWaitStatus(null, ""), { kind: "launcher_lost" });
 * ```
 */
export function readWaitStatus(status: string | null, tmp: string | null): WaitStatus {
  const text = status ?? tmp;
  if (text === null) return { kind: "never_started" };
  const lines = text.split("\n");
  // What follows the final newline is no line: a number that was cut short must not be believed.
  lines.pop();
  // A number in the `.tmp` counts as well: then the launcher was killed between writing and renaming it.
  const code = numberOf(lines.at(-1));
  const remarks = code === null ? text.trim() : lines.slice(0, -1).join("\n").trim();
  if (code === null) {
    return status === null && remarks !== ""
      ? { kind: "not_started", why: remarks }
      : { kind: "launcher_lost" };
  }
  if (remarks === "") return { kind: "exited", code };
  return code > SIGNAL_BASE
    ? { kind: "signalled", signal: code - SIGNAL_BASE }
    : { kind: "not_started", why: remarks };
}

/**
 * The usual name of a signal on Linux, such as `SIGTERM` for 15; `SIG` and the number where it has none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(signalName(9), "SIGKILL");
 * assert.equal(signalName(40), "SIG40");
 * ```
 */
export function signalName(n: number): string {
  const name = n === 34 ? "RTMIN" : n === 64 ? "RTMAX" : SIGNALS[n - 1];
  return `SIG${name ?? n}`;
}

/** A shell reports the death of a child by signal n as 128 + n (POSIX 2.8.2 asks for more than 128). */
const SIGNAL_BASE = 128;

/** Linux on x86 and ARM (signal(7)), from 1 on. */
const SIGNALS: readonly string[] =
  ("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG " +
    "XCPU XFSZ VTALRM PROF WINCH IO PWR SYS").split(" ");

function numberOf(line: string | undefined): number | null {
  return line !== undefined && /^\d{1,3}$/.test(line) ? Number(line) : null;
}
