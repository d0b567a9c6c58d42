/** Writes events around the check on its own side, without end. */
export default {
  apiVersion: 1,
  name: "floods_events",
  eventKinds: ["flood"],
  preRound() {
    const bytes = new TextEncoder().encode(`${JSON.stringify({ emit: "flood", fields: { a: 1 } })}\n`);
    for (;;) Deno.stdout.writeSync(bytes);
  },
};
