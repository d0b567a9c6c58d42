import { bytesOf, byteText, readable } from "../../core/byte_text.ts";
import { FileError } from "../../core/file_error.ts";
import type { Host } from "../../host.ts";

/** git refused, or something is in its way; the message is for people. */
export class GitFailure extends Error {}

export interface CallOptions {
  /** Given on standard input, as a text of bytes. */
  readonly stdin?: string;
  /** Works on this index instead of the repository's own. */
  readonly index?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Writing, and reading what is large, may take as long as a slow disk needs (ms). */
const SLOW_MS = 600_000;

/**
 * Nobody's hooks run for what is not a commit, and git starts no work of its own in the background. Many new objects
 * are synced to the disk together, which git before 2.36 does not know and passes over.
 */
const QUIET = [
  "-c",
  "core.hooksPath=/dev/null",
  "-c",
  "maintenance.auto=false",
  "-c",
  "core.fsyncMethod=batch",
];

/** A git repository around a work folder. Paths and answers are texts of bytes, paths relative to its root. */
export class Repository {
  private constructor(
    private readonly host: Host,
    /** Absolute path of the work tree's root. */
    readonly top: string,
    /** Absolute; a linked work tree has one of its own. */
    readonly gitDir: string,
    /** The work folder relative to the root with `/` at the end, "" where it is the root. */
    readonly prefix: string,
  ) {}

  /** @throws GitFailure */
  static async around(host: Host, dir: string): Promise<Repository> {
    const asked = ["rev-parse", "--show-toplevel", "--absolute-git-dir", "--show-prefix"];
    const answer = await call(host, dir, asked, {});
    const [top = "", gitDir = "", prefix = "", ...more] = answer.split("\n");
    if (more.join("") !== "") throw new GitFailure(`a folder of ${dir} has a line break in its name`);
    return new Repository(host, readable(top), readable(gitDir), prefix);
  }

  /**
   * Runs git at the root.
   * @throws GitFailure when it does not end with 0
   */
  async git(args: readonly string[], options: CallOptions = {}): Promise<string> {
    return await call(this.host, this.top, [...QUIET, ...args], options);
  }

  /** As `git`, with the user's hooks and the user's kind of paths. */
  async gitWithHooks(args: readonly string[], options: CallOptions): Promise<string> {
    const env = { GIT_LITERAL_PATHSPECS: "0", LC_ALL: "", ...options.env };
    return await call(this.host, this.top, ["-c", "maintenance.auto=false", ...args], { ...options, env });
  }

  /** The answer without its line end, null when git does not end with 0. */
  async ask(args: readonly string[], options: CallOptions = {}): Promise<string | null> {
    try {
      return (await this.git(args, options)).trimEnd();
    } catch (error) {
      if (error instanceof GitFailure) return null;
      throw error;
    }
  }

  /** Lends the path of an index of its own in the repository's folder, and removes what was written there. */
  async withIndex<T>(work: (index: string) => Promise<T>): Promise<T> {
    const index = `${this.gitDir}/agent-runner-${this.host.processes.self.pid}.index`;
    try {
      return await work(index);
    } finally {
      for (const path of [index, `${index}.lock`]) remove(this.host, path);
    }
  }

  /** Whether the repository's own folder holds it. */
  has(name: string): boolean {
    return this.host.files.stat(`${this.gitDir}/${name}`) !== null;
  }
}

async function call(
  host: Host,
  dir: string,
  args: readonly string[],
  { stdin, index, env = {}, timeoutMs = SLOW_MS }: CallOptions,
): Promise<string> {
  const result = await host.git.run(dir, args, {
    timeoutMs,
    env: { ...env, ...(index === undefined ? {} : { GIT_INDEX_FILE: index }) },
    ...(stdin === undefined ? {} : { stdin: bytesOf(stdin) }),
  });
  const out = byteText(result.stdout);
  if (result.code === 0) return out;
  // Hooks speak on either stream.
  const words = [result.stderr.trim(), readable(out).trim()].filter((text) => text !== "").join("\n");
  throw new GitFailure(words === "" ? `git ended with ${result.code}` : words);
}

function remove(host: Host, path: string): void {
  try {
    host.files.remove(path);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
  }
}

/** Paths as git takes them on standard input with `-z`. */
export function listed(paths: readonly string[]): string {
  return paths.map((path) => `${path}\0`).join("");
}

/** The paths of an answer of git with `-z`. */
export function pathsIn(answer: string): readonly string[] {
  return answer.split("\0").filter((path) => path !== "");
}
