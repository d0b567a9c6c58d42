/** Never answers, and is not idle either. */
export default {
  apiVersion: 1,
  name: "hangs",
  preRound: () => new Promise(() => setInterval(() => {}, 1)),
};
