/** Writes lines to its standard output without end. */
export default {
  apiVersion: 1,
  name: "floods_lines",
  preRound() {
    const bytes = new TextEncoder().encode("all work and no play\n".repeat(1000));
    for (;;) Deno.stdout.writeSync(bytes);
  },
};
