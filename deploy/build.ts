/**
 * Builds the one file that people install: a shell stub, and packed behind it the program as one script and the
 * runtime that runs this build.
 *
 * `deno run -A deploy/build.ts [--entry=main.ts] [--output=dist/agent-runner]`; the script stays beside it as
 * `<output>.js`.
 *
 * @module
 */
import manifest from "../deno.json" with { type: "json" };
import { bundle } from "./bundle.ts";
import { markFirstCalls } from "./first_calls.ts";

/** Room for the stub; the packed parts begin behind it. */
const STUB_BYTES = 4096;

if (import.meta.main) {
  const output = option("output", "dist/agent-runner");
  await build(option("entry", "main.ts"), output);
  console.log(`${output}: ${((await Deno.stat(output)).size / 1e6).toFixed(1)} MB`);
}

async function build(entry: string, output: string): Promise<void> {
  const script = `${output}.js`;
  await Deno.mkdir(output.replace(/[^/]*$/, "") || ".", { recursive: true });
  await bundle(entry, script, ["--minify"]);
  await Deno.writeTextFile(script, await markFirstCalls(script));
  const [app, runtime] = await Promise.all([Deno.readFile(script), Deno.readFile(Deno.execPath())]);
  const [packedApp, packedRuntime, id] = await Promise.all([
    gzip(app),
    gzip(runtime),
    contentId(app, runtime),
  ]);
  const stub = await fillStub({
    VERSION: manifest.version,
    TARGET: Deno.build.target,
    ID: id,
    APP_AT: STUB_BYTES + 1,
    APP_BYTES: packedApp.length,
    RUNTIME_AT: STUB_BYTES + packedApp.length + 1,
  });
  const fresh = `${output}.new`;
  await Deno.writeFile(fresh, new Blob([stub, packedApp, packedRuntime]).stream(), { mode: 0o755 });
  await Deno.rename(fresh, output);
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
}

/** Names what is unpacked: two builds with the same parts share a folder, any other build gets its own. */
async function contentId(...parts: readonly Uint8Array<ArrayBuffer>[]): Promise<string> {
  const digests = await Promise.all(parts.map((part) => crypto.subtle.digest("SHA-256", part)));
  const digest = await crypto.subtle.digest("SHA-256", await new Blob(digests).arrayBuffer());
  return new Uint8Array(digest).toHex().slice(0, 16);
}

async function fillStub(values: Readonly<Record<string, string | number>>): Promise<string> {
  const template = await Deno.readTextFile(new URL("stub.sh", import.meta.url));
  const text = template.replaceAll(/@([A-Z_]+)@/g, (_, name) => String(values[name]));
  if (text.length > STUB_BYTES) {
    throw new Error(`Cannot fit the stub: ${text.length} bytes, room for ${STUB_BYTES}`);
  }
  return text.padEnd(STUB_BYTES, "\n");
}

function option(name: string, fallback: string): string {
  const prefix = `--${name}=`;
  return Deno.args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length) ?? fallback;
}
