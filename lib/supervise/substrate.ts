/**
 * The fingerprint of files that a round may or may not change, taken before and after it.
 *
 * @module
 */
import type { Config } from "../core/config.ts";
import { byComponents, type GlobPart, globParts } from "../core/glob.ts";
import type { Entry, Host } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";

/** Files read at the same time: hashing one goes on beside reading the next. */
const AT_ONCE = 16;

/**
 * SHA-256 over path and content of every file that `substrate_fingerprint_paths` names, 64 hex digits; null without
 * such files. Files that cannot be read are left out.
 */
export async function pathsHash(host: Host, { runtime }: Config): Promise<string | null> {
  const { work_dir, substrate_fingerprint_paths: globs } = runtime;
  if (globs.length === 0) return null;
  const root = realPathOf(host, work_dir);
  if (root === null) return null;
  const walk = new GlobWalk(host);
  const found = new Set<string>();
  for (const glob of globs) for (const path of walk.files(root, globParts(glob))) found.add(path);
  if (found.size === 0) return null;
  const paths = [...found].sort(byComponents);
  let text = "";
  for (let i = 0; i < paths.length; i += AT_ONCE) {
    const some = paths.slice(i, i + AT_ONCE);
    const hashes = await Promise.all(some.map((path) => host.files.sha256({ path })));
    for (const [index, hash] of hashes.entries()) {
      if (hash !== null) text += `${below(root, some[index]!)}\n${hash}\n`;
    }
  }
  return await host.files.sha256({ text });
}

function below(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

/** Looks each folder up once. All paths are without links. */
class GlobWalk {
  readonly #listed = new Map<string, readonly Entry[]>();

  constructor(private readonly host: Host) {}

  /** Regular files that match, some of them more than once. Links are followed, but not by `**`. */
  *files(dir: string, [part, ...rest]: readonly GlobPart[]): Generator<string> {
    if (part === undefined) return;
    switch (part.kind) {
      case "name":
        yield* this.#through(realPathOf(this.host, `${dir}/${part.name}`), rest);
        return;
      case "pattern":
        for (const entry of this.#list(dir)) {
          if (part.matches.test(entry.name)) yield* this.#enter(dir, entry, rest);
        }
        return;
      case "depth":
        yield* rest.length > 0 ? this.files(dir, rest) : this.#filesIn(dir);
        for (const { name, isFile, isLink } of this.#list(dir)) {
          if (!isFile && !isLink) yield* this.files(`${dir}/${name}`, [part, ...rest]);
        }
    }
  }

  *#filesIn(dir: string): Generator<string> {
    for (const entry of this.#list(dir)) yield* this.#enter(dir, entry, []);
  }

  *#enter(dir: string, { name, isFile, isLink }: Entry, rest: readonly GlobPart[]): Generator<string> {
    const path = `${dir}/${name}`;
    if (isLink) yield* this.#through(realPathOf(this.host, path), rest);
    else if (rest.length > 0) yield* this.files(path, rest);
    else if (isFile) yield path;
  }

  *#through(path: string | null, rest: readonly GlobPart[]): Generator<string> {
    if (path === null) return;
    if (rest.length > 0) yield* this.files(path, rest);
    else if (isFileAt(this.host, path)) yield path;
  }

  #list(dir: string): readonly Entry[] {
    const known = this.#listed.get(dir);
    if (known !== undefined) return known;
    let entries: readonly Entry[] = [];
    bestEffort(() => {
      entries = this.host.files.list(dir) ?? [];
    });
    this.#listed.set(dir, entries);
    return entries;
  }
}

/** Null where there is nothing, or nothing that we may look at. */
function realPathOf(host: Host, path: string): string | null {
  let real: string | null = null;
  bestEffort(() => {
    real = host.files.realPath(path);
  });
  return real;
}

function isFileAt(host: Host, path: string): boolean {
  let isFile = false;
  bestEffort(() => {
    isFile = host.files.stat(path)?.isFile === true;
  });
  return isFile;
}
