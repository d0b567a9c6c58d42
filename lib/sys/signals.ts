import type { SignalName, Signals } from "../host.ts";

/** Signals that arrive at this process. */
export function systemSignals(): Signals {
  return { on };
}

function on(name: SignalName, handler: () => void): () => void {
  // A function of its own, so that a handler given twice is two listeners.
  function listener(): void {
    handler();
  }
  Deno.addSignalListener(name, listener);
  return () => Deno.removeSignalListener(name, listener);
}
