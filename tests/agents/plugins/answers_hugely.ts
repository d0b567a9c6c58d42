/** Enrichers whose values cannot be used, and one whose can. */
export default {
  apiVersion: 1,
  name: "answers_hugely",
  contextEnrichers: {
    huge: () => "x".repeat(100 * 1024 * 1024),
    cycle() {
      const value: unknown[] = [];
      value.push(value);
      return value;
    },
    bigint: () => 1n,
    nothing: () => undefined,
    deep: () => JSON.parse("[".repeat(30_000) + "]".repeat(30_000)),
    strange: () => ({
      ["__proto__"]: 1,
      get late() {
        throw new Error("late");
      },
    }),
    fine: () => ({ a: [1, "two", null] }),
  },
};
