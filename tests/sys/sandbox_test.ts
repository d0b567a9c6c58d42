import assert from "node:assert/strict";
import { kindsToGiveUp, SANDBOX_WORD } from "../../lib/sys/sandbox.ts";
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
