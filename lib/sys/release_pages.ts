import { once } from "../core/once.ts";

/** madvise(2): the pages leave this process; whoever needs one again gets it from its file. The same on all of Linux. */
const MADV_DONTNEED = 4;

/** A run of memory that is a file's, as its first line in `/proc/self/smaps` tells it, and how much of it is not any more. */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p .* (\/.*)\n(?:[A-Z].*\n)*?Anonymous: +(\d+) kB$/gm;

/**
 * Lets go of the pages that hold the runtime's own code and constants, most of which only the start has needed. Pages
 * that were ever written to stay. Does nothing where the system has no such call.
 */
export function releasePages(): void {
  const advise = madvise();
  if (advise === null) return;
  const program = Deno.execPath();
  for (const [, from, to, path, changed] of Deno.readTextFileSync("/proc/self/smaps").matchAll(MAPPING)) {
    if (path === program && changed === "0") advise(BigInt(`0x${from}`), BigInt(`0x${to}`));
  }
}

const madvise = once((): ((from: bigint, to: bigint) => void) | null => {
  if (Deno.build.os !== "linux") return null;
  try {
    const { symbols } = Deno.dlopen("libc.so.6", {
      madvise: { parameters: ["pointer", "usize", "i32"], result: "i32" },
    });
    return (from, to) => {
      symbols.madvise(Deno.UnsafePointer.create(from), to - from, MADV_DONTNEED);
    };
  } catch {
    // Another C library, or no leave to call it: the pages stay.
    return null;
  }
});
