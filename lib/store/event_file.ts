import type { AppendFile, Host } from "../host.ts";
import { eventFileName, eventFileNames, lastPlausibleName } from "./fold.ts";
import type { Layout } from "./layout.ts";

/** Name of the file that an event of now belongs into: never an older one than is there. */
export function currentName(host: Host, layout: Layout): string {
  const now = host.clock.now();
  const newest = lastPlausibleName(now);
  const last = eventFileNames(host, layout).filter((name) => name <= newest).at(-1) ?? "";
  const wanted = eventFileName(now);
  return last > wanted ? last : wanted;
}

/**
 * Opens for appending, with the last line ended.
 * @throws FileError
 */
export function openWhole(host: Host, layout: Layout, name: string): AppendFile {
  const file = host.files.openAppend(`${layout.dir}/${name}`);
  if (isTornAt(file, file.size())) file.append(LINE_END);
  return file;
}

export const LINE_END = new Uint8Array([10]);

/** Whether the line that ends at this offset lacks its end. */
export function isTornAt(file: AppendFile, offset: number): boolean {
  const byte = LINE_END.slice();
  if (offset > 0) file.readAt(offset - 1, byte);
  return byte[0] !== LINE_END[0];
}

/** Whether neither an event nor a checkpoint is left, as when somebody has removed or moved the log directory. */
export function isTakenAway(host: Host, layout: Layout): boolean {
  return host.files.stat(layout.checkpoint) === null && eventFileNames(host, layout).length === 0;
}
