/**
 * A disk that can be filled without harm to anything else.
 *
 * @module
 */
import assert from "node:assert/strict";

/** Whether this process has CAP_SYS_ADMIN (capability 21), which root in a container often lacks. */
export function mayMount(): boolean {
  const status = Deno.readTextFileSync("/proc/self/status");
  const effective = /^CapEff:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return (BigInt(`0x${effective}`) >> 21n & 1n) === 1n;
}

/** A file system of one megabyte. */
export class SmallDisk implements AsyncDisposable {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async mount(dir: string): Promise<SmallDisk> {
    await Deno.mkdir(dir);
    await command("mount", "-t", "tmpfs", "-o", "size=1m", "agent-runner-e2e", dir);
    return new SmallDisk(dir);
  }

  /** Takes what space there is, down to the last bytes of the page at the end of each file of such a name. */
  fill(prefix: string): void {
    const names = [...Deno.readDirSync(this.#dir)].map(({ name }) => name);
    for (const name of ["filler", ...names.filter((name) => name.startsWith(prefix))]) {
      appendLineEnds(`${this.#dir}/${name}`);
    }
  }

  free(): void {
    Deno.removeSync(`${this.#dir}/filler`);
  }

  /** Lazily, since a run that a failed test left behind may still be in there. */
  async [Symbol.asyncDispose](): Promise<void> {
    await command("umount", "--lazy", this.#dir);
  }
}

/** Until the disk is full. An empty line is nobody's event, and nobody's line is torn by one. */
function appendLineEnds(path: string): void {
  const lineEnds = new Uint8Array(4096).fill(10);
  using file = Deno.openSync(path, { append: true, create: true });
  try {
    for (;;) file.writeSync(lineEnds);
  } catch (error) {
    if ((error as { readonly code?: string }).code !== "ENOSPC") throw error;
  }
}

async function command(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
