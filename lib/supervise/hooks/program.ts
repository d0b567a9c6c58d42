/**
 * A program of `[[hooks]]`: started, contained and ended as an agent is, with the event on its standard input.
 *
 * @module
 */
import { baseName, dirOf } from "../../core/path_parts.ts";
import type { HookDeclaration } from "../../core/config.ts";
import { FileError } from "../../core/file_error.ts";
import { redactedTail } from "../../core/redact.ts";
import { readWaitStatus, signalName, type WaitStatus } from "../../core/wait_status.ts";
import type { Host, Launch } from "../../host.ts";
import { hookFiles, removeHookRecord, writeHookRecord } from "../../store/hook_records.ts";
import { type Containment, endRound, settleLeftovers } from "../contain.ts";
import { findProgram, type FoundProgram, inheritedEnvironment } from "../find_program.ts";
import type { Bare } from "../bare.ts";

/** How a program's run went. */
export interface ProgramRun {
  /** In a sentence, null when it ended with 0 in its time. */
  readonly failure: string | null;
  /** As `agent_exit.exit_code`. */
  readonly exitCode: number;
  readonly durationS: number;
  /** The end of what it printed, redacted. */
  readonly output: string;
}

/** Characters of its output that are kept: the last ones. */
const OUTPUT_KEPT = 1000;

/** Output beyond which it is ended (bytes): it is a hook, not an agent. */
const OUTPUT_MAX = 16 * 1024 * 1024;

/** Between two looks at its output (ms). */
const LOOK_MS = 250;

/** How a program is named in events and in `[plugins] disable`. */
export function programName({ run: [program = ""] }: HookDeclaration): string {
  return baseName(program);
}

/**
 * Runs it to its end; nothing of it is left then.
 * @param input what it gets on standard input, as JSON
 * @param env on top of this program's own environment
 * @param stopNow aborted when everything is to stop
 */
export async function runProgram(
  supervision: Bare,
  hook: HookDeclaration,
  input: object,
  env: Readonly<Record<string, string>>,
  stopNow: AbortSignal,
): Promise<ProgramRun> {
  const { host, layout } = supervision;
  const { self } = host.processes;
  const id = `hook-${host.clock.boot().id.slice(0, 8)}.${self.pid}-${
    host.random.next().toString(36).slice(2)
  }`;
  const files = hookFiles(layout, id);
  const startMs = host.clock.monotonicMs();
  try {
    const found = findHook(supervision, hook);
    if (found.kind === "missing") return notStarted(found.why);
    const started = start(supervision, hook, `${JSON.stringify(input)}\n`, env, { id, path: found.path });
    const why = await seeThrough(supervision, hook, started, files.log, stopNow);
    const wait = readWaitStatus(host.files.readText(files.status), host.files.readText(files.unfinished));
    return {
      failure: why ?? failureOf(wait),
      exitCode: exitCodeOf(wait),
      durationS: Math.round(host.clock.monotonicMs() - startMs) / 1000,
      output: endOf(host, files.log),
    };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return notStarted(error.message);
  } finally {
    removeHookRecord(host, layout, id);
  }
}

function notStarted(why: string): ProgramRun {
  return { failure: `it could not be started: ${why}`, exitCode: -1, durationS: 0, output: "" };
}

/** A name with a `/` in it is relative to the configuration's folder. */
function findHook({ host, config }: Bare, { run: [program = ""] }: HookDeclaration): FoundProgram {
  const folder = dirOf(config.configPath);
  const name = program.includes("/") && !program.startsWith("/")
    ? `${folder}/${program.replace(/^(\.\/)+/, "")}`
    : program;
  return findProgram(host, name, { folder: config.runtime.work_dir, path: host.env.get("PATH") ?? "" });
}

interface Started {
  readonly launch: Launch;
  readonly containment: Containment;
}

function start(
  { host, config, layout }: Bare,
  { run: [, ...args] }: HookDeclaration,
  input: string,
  env: Readonly<Record<string, string>>,
  { id, path }: { readonly id: string; readonly path: string },
): Started {
  const files = hookFiles(layout, id);
  const { root } = host.cgroups;
  const cgroup = root === null ? null : `${root}/agent-runner-${id}`;
  const launch = host.processes.launch({
    id,
    argv: [path, ...args],
    cwd: config.runtime.work_dir,
    env: { ...inheritedEnvironment(host), ...env },
    stdinPath: files.input,
    logPath: files.log,
    statusPath: files.status,
    lockPath: null,
    cgroup,
  });
  const containment = { pid: launch.pid, startTime: launch.startTime, id, cgroup };
  try {
    // First the record: whoever finds it removes the files too.
    writeHookRecord(host, layout, containment);
    host.files.write(files.input, input);
    host.files.write(files.log, "");
    if (cgroup !== null) host.cgroups.make(cgroup);
    launch.openGate();
    return { launch, containment };
  } catch (error) {
    launch.shutGate();
    if (cgroup !== null) host.cgroups.remove(cgroup);
    throw error;
  }
}

/** Null when it ended by itself, else why it was ended. When everything is to stop, it has the grace of an agent. */
async function seeThrough(
  { host, config }: Bare,
  { timeout_s }: HookDeclaration,
  { launch, containment }: Started,
  logPath: string,
  stopNow: AbortSignal,
): Promise<string | null> {
  const { kill_grace_s } = config.runtime;
  const gone = new AbortController();
  launch.ended.then(() => gone.abort());
  let limit = { atMs: host.clock.monotonicMs() + timeout_s * 1000, why: `no end within ${timeout_s} s` };
  const hurry = () => {
    const atMs = host.clock.monotonicMs() + kill_grace_s * 1000;
    if (atMs < limit.atMs) limit = { atMs, why: "ended, as everything was to stop" };
  };
  if (stopNow.aborted) hurry();
  stopNow.addEventListener("abort", hurry, { signal: gone.signal });
  let why: string | null = null;
  while (!gone.signal.aborted && why === null) {
    const leftMs = limit.atMs - host.clock.monotonicMs();
    if (leftMs <= 0) why = limit.why;
    else if ((host.files.stat(logPath)?.size ?? 0) > OUTPUT_MAX) {
      why = `more than ${OUTPUT_MAX} bytes of output`;
    } else await host.clock.sleep(Math.min(leftMs, LOOK_MS), gone.signal);
  }
  if (why !== null) await endRound(host, containment, kill_grace_s);
  else await settleLeftovers(host, containment, kill_grace_s, { action: "end", ignore: [] });
  await launch.ended;
  return why;
}

function failureOf(wait: WaitStatus): string | null {
  switch (wait.kind) {
    case "exited":
      return wait.code === 0 ? null : `it exited with ${wait.code}`;
    case "signalled":
      return `it was ended by ${signalName(wait.signal)}`;
    case "not_started":
      return `it could not be started: ${wait.why}`;
    case "launcher_lost":
    case "never_started":
      return "it was ended from outside";
  }
}

/** Negative: the signal; -1 where nobody knows. */
function exitCodeOf(wait: WaitStatus): number {
  if (wait.kind === "exited") return wait.code;
  return wait.kind === "signalled" ? -wait.signal : -1;
}

function endOf(host: Host, path: string): string {
  const file = host.files.open(path);
  if (file === null) return "";
  try {
    const size = file.size();
    const bytes = new Uint8Array(Math.min(size, 4 * OUTPUT_KEPT));
    const read = file.readAt(size - bytes.length, bytes);
    return redactedTail(new TextDecoder().decode(bytes.subarray(0, read)).trimEnd(), OUTPUT_KEPT);
  } finally {
    file.close();
  }
}
