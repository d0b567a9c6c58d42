import { promptFiles } from "../prompt.ts";
import type { Bare } from "../bare.ts";
import type { HookRound } from "./context.ts";

/** Runs a hook, and tells of every prompt file that is another one afterwards. Not if it failed: what it left is not its word. */
export async function guardPrompts(
  { host, config, log }: Bare,
  { round, phase }: HookRound,
  hook: string,
  act: () => Promise<boolean>,
): Promise<void> {
  const hashes = () =>
    Promise.all(
      promptFiles(config).map(async (path) => [path, await host.files.sha256({ path })] as const),
    );
  const before = new Map(await hashes());
  if (!await act()) return;
  for (const [path, hash] of await hashes()) {
    const old = before.get(path) ?? null;
    if (hash === old) continue;
    log.append({
      event: "prompt_overwritten",
      round_num: round,
      phase,
      hook,
      prompt_path: path,
      old_hash: hashText(old),
      new_hash: hashText(hash),
    });
  }
}

function hashText(hash: string | null): string {
  return hash === null ? "none" : `sha256:${hash}`;
}
