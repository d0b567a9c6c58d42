const ROOT = await Deno.realPath(new URL("../", import.meta.url));

/** What a bundle may be made of. */
const SOURCES = ["deno.json", "deno.lock", "main.ts", "lib", "plugins", "presets", "tests"];

/** How the program reads a module later without the runtime's foresight. */
const LATER = /\blater<typeof import\(("[^"]+")\)>\(\s*\1,?\s*\)/g;

/**
 * Makes one script of a program and all that it imports. The bundler fetches esbuild from npm at its first use.
 *
 * @param entry a module of this repository, or one that imports nothing of it
 */
export async function bundle(entry: string, script: string, options: readonly string[] = []): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "agent-runner-build-" });
  try {
    for (const name of SOURCES) await copyForeseen(`${ROOT}/${name}`, `${root}/${name}`);
    const from = (await Deno.realPath(entry)).replace(`${ROOT}/`, `${root}/`);
    const args = ["bundle", "--quiet", ...options, `--config=${root}/deno.json`, "-o", script, from];
    const { success } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
    if (!success) throw new Error(`Cannot bundle ${entry}: see above`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Copies a file or a folder, with an import that the bundler can follow wherever the runtime should not. */
async function copyForeseen(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isDirectory) {
    await Deno.mkdir(to);
    for await (const { name } of Deno.readDir(from)) await copyForeseen(`${from}/${name}`, `${to}/${name}`);
  } else if (from.endsWith(".ts")) {
    const text = (await Deno.readTextFile(from)).replaceAll(LATER, "import($1)");
    if (/\blater<typeof import\(/.test(text)) throw new Error(`Cannot bundle ${from}: later() of two paths`);
    await Deno.writeTextFile(to, text);
  } else await Deno.copyFile(from, to);
}
