import assert from "node:assert/strict";
import { LogCap } from "../../lib/supervise/log_cap.ts";
import { simHost } from "../sim/fixtures.ts";

const PATH = "/project/logs/rounds/R1.log";

for (const character of ["ä", "€", "😀"]) {
  for (const before of ["", "x", "xx", "xxx"]) {
    Deno.test(`finish() cuts no ${character} in two, when ${before.length} bytes stand before the first`, async () => {
      const host = simHost(1);
      host.disk.makeDir("/project/logs/rounds");
      host.files.write(PATH, before + character.repeat(800_000));
      await new LogCap(host, PATH, { capMb: 1, hole: null, onHole: () => {} }).finish();
      const file = host.files.open(PATH)!;
      const bytes = new Uint8Array(file.size());
      file.readAt(0, bytes);
      assert.ok(bytes.length < 1024 * 1024, `${bytes.length} bytes`);
      const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      const rest = text.replaceAll(character, "");
      assert.ok(rest.length < 100 && rest.startsWith(`${before}\n[agent-runner: `), rest.slice(0, 100));
    });
  }
}
