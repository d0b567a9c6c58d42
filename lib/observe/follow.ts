import type { Host, ReadFile } from "../host.ts";
import { chunksForward } from "../store/blocks.ts";
import { eventFileNames } from "../store/fold.ts";
import type { Layout } from "../store/layout.ts";

/** Between two looks for new lines (ms). */
const LOOK_MS = 250;

/** How far a file has been read. */
interface Place {
  readonly inode: number;
  /** End of the last whole line (bytes). */
  readonly offset: number;
}

/**
 * The lines that are appended to the event files from now on, whatever the month, until `over`, or until nobody reads
 * what is printed of them. A file that was begun anew is read from its start.
 */
export async function* follow(host: Host, layout: Layout, over: AbortSignal): AsyncGenerator<string> {
  const places = new Map<string, Place>();
  for (const name of eventFileNames(host, layout)) {
    const end = endOf(host, layout, name);
    if (end !== null) places.set(name, end);
  }
  while (!over.aborted) {
    for (const name of eventFileNames(host, layout)) yield* newLines(host, layout, name, places);
    if (host.terminal.isOutUnread()) return;
    await host.clock.sleep(LOOK_MS, over);
  }
}

function* newLines(
  host: Host,
  layout: Layout,
  name: string,
  places: Map<string, Place>,
): Generator<string> {
  const file = host.files.open(`${layout.dir}/${name}`);
  if (file === null) return;
  try {
    const { inode } = file;
    const from = startIn(file, places.get(name));
    places.set(name, { inode, offset: from });
    for (const { text, end } of chunksForward(file, from)) {
      places.set(name, { inode, offset: end });
      for (const line of text.split("\n")) if (line !== "") yield line;
    }
  } finally {
    file.close();
  }
}

/** Another file of that name, or less than was read of it, was begun anew. */
function startIn(file: ReadFile, place: Place | undefined): number {
  return place !== undefined && place.inode === file.inode && place.offset <= file.size() ? place.offset : 0;
}

/** End of the last whole line: a half-written one is printed when it is whole. Null where there is no file. */
function endOf(host: Host, layout: Layout, name: string): Place | null {
  const file = host.files.open(`${layout.dir}/${name}`);
  if (file === null) return null;
  try {
    const size = file.size();
    const tail = new Uint8Array(Math.min(size, 64 * 1024));
    file.readAt(size - tail.length, tail);
    const newline = tail.lastIndexOf(10);
    return { inode: file.inode, offset: newline < 0 ? size : size - tail.length + newline + 1 };
  } finally {
    file.close();
  }
}
