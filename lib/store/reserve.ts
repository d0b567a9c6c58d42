import type { Host } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";
import type { Layout } from "./layout.ts";

/** Bytes. */
const SIZE = 64 * 1024;

/** Takes room that can be given back to a full disk, so that the first lines after it was noticed still fit. */
export function keepReserve(host: Host, layout: Layout): void {
  if (host.files.stat(layout.reserve) !== null) return;
  if (bestEffort(() => host.files.write(layout.reserve, " ".repeat(SIZE))) !== null) {
    freeReserve(host, layout);
  }
}

export function freeReserve(host: Host, layout: Layout): void {
  bestEffort(() => host.files.remove(layout.reserve));
}
