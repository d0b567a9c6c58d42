import { FileError } from "../../core/file_error.ts";
import { oneLine } from "../../core/cells.ts";
import type { Host } from "../../host.ts";

/** How long a package with all that it needs may take (ms). */
const LIMIT_MS = 300_000;

/**
 * Fetches an npm package, with all that it needs, into the runtime's cache, where it is found without a network.
 * @returns null when it is there, else why not
 */
export async function fetchPackage(host: Host, specifier: string): Promise<string | null> {
  const { runtime, cwd } = host.env;
  if (runtime === null) return "this program was compiled with its runtime, which cannot fetch packages";
  try {
    const argv = [runtime, "cache", "--no-config", "--no-lock", "--quiet", specifier];
    const { code, stderr } = await host.processes.run(argv, {
      cwd,
      timeoutMs: LIMIT_MS,
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    });
    if (code === 0) return null;
    return code === null ? `no answer within ${LIMIT_MS / 1000} s` : wordsOf(stderr);
  } catch (error) {
    if (error instanceof FileError) return error.message;
    throw error;
  }
}

/** What the runtime says went wrong, without where it was when it did. */
function wordsOf(stderr: string): string {
  const [text = ""] = stderr.split(/\n\s*(?:at |Stack backtrace)/);
  return oneLine(text.replace(/^error: /, "").trim()) || "the runtime does not say why";
}
