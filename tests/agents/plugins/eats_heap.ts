/** Holds on to more and more of its own heap. */
export default {
  apiVersion: 1,
  name: "eats_heap",
  preRound() {
    const kept: string[][] = [];
    for (;;) kept.push(new Array(100_000).fill("x".repeat(10)));
  },
};
