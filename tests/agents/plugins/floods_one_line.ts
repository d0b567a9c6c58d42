/** Writes one line without end. */
export default {
  apiVersion: 1,
  name: "floods_one_line",
  preRound() {
    const bytes = new TextEncoder().encode("x".repeat(65_536));
    for (;;) Deno.stdout.writeSync(bytes);
  },
};
