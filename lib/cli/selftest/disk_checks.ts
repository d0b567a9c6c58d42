import { FileError } from "../../core/file_error.ts";
import { fails, type Seen, works } from "./check.ts";
import type { Stage } from "./stage.ts";

const MIB = 1024 * 1024;

export async function freeSpace({ host, dir }: Stage): Promise<Seen> {
  const bytes = (await host.vitals.disk(dir))?.available ?? null;
  return bytes === null
    ? fails("df(1) does not say how much is free")
    : works(`${Math.floor(bytes / MIB)} MiB free`);
}

/** Frees the second of three parts of a file and looks at what all three read as. */
export async function holes(stage: Stage): Promise<Seen> {
  const { files } = stage.host;
  const path = `${stage.dir}/${stage.newName()}`;
  const part = MIB / 4;
  files.write(path, "x".repeat(3 * part));
  if (!await files.punch(path, part, part)) return fails("no fallocate(1) or file system that can do it");
  const text = files.readText(path) ?? "";
  const isRight = text === "x".repeat(part) + "\0".repeat(part) + "x".repeat(part);
  return isRight ? works() : fails("a freed range did not read as zeros");
}

/** As the event log writes, and as the small files are replaced. */
export function dataSync(stage: Stage): Seen {
  const { files } = stage.host;
  const path = `${stage.dir}/${stage.newName()}`;
  try {
    const file = files.openAppend(path);
    try {
      file.append(new TextEncoder().encode("line\n"));
      file.sync();
    } finally {
      file.close();
    }
    files.replace(`${path}.json`, "{}", "lasting");
  } catch (error) {
    if (error instanceof FileError) return fails(error.message);
    throw error;
  }
  const isThere = files.readText(path) === "line\n" && files.readText(`${path}.json`) === "{}";
  return isThere ? works() : fails("what was written is not what was read");
}

export async function git({ host, dir }: Stage): Promise<Seen> {
  return await host.git.isWorkTree(dir) === null ? fails("git cannot be run") : works();
}
