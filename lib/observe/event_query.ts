import type { Host } from "../host.ts";
import { linesBackward } from "../store/blocks.ts";
import { eventFileNames } from "../store/fold.ts";
import type { Layout } from "../store/layout.ts";
import { parseObject } from "../store/status.ts";

/** The last `most` events of all months as stored, oldest first. `kinds` null: of every kind. */
export function lastEvents(
  host: Host,
  layout: Layout,
  most: number,
  kinds: ReadonlySet<string> | null,
): readonly string[] {
  const found: string[] = [];
  for (const name of [...eventFileNames(host, layout)].reverse()) {
    const file = host.files.open(`${layout.dir}/${name}`);
    if (file === null) continue;
    try {
      for (const line of linesBackward(file)) {
        if (found.length >= most) break;
        if (isEvent(line, kinds)) found.push(line);
      }
    } finally {
      file.close();
    }
  }
  return found.reverse();
}

/** Whether the line is an event of one of the kinds. A line without any of the names is not decoded. */
export function isEvent(line: string, kinds: ReadonlySet<string> | null): boolean {
  if (kinds !== null && !kinds.values().some((kind) => line.includes(kind))) return false;
  const event = parseObject(line)?.event;
  return typeof event === "string" && (kinds === null || kinds.has(event));
}
