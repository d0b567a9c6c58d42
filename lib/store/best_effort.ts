import { FileError } from "../core/file_error.ts";

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
