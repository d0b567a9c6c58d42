/** Ends its process with the code that stands for a broken configuration. */
export default {
  apiVersion: 1,
  name: "exits",
  preRound: () => Deno.exit(78),
};
