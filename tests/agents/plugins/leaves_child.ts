/** Starts a program that leaves its group, holds its pipes and outlives it; then it hangs. */
export default {
  apiVersion: 1,
  name: "leaves_child",
  async preRound() {
    new Deno.Command("setsid", { args: ["sleep", "600"], stdout: "inherit", stderr: "inherit" }).spawn()
      .unref();
    await new Promise(() => setInterval(() => {}, 1000));
  },
};
