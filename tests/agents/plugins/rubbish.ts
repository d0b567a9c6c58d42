/** Answers what nobody can use. */
export default {
  apiVersion: 1,
  name: "rubbish",
  agents: ["agent.sh"],
  reader: () => ({ line: () => [{ kind: "limit", scope: "galaxy", resetAt: "soon" }] }),
  dirtyHandlers: { rubbish_handler: { priority: 1, handle: () => ({ kind: "sold" }) } },
};
