import { FileError } from "../core/file_error.ts";
import type { DiskSize } from "../host.ts";
import { findProgram } from "./find_program.ts";
import { once } from "../core/once.ts";
import { runProgram } from "./run_program.ts";

/** A network file system that does not answer is given up after this (ms). */
const TIMEOUT_MS = 5000;

/** By df(1) in its POSIX form: the runtime has no call for it. */
export async function diskSize(dir: string): Promise<DiskSize | null> {
  const text = await output(["df", "-Pk", dir]);
  const [total, used, available] = (text?.trimEnd().split("\n").at(-1) ?? "").split(/\s+/).slice(1, 4).map(
    bytesOf,
  );
  if (total === undefined || used === undefined || available === undefined) return null;
  return [total, used, available].every(Number.isSafeInteger) ? { total, used, available } : null;
}

function bytesOf(blocks: string): number {
  return /^\d+$/.test(blocks) ? Number(blocks) * 1024 : NaN;
}

/** By fallocate(1) of util-linux; BusyBox's cannot do it. */
export async function punch(path: string, from: number, length: number): Promise<boolean> {
  const program = fallocate();
  if (program === null || length <= 0) return false;
  const range = ["--offset", String(from), "--length", String(length)];
  return await output([program, "--punch-hole", ...range, path]) !== null;
}

const fallocate = once(() => findProgram("fallocate"));

/** Null when the program is missing or says no. */
async function output(argv: readonly string[]): Promise<string | null> {
  try {
    const { code, stdout } = await runProgram(argv, {
      cwd: "/",
      env: { LC_ALL: "C" },
      timeoutMs: TIMEOUT_MS,
    });
    return code === 0 ? new TextDecoder().decode(stdout) : null;
  } catch (error) {
    if (error instanceof FileError) return null;
    throw error;
  }
}
