/**
 * Measuring programs from outside: time by the monotonic clock, memory and processor time by /proc.
 *
 * @module
 */

/** Words of a program and what is added to its environment. */
export interface Program {
  readonly words: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The program with more arguments. */
export function withArgs(program: Program, ...args: readonly string[]): Program {
  return { ...program, words: [...program.words, ...args] };
}

export function command({ words, env }: Program, options: Deno.CommandOptions = {}): Deno.Command {
  const [path = "", ...args] = words;
  return new Deno.Command(path, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    ...options,
    ...(env === undefined ? {} : { env: { ...env } }),
  });
}

/** Runs the programs in turn, `rounds` times after two that do not count; the median of each (ms). */
export function interleaved<N extends string>(
  programs: Readonly<Record<N, Program>>,
  rounds: number,
): Readonly<Record<N, number>> {
  const names = Object.keys(programs) as N[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<N, number[]>;
  for (let round = -2; round < rounds; round++) {
    for (const name of names) {
      const took = wallMs(programs[name]);
      if (round >= 0) times[name].push(took);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<N, number>;
}

/** Milliseconds from start to end. @throws Error when the program fails */
export function wallMs(program: Program, options: Deno.CommandOptions = {}): number {
  const startedMs = performance.now();
  const { code, stderr } = command(program, { ...options, stderr: "piped" }).outputSync();
  const tookMs = performance.now() - startedMs;
  if (code !== 0) {
    throw new Error(`${program.words.join(" ")} ended with ${code}: ${new TextDecoder().decode(stderr)}`);
  }
  return tookMs;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Bytes of memory that a program had at most: by time(1) where there is one, else as far as looking often tells. */
export async function peakBytes(program: Program): Promise<number> {
  if (await exists(TIME)) {
    const { stderr } = await command({ ...program, words: [TIME, "-f", "%M", ...program.words] }, {
      stderr: "piped",
    }).output();
    return Number(new TextDecoder().decode(stderr).trim().split("\n").at(-1)) * 1024;
  }
  const child = command(program).spawn();
  let [peak, ended] = [0, false];
  const status = child.status.finally(() => ended = true);
  while (!ended) {
    peak = Math.max(peak, highWaterBytes(child.pid));
    await after(1);
  }
  await status;
  return peak;
}

const TIME = "/usr/bin/time";

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** The most memory that a running process has had (VmHWM in bytes), 0 when it is gone. */
export function highWaterBytes(pid: number): number {
  return statusBytes(pid, /VmHWM:\s*(\d+)/);
}

/** The memory that a running process has (VmRSS in bytes), 0 when it is gone. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, /VmRSS:\s*(\d+)/);
}

function statusBytes(pid: number, kib: RegExp): number {
  try {
    return Number(kib.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
  } catch {
    // It ended between two looks.
    return 0;
  }
}

/** Ticks of the kernel's processor accounting in a second (USER_HZ on all Linux platforms that Deno knows). */
const TICKS = 100;

/** Processor time that a running process has used, user and system, without its children (s). */
export function cpuSeconds(pid: number): number {
  const line = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

export function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
