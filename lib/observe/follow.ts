import type { Host } from "../host.ts";
import { chunksForward } from "../store/blocks.ts";
import { eventFileNames } from "../store/fold.ts";
import type { Layout } from "../store/layout.ts";

/** Between two looks for new lines (ms). */
const LOOK_MS = 250;

/**
 * The lines that are appended to the event files from now on, whatever the month, until `over`, or until nobody reads
 * what is printed of them.
 */
export async function* follow(host: Host, layout: Layout, over: AbortSignal): AsyncGenerator<string> {
  const offsets = new Map<string, number>();
  for (const name of eventFileNames(host, layout)) offsets.set(name, endOf(host, layout, name));
  while (!over.aborted) {
    for (const name of eventFileNames(host, layout)) yield* newLines(host, layout, name, offsets);
    if (host.terminal.isOutUnread()) return;
    await host.clock.sleep(LOOK_MS, over);
  }
}

function* newLines(
  host: Host,
  layout: Layout,
  name: string,
  offsets: Map<string, number>,
): Generator<string> {
  const file = host.files.open(`${layout.dir}/${name}`);
  if (file === null) return;
  try {
    const from = offsets.get(name) ?? 0;
    for (const { text, end } of chunksForward(file, Math.min(from, file.size()))) {
      offsets.set(name, end);
      for (const line of text.split("\n")) if (line !== "") yield line;
    }
  } finally {
    file.close();
  }
}

/** End of the last whole line: a half-written one is printed when it is whole. */
function endOf(host: Host, layout: Layout, name: string): number {
  const file = host.files.open(`${layout.dir}/${name}`);
  if (file === null) return 0;
  try {
    const size = file.size();
    const tail = new Uint8Array(Math.min(size, 64 * 1024));
    file.readAt(size - tail.length, tail);
    const newline = tail.lastIndexOf(10);
    return newline < 0 ? size : size - tail.length + newline + 1;
  } finally {
    file.close();
  }
}
