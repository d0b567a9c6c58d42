/** Throws in whatever is called. */
function boom(): never {
  throw new RangeError("boom");
}

export default {
  apiVersion: 1,
  name: "throws",
  agents: ["agent.sh"],
  reader: () => ({ line: boom, end: boom }),
  preRound: boom,
  postRound: boom,
  contextEnrichers: { thrown: boom },
  dirtyHandlers: { throwing: { priority: 1, handle: boom } },
  detectors: { throwing_detector: { severity: "info", detect: boom } },
};
