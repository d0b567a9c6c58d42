import { once } from "../core/once.ts";

/** What is called of the C library; numbers and structures are the same on all of Linux. */
const SYMBOLS = {
  madvise: { parameters: ["pointer", "usize", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
} as const;

/** The C library, null on other systems, with another library, or where calling it is not allowed. */
export const libc = once((): Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | null => {
  if (Deno.build.os !== "linux") return null;
  try {
    return Deno.dlopen("libc.so.6", SYMBOLS).symbols;
  } catch {
    return null;
  }
});

/** madvise(2): the pages leave this process; whoever needs one again gets it from its file. */
const MADV_DONTNEED = 4;

/** A run of memory that is a file's, as its first line in `/proc/self/smaps` tells it, and how much of it is not any more. */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p .* (\/.*)\n(?:[A-Z].*\n)*?Anonymous: +(\d+) kB$/gm;

/**
 * Lets go of the pages that hold the runtime's own code and constants, most of which only the start has needed. Pages
 * that were ever written to stay. Does nothing where the system has no such call.
 */
export function releasePages(): void {
  const library = libc();
  if (library === null) return;
  const program = Deno.execPath();
  for (const [, from, to, path, changed] of Deno.readTextFileSync("/proc/self/smaps").matchAll(MAPPING)) {
    if (path !== program || changed !== "0") continue;
    const begin = BigInt(`0x${from}`);
    library.madvise(Deno.UnsafePointer.create(begin), BigInt(`0x${to}`) - begin, MADV_DONTNEED);
  }
}
