import type { RunOptions, RunResult } from "../host.ts";
import { refusalOf } from "./refusal.ts";

/** Bytes of each output stream that are kept; the rest is read and dropped. */
export const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** Milliseconds that a stream stays open after the program has ended, for what it left running with it. */
export const DRAIN_MS = 1000;

/**
 * `Processes.run`. The program gets a session of its own: Ctrl-C at the terminal spares it, and a time-out ends all
 * that it started. `code` is 128 + n when signal n ended it.
 *
 * @param env the whole environment; null: this process's own with `options.env` on top
 * @throws FileError when the program or the folder is not there
 */
export async function runProgram(
  argv: readonly string[],
  options: RunOptions,
  env: Readonly<Record<string, string>> | null = null,
): Promise<RunResult> {
  const child = spawn(argv, options, env);
  if (options.stdin !== undefined) feed(child.stdin, options.stdin);
  const out = keepOutput(child.stdout);
  const err = keepOutput(child.stderr);
  function stopReading(): void {
    out.stop();
    err.stop();
  }
  let timedOut = false;
  let timer = setTimeout(() => {
    timedOut = true;
    killGroup(child.pid);
    stopReading();
  }, options.timeoutMs);
  try {
    const { code } = await child.status;
    clearTimeout(timer);
    timer = setTimeout(stopReading, DRAIN_MS);
    const [stdout, stderr] = await Promise.all([out.bytes, err.bytes]);
    return { code: timedOut ? null : code, stdout, stderr: new TextDecoder().decode(stderr) };
  } finally {
    clearTimeout(timer);
  }
}

function spawn(
  argv: readonly string[],
  options: RunOptions,
  env: Readonly<Record<string, string>> | null,
): Deno.ChildProcess {
  const [program = "", ...args] = argv;
  try {
    return new Deno.Command(program, {
      args,
      cwd: options.cwd,
      clearEnv: env !== null,
      env: { ...env, ...options.env },
      detached: true,
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    throw refusalOf(error, program);
  }
}

/** A program that ends, or is ended, without reading it all has its reasons. */
function feed(stream: WritableStream<Uint8Array<ArrayBuffer>>, bytes: Uint8Array<ArrayBuffer>): void {
  const writer = stream.getWriter();
  writer.write(bytes).then(() => writer.close()).catch(() => writer.abort()).catch(() => {});
}

function keepOutput(
  stream: ReadableStream<Uint8Array>,
): { readonly bytes: Promise<Uint8Array>; stop(): void } {
  const reader = stream.getReader();
  return {
    bytes: readAll(reader),
    stop: () => {
      // Cancelling ends a read that waits; what goes wrong while letting go is nobody's concern.
      reader.cancel().catch(() => {});
    },
  };
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let kept = 0;
  while (true) {
    const { value } = await reader.read();
    if (value === undefined) return joined(chunks, kept);
    const chunk = value.subarray(0, OUTPUT_BYTES_MAX - kept);
    if (chunk.length > 0) chunks.push(chunk);
    kept += chunk.length;
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function killGroup(leader: number): void {
  try {
    Deno.kill(-leader, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}
