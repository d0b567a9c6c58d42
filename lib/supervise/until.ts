import type { Host } from "../host.ts";

/** Looks every `lookMs` whether the condition holds: true as soon as it does, false when `withinMs` is over. */
export async function until(
  host: Host,
  condition: () => boolean,
  { withinMs, lookMs }: { readonly withinMs: number; readonly lookMs: number },
): Promise<boolean> {
  const untilMs = host.clock.monotonicMs() + withinMs;
  while (!condition()) {
    if (host.clock.monotonicMs() >= untilMs) return false;
    await host.clock.sleep(lookMs);
  }
  return true;
}
