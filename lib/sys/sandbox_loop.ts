/**
 * The first thing that runs in a sandbox: imports the module whose text is the first line of standard input (base64), and
 * hands it every further line. It is given to the runtime as text, so it imports nothing.
 *
 * @module
 */

/** What the module has to export. */
interface Module {
  open(write: (line: string) => void): (line: string) => void;
}

if (import.meta.main) await runSandbox([]);

/** @param givenUp kinds of permission that this process lets go of first, where no flags of the runtime can hold them back */
export async function runSandbox(givenUp: readonly string[]): Promise<void> {
  for (const name of givenUp) Deno.permissions.revokeSync({ name: name as Deno.PermissionName });
  // Standard output belongs to the protocol.
  console.log = console.info = console.debug = console.error;
  const lines = linesOfInput();
  const first = await lines.next();
  if (first.done === true) return;
  const module: Module = await import(`data:application/typescript;charset=utf-8;base64,${first.value}`);
  const take = module.open(write);
  for await (const line of lines) take(line);
  // Whatever the module still waits for, nobody waits for it.
  Deno.exit();
}

function write(line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let written = 0; written < bytes.length;) {
    written += Deno.stdout.writeSync(bytes.subarray(written));
  }
}

/** By plain reads: the streams of the runtime take longer to wake than all else here. */
async function* linesOfInput(): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let rest: string[] = [];
  for (let read = await Deno.stdin.read(buffer); read !== null; read = await Deno.stdin.read(buffer)) {
    const [head = "", ...others] = decoder.decode(buffer.subarray(0, read), { stream: true }).split("\n");
    rest.push(head);
    for (const other of others) {
      yield rest.join("");
      rest = [other];
    }
  }
}
