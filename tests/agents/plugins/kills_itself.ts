/** Ends its process by a signal. */
export default {
  apiVersion: 1,
  name: "kills_itself",
  preRound: () => Deno.kill(Deno.pid, "SIGKILL"),
};
