import { FileError, type FileFault } from "../core/file_error.ts";

/** What Deno threw about `path`, as the `FileError` that the ports promise. */
export function refusalOf(error: unknown, path: string): FileError {
  if (error instanceof FileError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new FileError(faultOf(error, detail), path, detail);
}

/**
 * Runs `act` on `path`.
 * @throws FileError in place of whatever Deno throws
 */
export function refusing<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw refusalOf(error, path);
  }
}

/**
 * As `refusing`, but null where nothing is there.
 * @throws FileError for every refusal but `missing`
 */
export function nullIfMissing<T>(path: string, act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (isMissing(error)) return null;
    throw refusalOf(error, path);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

function faultOf(error: unknown, detail: string): FileFault {
  if (isMissing(error)) return "missing";
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "denied";
  }
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (code === "ENOSPC" || code === "EDQUOT" || /\(os error (28|122)\)/.test(detail)) return "full";
  if (code === "EROFS" || detail.includes("(os error 30)")) return "read_only";
  return "other";
}
