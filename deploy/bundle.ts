const CONFIG = await Deno.realPath(new URL("../deno.json", import.meta.url));

/** Makes one script of a program and all that it imports. The bundler fetches esbuild from npm at its first use. */
export async function bundle(entry: string, script: string, options: readonly string[] = []): Promise<void> {
  const args = ["bundle", "--quiet", ...options, `--config=${CONFIG}`, "-o", script, entry];
  const { success } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  if (!success) throw new Error(`Cannot bundle ${entry}: see above`);
}
