interface Context {
  readonly config: { readonly lines: readonly string[] };
}

/** Writes lines of the protocol itself, then hangs. */
async function forge({ config: { lines } }: Context): Promise<void> {
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
  await new Promise(() => setInterval(() => {}, 1000));
}

export default {
  apiVersion: 1,
  name: "forges",
  eventKinds: ["forged"],
  agents: ["agent.sh"],
  reader: () => ({ line: () => [] }),
  preRound: forge,
  contextEnrichers: { forged_value: forge },
  dirtyHandlers: { forging: { priority: 1, handle: forge } },
  detectors: { forging_detector: { severity: "info", detect: () => null } },
};
