import type { CliContext, VerbResult } from "./context.ts";
import { playFakeAgent } from "./fake_agent.ts";

/** Plays a scripted agent; its exit code is the scenario's. */
export async function fakeAgent(
  { host }: CliContext,
  _flags: Record<never, never>,
  ...words: readonly string[]
): Promise<VerbResult> {
  const result = await playFakeAgent(host, words);
  return typeof result === "number" ? { kind: "exit", code: result } : result;
}
