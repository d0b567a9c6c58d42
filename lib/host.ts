/**
 * Every port to the outside world. `lib/sys` holds the real ones, `tests/sim` the simulated ones; nothing else in
 * the program touches a clock, a file, a process, a signal or the terminal.
 *
 * @module
 */
import type { Instant } from "./core/instant.ts";

export interface Host {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly processes: Processes;
  readonly cgroups: Cgroups;
  readonly git: Git;
  readonly signals: Signals;
  readonly terminal: Terminal;
  readonly env: Environment;
  readonly vitals: Vitals;
  readonly web: Web;
}

export interface Clock {
  /** The wall clock; it may step in either direction. */
  now(): Instant;
  /** Milliseconds of this process's life; never steps, for durations. */
  monotonicMs(): number;
  /** Identity of this boot and milliseconds since it, suspended time included; survives a restart of the program. */
  boot(): { readonly id: string; readonly ms: number };
  /** Resolves after `ms` (0 to 2^31 − 1) or as soon as `signal` is aborted, whichever is first; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/** Synchronous file access. Every refusal is thrown as `FileError`; "not there" is null where the type says so. */
export interface Files {
  /** Whole text (bad bytes replaced), null where there is no such file. */
  readText(path: string): string | null;
  /** SHA-256 of the content, or of the text itself (UTF-8), as 64 hex digits; null where the file cannot be read. */
  sha256(source: { readonly path: string } | { readonly text: string }): Promise<string | null>;
  /** Opens for reading at offsets, null where there is no such file. */
  open(path: string): ReadFile | null;
  /** Opens for appending, and creates where missing (mode 0600). */
  openAppend(path: string): AppendFile;
  /** Creates or truncates (mode 0600). Not atomic: for files of which nobody depends on the content. */
  write(path: string, text: string): void;
  /**
   * Replaces the content atomically, by a temporary file of mode 0600 beside it. `lasting`: it and the folder are
   * synced, so that a power cut does not undo it; else a power cut may leave the file empty or cut.
   */
  replace(path: string, text: string, durability: "lasting" | "whole"): void;
  /** True when something was removed. */
  remove(path: string): boolean;
  rename(from: string, to: string): void;
  /** Makes the folder with its parents; what it creates gets mode 0700. */
  makeDir(path: string): void;
  /** Makes a new folder of mode 0700 where temporary files belong; returns its absolute path without links. */
  makeTempDir(prefix: string): string;
  /** Names and facts of a folder's entries in no order; null where there is no such folder. Links are not followed. */
  list(path: string): readonly Entry[] | null;
  /** Follows links; null where there is nothing. */
  stat(path: string): FileStat | null;
  /** Absolute path without links, null where there is nothing. */
  realPath(path: string): string | null;
  /** Makes `path` a symbolic link to `target`, replacing what was there atomically. */
  link(path: string, target: string): void;
  /** Gives a range of a file back to the file system: it reads as zeros from now on. False where that cannot be done. */
  punch(path: string, from: number, length: number): Promise<boolean>;
  /** Takes `flock(LOCK_EX | LOCK_NB)` on the file (created where missing); null when somebody else holds it. */
  lock(path: string): Lock | null;
}

export interface Entry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isLink: boolean;
}

export interface FileStat {
  readonly size: number;
  readonly inode: number;
  readonly mtime: Instant;
  readonly isFile: boolean;
  readonly isDir: boolean;
  readonly executable: boolean;
  /** Whether it belongs to the user who runs this program. */
  readonly isOwn: boolean;
}

export interface ReadFile {
  size(): number;
  readonly inode: number;
  /** Fills `into` from `offset`; returns the bytes read, 0 at the end. */
  readAt(offset: number, into: Uint8Array): number;
  close(): void;
}

export interface AppendFile extends ReadFile {
  /**
   * One write at the end of the file.
   * @returns the file's size right after it, as far as this writer can tell
   * @throws FileError; what a full disk took in part is left there as a torn line
   */
  append(bytes: Uint8Array): number;
  /** Waits until the data are on the disk. */
  sync(): void;
}

export interface Lock {
  release(): void;
}

/** What the gated launcher needs to start one agent (docs/decisions/0003). */
export interface LaunchSpec {
  /** The round's marker: set as `AGENT_RUNNER_ROUND_ID` in the agent's environment only. */
  readonly id: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment of the agent. */
  readonly env: Readonly<Record<string, string>>;
  /** File given to the agent as standard input. */
  readonly stdinPath: string;
  /** File that takes both output streams; appended to. */
  readonly logPath: string;
  /** Where the launcher writes how the agent ended; `.tmp` beside it until then. */
  readonly statusPath: string;
  /** File that the launcher holds under `flock(1)` for as long as it lives; null: it takes none. */
  readonly lockPath: string | null;
  /** The round's own cgroup, which the agent joins and the launcher does not; null: there is none. */
  readonly cgroup: string | null;
}

/** A started launcher that waits at its gate. */
export interface Launch {
  readonly pid: number;
  /** As `ProcessInfo.startTime`. */
  readonly startTime: string;
  /** Lets the agent start. A launcher that has ended meanwhile is no error. */
  openGate(): void;
  /** Lets the launcher end without starting anything. */
  shutGate(): void;
  /** Resolves when the launcher has ended; its exit code (75: the lock is held by somebody else). */
  readonly ended: Promise<number>;
}

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly name: string;
  /** Clock ticks since boot at its start, as the kernel prints them. With the boot's id it names a process for good. */
  readonly startTime: string;
  readonly zombie: boolean;
  /** By a signal, such as Ctrl-Z sends: it does nothing until SIGCONT. */
  readonly suspended: boolean;
}

export type SignalName = "SIGTERM" | "SIGKILL" | "SIGINT" | "SIGHUP" | "SIGUSR1" | "SIGWINCH" | "SIGCONT";

export interface Processes {
  /** @throws FileError when the launcher cannot be started (work folder gone, no more processes). */
  launch(spec: LaunchSpec): Launch;
  /**
   * Starts a process of this same runtime that may do nothing but what is allowed, in an empty folder of its own, with an
   * empty cache. Rejects with FileError when it cannot be started.
   */
  sandbox(spec: SandboxSpec): Promise<Sandbox>;
  /** Removes the folder that a sandbox has left behind, because its program was killed; any other folder stays. */
  removeSandboxFolder(path: string): Promise<void>;
  /** Runs a short helper program to its end. `code` is null when it ran into `timeoutMs`. */
  run(argv: readonly string[], options: RunOptions): Promise<RunResult>;
  /**
   * Starts sleep(1) in this process's own group, with nothing on its three streams; it outlives this process.
   * @returns its pid
   * @throws FileError when it cannot be started
   */
  spawnIdle(seconds: number): number;
  inspect(pid: number): ProcessInfo | null;
  /** All processes that can be seen. */
  list(): readonly ProcessInfo[];
  /** Arguments joined by blanks, "" where unreadable. */
  commandLine(pid: number): string;
  /**
   * Living processes that carry the round's marker in their environment, as far as that can be seen.
   * `newest` only looks at those that started last, which takes a millisecond however many there are.
   */
  marked(id: string, which: "all" | "newest"): readonly number[];
  /** Memory that the process holds at this moment (bytes); null where it has gone. */
  residentBytes(pid: number): number | null;
  /** CPU time that the process, with the children that it has waited for, has used (ms); null where it has gone. */
  cpuMs(pid: number): number | null;
  /** Gives back the memory of this process that can be had again from its program's file. */
  releasePages(): void;
  /** Sends to a process (`pid > 0`) or to a whole group (`pid < 0`); false when nobody is there. */
  signal(pid: number, name: SignalName): boolean;
  /** This process. */
  readonly self: { readonly pid: number; readonly startTime: string };
  /** Whether flock(1) is there for the launcher. */
  readonly hasFlock: boolean;
}

/** Groups of processes that nobody can leave (cgroup v2). */
export interface Cgroups {
  /** Folder in which a round's group can be made, null where there is no cgroup v2 to write to. Tried once. */
  readonly root: string | null;
  /**
   * Lets a process that is about to join a group not wait: the first one after a quiet while does so for some 10 ms.
   * Returns at once.
   */
  prepareJoin(): void;
  /** @throws FileError */
  make(name: string): string;
  /** Pids inside; none when the group is gone. */
  members(path: string): readonly number[];
  /** Whether anything in it lives; zombies do not count. */
  isPopulated(path: string): boolean;
  /** CPU time that everything that ever was in it has used (ms); null where the group is gone. */
  cpuMs(path: string): number | null;
  /** Ends everything in it at once, whatever it does meanwhile. */
  kill(path: string): void;
  /** False while it is populated. */
  remove(path: string): boolean;
}

export interface SandboxSpec {
  /** Text of the self-contained module that runs there: it exports `open(write)`, which returns what takes each line. */
  readonly module: string;
  readonly allow: {
    /** Absolute paths; none with a comma in it. */
    readonly read: readonly string[];
    readonly write: readonly string[];
    readonly net: readonly string[];
    readonly env: readonly string[];
    readonly run: readonly string[];
  };
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** A group that it is put into before it gets the module; null: none. */
  readonly cgroup: string | null;
}

/** A process that is spoken to in lines. */
export interface Sandbox {
  /** Leader of a group of its own. */
  readonly pid: number;
  /** As `ProcessInfo.startTime`. */
  readonly startTime: string;
  /** Holds everything that it may write without leave. */
  readonly folder: string;
  /** The end of what it wrote to standard error. */
  readonly errors: string;
  send(line: string): void;
  /** Its next line; null when there is none any more, or one without end. */
  next(): Promise<string | null>;
  /** Ends it with its group; `next` says that there is nothing any more. */
  kill(): void;
  /** As `kill`, and removes its folder. */
  end(): Promise<void>;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Given on standard input, which is otherwise empty. */
  readonly stdin?: Uint8Array<ArrayBuffer>;
}

export interface RunResult {
  readonly code: number | null;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** The work tree as one `git status` tells it. */
export type WorkTree =
  | {
    readonly kind: "tree";
    /** Commit id, null before the first commit. */
    readonly head: string | null;
    /** Changes whenever a commit, a changed file or a new file does; opaque. */
    readonly fingerprint: string;
    /** Paths that are not as committed, relative to the repository's root; untracked folders as `dir/`. */
    readonly dirty: readonly string[];
  }
  | { readonly kind: "none" }
  | { readonly kind: "unknown"; readonly why: string };

export interface GitOptions {
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** 60 s unless told. */
  readonly timeoutMs?: number;
  readonly stdin?: Uint8Array<ArrayBuffer>;
}

export interface Git {
  /**
   * Runs git in `dir`, in English, without questions, paths taken literally. Never rejects: `code` is null when git ran
   * into its limit or could not be started, and `stderr` says so.
   */
  run(dir: string, args: readonly string[], options?: GitOptions): Promise<RunResult>;
  /**
   * Never takes a lock, never writes.
   * @param apart a folder that counts as if it were not there
   */
  status(dir: string, apart?: string): Promise<WorkTree>;
  /** Whether `dir` lies inside a work tree; null where git cannot be run. */
  isWorkTree(dir: string): Promise<boolean | null>;
  /** Commits just these paths. Null when done, else git's words. */
  commit(dir: string, paths: readonly string[], message: string): Promise<string | null>;
}

export interface Signals {
  /** Calls `handler` at each arrival until the returned function is called. */
  on(name: SignalName, handler: () => void): () => void;
}

export interface Terminal {
  readonly out: Stream;
  readonly err: Stream;
  readonly stdinIsTerminal: boolean;
  /**
   * From now on nobody waits for who reads `out` and `err`: what they do not take at once is kept, up to a mebibyte each,
   * and written later. More is dropped, and `out.write` throws then.
   */
  dontWait(): void;
  /** The last act: gives each reader a second to take what is kept. */
  finish(): void;
  /** Whether `out` is a pipe whose reader has gone, without a write to it; false too where that cannot be seen. */
  isOutUnread(): boolean;
  /** One line of standard input without its newline, null at its end. */
  readLine(): Promise<string | null>;
}

export interface Stream {
  /** Writes at once. After the reader has gone (`closed`) it does nothing. */
  write(text: string): void;
  readonly closed: boolean;
  /** Whether its reader has not taken all yet that was written. */
  readonly isBehind: boolean;
  readonly isTerminal: boolean;
  /** Width in cells; 80 where unknown. */
  columns(): number;
}

export interface Environment {
  get(name: string): string | undefined;
  /** The whole environment, without what only this program's own start needed. */
  all(): Readonly<Record<string, string>>;
  readonly cwd: string;
  /** `HOME`, or null. */
  readonly home: string | null;
  /** The words that start this program again, before any argument. */
  readonly program: readonly string[];
  /** Path of the runtime that runs this program, null where it is compiled in. */
  readonly runtime: string | null;
  /** The offset of the local zone at that instant, in minutes east of UTC. */
  zoneOffsetMin(at: Instant): number;
}

/** How the machine is; every figure is null where the system does not tell it. */
export interface Vitals {
  /** Bytes. */
  memory(): { readonly total: number; readonly available: number } | null;
  /** Averages of 1, 5 and 15 minutes. */
  load(): readonly [number, number, number] | null;
  /** Processor time since boot, in one unit; the difference of two looks is what happened between them. */
  cpu(): { readonly busy: number; readonly total: number } | null;
  /** Bytes of the folder's file system; `available` is what a user may still write. */
  disk(dir: string): Promise<DiskSize | null>;
}

export interface DiskSize {
  readonly total: number;
  readonly used: number;
  readonly available: number;
}

/** The network, for what the configuration names. */
export interface Web {
  /** One GET, redirects not followed. Never rejects. */
  get(url: string, options: { readonly timeoutMs: number; readonly bytesMax: number }): Promise<WebAnswer>;
}

export type WebAnswer =
  | { readonly kind: "ok"; readonly bytes: Uint8Array<ArrayBuffer>; readonly type: string }
  | { readonly kind: "moved"; readonly to: string }
  | { readonly kind: "refused"; readonly why: string };
