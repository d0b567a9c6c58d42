/** Takes away what everything rests on, in its own process. */
export default {
  apiVersion: 1,
  name: "breaks_globals",
  preRound() {
    const broken = () => {
      throw new Error("broken");
    };
    Object.assign(JSON, { parse: broken, stringify: () => "rubbish" });
    Object.assign(Array.prototype, { push: broken, shift: broken, [Symbol.iterator]: broken });
    Object.assign(Promise.prototype, { then: broken });
    Object.assign(console, { error: broken });
    Object.assign(globalThis, { TextEncoder: broken, Promise: broken });
  },
};
