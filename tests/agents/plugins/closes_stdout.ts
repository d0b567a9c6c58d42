/** Closes the pipe over which it is to answer. */
export default {
  apiVersion: 1,
  name: "closes_stdout",
  async preRound() {
    await Deno.stdout.writable.close();
    await new Promise(() => setInterval(() => {}, 1000));
  },
};
