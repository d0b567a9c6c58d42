/** A reader that never comes back from a line. */
export default {
  apiVersion: 1,
  name: "spins_in_line",
  agents: ["agent.sh"],
  reader: () => ({
    line() {
      for (;;);
    },
  }),
};
