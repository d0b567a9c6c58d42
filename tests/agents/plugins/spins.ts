/** Never gives the processor back. */
export default {
  apiVersion: 1,
  name: "spins",
  preRound() {
    for (;;);
  },
};
