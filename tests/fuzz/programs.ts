import { bundle } from "../../deploy/bundle.ts";
import type { Program } from "./supervisor.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** What is fuzzed; projects take turns. Bundled, since a bundle starts in half of the time. */
export async function makePrograms(entry: string | null, folder: string): Promise<readonly Program[]> {
  const entries = entry === null
    ? ["main.ts", "main.ts", "tests/e2e/without_cgroup.ts"].map((path) => ROOT + path)
    : [entry];
  const scripts = new Map<string, string>();
  for (const path of entries) {
    if (scripts.has(path)) continue;
    const script = `${folder}/program${scripts.size}.js`;
    await bundle(path, script);
    scripts.set(path, script);
  }
  return entries.map((path) => ({ script: scripts.get(path)! }));
}
