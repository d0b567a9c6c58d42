/** Why a file operation was refused, as far as the callers act on it. */
export type FileFault = "full" | "read_only" | "denied" | "missing" | "other";

/** Thrown by the `Files` port; `fault` says what kind of refusal it was. */
export class FileError extends Error {
  override readonly name = "FileError";

  constructor(readonly fault: FileFault, readonly path: string, detail: string) {
    super(`${path}: ${detail}`);
  }
}

/** Does file work that nothing depends on; gives the refusal, or null when it went well. */
export function bestEffort(work: () => void): FileError | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof FileError) return error;
    throw error;
  }
}
