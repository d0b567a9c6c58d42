import assert from "node:assert/strict";
import { kindsToGiveUp, SANDBOX_WORD } from "../../lib/sys/sandbox.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { ROOT } from "../rules/tree.ts";

/** Tells of each kind of access whether it was refused. */
const MODULE = `
export function open(write: (line: string) => void) {
  const tries: Record<string, () => unknown> = {
    read: () => Deno.readTextFileSync("/etc/hostname"),
    write: () => Deno.writeTextFileSync("written", ""),
    env: () => Deno.env.get("HOME"),
    run: () => new Deno.Command("true").outputSync(),
    sys: () => Deno.hostname(),
  };
  return () => {
    const refused = Object.entries(tries).filter(([, act]) => {
      try { act(); return false; } catch (error) { return (error as Error).name === "NotCapable"; }
    });
    write(JSON.stringify(refused.map(([name]) => name)));
  };
}
`;

Deno.test("main.ts as a sandbox gives up kinds of permission before it imports anything", async () => {
  const allow = { read: [], write: [], net: [], env: ["HOME"], run: [] };
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", `${ROOT}main.ts`, SANDBOX_WORD, ...kindsToGiveUp(allow)],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(`${new TextEncoder().encode(MODULE).toBase64()}\ntry\n`));
  await input.close();
  const { code, stdout } = await child.output();
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), ["read", "write", "run", "sys"]);
});

Deno.test("sandbox() removes the folder of a maker that was killed, and no other", async () => {
  const allow = { read: [], write: [], net: [], env: [], run: [] };
  const { processes } = systemHost();
  const start = () => processes.sandbox({ module: MODULE, allow, env: {}, cgroup: null });
  const first = await start();
  const dead = first.folder.replace(`.${Deno.pid}.`, ".99999999.");
  const foreign = first.folder.replace(/plugin-\d+\./, "plugin-1.").replace(`.${Deno.pid}.`, ".99999999.");
  await Promise.all([dead, foreign].map((path) => Deno.mkdir(path)));
  const second = await start();
  try {
    const exists = (path: string) => Deno.stat(path).then(() => true, () => false);
    assert.deepEqual(await Promise.all([first.folder, second.folder, dead, foreign].map(exists)), [
      true,
      true,
      false,
      true,
    ]);
  } finally {
    await Promise.all([first.end(), second.end(), Deno.remove(foreign)]);
  }
});
