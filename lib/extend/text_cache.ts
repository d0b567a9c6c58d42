/**
 * The texts of plugins that were fetched, by their hash. What is kept there is checked each time it is read.
 *
 * @module
 */
import { FileError } from "../core/file_error.ts";
import type { Host } from "../host.ts";

/** Null where it is not kept, or no longer what it was. */
export async function cachedText(host: Host, folder: string, sha256: string): Promise<string | null> {
  try {
    const text = host.files.readText(pathOf(folder, sha256));
    return text !== null && await host.files.sha256({ text }) === sha256 ? text : null;
  } catch (error) {
    if (error instanceof FileError) return null;
    throw error;
  }
}

/** Keeps a text; one that cannot be kept is fetched again the next time. */
export function cacheText(
  host: Host,
  folder: string,
  { text, sha256 }: { readonly text: string; readonly sha256: string },
): void {
  try {
    host.files.makeDir(folder);
    host.files.replace(pathOf(folder, sha256), text, "lasting");
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
  }
}

function pathOf(folder: string, sha256: string): string {
  return `${folder}/${sha256}.ts`;
}
