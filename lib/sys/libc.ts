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
