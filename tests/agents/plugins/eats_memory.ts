/** Holds on to 2 GB outside of its heap, and touches it. */
export default {
  apiVersion: 1,
  name: "eats_memory",
  async preRound() {
    const kept: Uint8Array[] = [];
    for (let megabytes = 0; megabytes < 2048; megabytes += 16) {
      kept.push(new Uint8Array(16 * 1024 * 1024).fill(1));
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await new Promise(() => setInterval(() => kept.length, 1000));
  },
};
