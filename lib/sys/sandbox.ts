import type { Sandbox, SandboxSpec } from "../host.ts";
import { refusalOf } from "./refusal.ts";
import SANDBOX_LOOP from "./sandbox_loop.ts" with { type: "text" };

/** Bytes of one line that are taken; a longer one is the end of the conversation. */
const LINE_BYTES_MAX = 8 * 1024 * 1024;

/** Bytes of standard error that are kept: the last ones. */
const ERRORS_KEPT = 4096;

/** How long the last of standard error may take (ms). */
const LAST_WORDS_MS = 200;

/** How the name of every folder of a sandbox begins. */
const FOLDER_PREFIX = "agent-runner-plugin-";

const KINDS = ["read", "write", "net", "env", "run"] as const;

/** The argument by which a compiled program is told to be a sandbox; the kinds of permission to give up follow. */
export const SANDBOX_WORD = "__sandbox";

/** Heap that the runtime gives out before it ends itself (MiB). */
const HEAP_MB = 256;

/**
 * `Processes.sandbox`: a process of this same runtime with nothing but what the flags allow.
 */
export function sandbox(spec: SandboxSpec, startTimeOf: (pid: number) => string): Sandbox {
  const folder = makeFolder(startTimeOf);
  try {
    const child = spawn(spec, folder);
    try {
      if (spec.cgroup !== null) Deno.writeTextFileSync(`${spec.cgroup}/cgroup.procs`, String(child.pid));
      return new SandboxProcess(child, folder, startTimeOf(child.pid), spec.module);
    } catch (error) {
      end(child);
      throw error;
    }
  } catch (error) {
    removeFolder(folder);
    throw refusalOf(error, "plugin process");
  }
}

/** `Processes.removeSandboxFolder`. */
export function removeSandboxFolder(path: string): void {
  if (path.slice(path.lastIndexOf("/") + 1).startsWith(FOLDER_PREFIX)) removeFolder(path);
}

class SandboxProcess implements Sandbox {
  readonly pid: number;
  readonly startTime: string;
  readonly #child: Deno.ChildProcess;
  readonly folder: string;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  readonly #lines: string[] = [];
  readonly #decoder = new TextDecoder();
  readonly #errorOutput: ReadableStreamDefaultReader<Uint8Array>;
  readonly #errorsRead: Promise<void>;
  #rest: string[] = [];
  #restLength = 0;
  #errors = "";

  constructor(child: Deno.ChildProcess, folder: string, startTime: string, module: string) {
    this.pid = child.pid;
    this.startTime = startTime;
    this.#child = child;
    this.folder = folder;
    this.#input = child.stdin.getWriter();
    this.#input.closed.catch(ignore);
    this.#output = child.stdout.getReader();
    this.#errorOutput = child.stderr.getReader();
    this.#errorsRead = this.#readErrors().catch(ignore);
    this.send(new TextEncoder().encode(module).toBase64());
  }

  get errors(): string {
    return this.#errors;
  }

  send(line: string): void {
    // One that has ended reads nothing; the end of its output says so.
    this.#input.write(new TextEncoder().encode(`${line}\n`)).catch(ignore);
  }

  async next(): Promise<string | null> {
    while (this.#lines.length === 0) {
      const { value } = await this.#output.read();
      if (value === undefined) return null;
      this.#take(this.#decoder.decode(value, { stream: true }));
      if (this.#restLength > LINE_BYTES_MAX) return null;
    }
    return this.#lines.shift()!;
  }

  kill(): void {
    end(this.#child);
    // What it has started may have left its group and hold the pipe open.
    this.#output.cancel().catch(ignore);
  }

  async end(): Promise<void> {
    this.kill();
    await this.#child.status;
    // What it has started may hold this pipe too.
    const enough = Promise.withResolvers<void>();
    const timer = setTimeout(enough.resolve, LAST_WORDS_MS);
    await Promise.race([this.#errorsRead, enough.promise]);
    clearTimeout(timer);
    await Promise.all([this.#errorOutput.cancel().catch(ignore), this.#input.abort().catch(ignore)]);
    removeFolder(this.folder);
  }

  #take(text: string): void {
    const [head = "", ...others] = text.split("\n");
    this.#rest.push(head);
    this.#restLength += head.length;
    for (const other of others) {
      this.#lines.push(this.#rest.join(""));
      this.#rest = [other];
      this.#restLength = other.length;
    }
  }

  async #readErrors(): Promise<void> {
    const decoder = new TextDecoder();
    for (;;) {
      const { value } = await this.#errorOutput.read();
      if (value === undefined) return;
      this.#errors = (this.#errors + decoder.decode(value, { stream: true })).slice(-ERRORS_KEPT);
    }
  }
}

function spawn({ allow, env }: SandboxSpec, folder: string): Deno.ChildProcess {
  const work = `${folder}/work`;
  Deno.mkdirSync(work);
  return new Deno.Command(Deno.execPath(), {
    args: Deno.build.standalone ? [SANDBOX_WORD, ...kindsToGiveUp(allow)] : flagsOf(allow),
    cwd: work,
    clearEnv: true,
    env: { ...env, DENO_DIR: `${folder}/cache`, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    detached: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** `--no-npm` is part of it: without it an npm package loads whatever the permissions. */
function flagsOf(allow: SandboxSpec["allow"]): string[] {
  const granted = KINDS.filter((kind) => allow[kind].length > 0)
    .map((kind) => `--allow-${kind}=${allow[kind].join(",")}`);
  return [
    "run",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--no-npm",
    "--no-remote",
    "--no-check",
    "--no-code-cache",
    "--quiet",
    `--v8-flags=--max-old-space-size=${HEAP_MB}`,
    ...granted,
    `data:application/typescript;charset=utf-8;base64,${new TextEncoder().encode(SANDBOX_LOOP).toBase64()}`,
  ];
}

/**
 * A program made by `deno compile` has no flags: there a kind of permission is kept whole where anything of it is granted,
 * and given up where nothing is.
 */
export function kindsToGiveUp(allow: SandboxSpec["allow"]): string[] {
  return ["ffi", "sys", "import", ...KINDS.filter((kind) => allow[kind].length === 0)];
}

/** With everything that it has started and that stayed in its group. */
function end(child: Deno.ChildProcess): void {
  try {
    Deno.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Its name says who made it: whoever is killed before the folder is written down leaves it to the next one. */
function makeFolder(startTimeOf: (pid: number) => string): string {
  const makerOf = (pid: number | string) => `${pid}.${startTimeOf(Number(pid)).replaceAll(/\W/g, "-")}.`;
  const ours = `${FOLDER_PREFIX}${pidNamespace()}.`;
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: ours + makerOf(Deno.pid) }));
  const parent = folder.slice(0, folder.lastIndexOf("/"));
  for (const { name } of Deno.readDirSync(parent)) {
    const [pid = ""] = name.startsWith(ours) ? name.slice(ours.length).split(".") : [];
    if (pid !== "" && !name.startsWith(ours + makerOf(pid))) removeFolder(`${parent}/${name}`);
  }
  return folder;
}

/** Processes of another one cannot be seen, so their folders are none of ours. */
function pidNamespace(): string {
  try {
    return Deno.readLinkSync("/proc/self/ns/pid").replaceAll(/\D/g, "");
  } catch {
    return "0";
  }
}

function removeFolder(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch {
    // A folder of the temporary files that stays is somebody's to tidy up, and no reason to stop.
  }
}

function ignore(): void {}
