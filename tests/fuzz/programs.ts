import type { Program } from "./supervisor.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** What is fuzzed; projects take turns. Bundled, since a bundle starts in half of the time. */
export async function makePrograms(entry: string | null, folder: string): Promise<readonly Program[]> {
  const entries = entry === null
    ? ["main.ts", "main.ts", "tests/e2e/without_cgroup.ts"].map((path) => ROOT + path)
    : [entry];
  const scripts = new Map<string, string>();
  for (const path of entries) {
    if (!scripts.has(path)) scripts.set(path, await bundle(path, `${folder}/program${scripts.size}.js`));
  }
  return entries.map((path) => ({ script: scripts.get(path)! }));
}

async function bundle(entry: string, script: string): Promise<string> {
  const args = ["bundle", "--quiet", `--config=${ROOT}deno.json`, "-o", script, entry];
  const { success } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
  if (!success) throw new Error(`Cannot bundle ${entry}: see above`);
  return script;
}
