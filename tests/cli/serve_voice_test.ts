import assert from "node:assert/strict";
import { activityText, serveVoice } from "../../lib/cli/serve_voice.ts";
import { systemHost } from "../../lib/sys/mod.ts";

Deno.test("activityText() names the end of a wait where it is known", () => {
  const host = systemHost();
  const now = Date.UTC(2026, 0, 5, 12);
  const noon = {
    ...host,
    clock: { ...host.clock, now: () => now },
    env: { ...host.env, zoneOffsetMin: () => 0 },
  };
  const until = now + 90_000;
  assert.match(
    activityText({ kind: "waiting", rule: "throttled", until }, noon),
    /^waiting until 12:01:30 .*in 1 min 30 s/,
  );
  assert.equal(activityText({ kind: "waiting", rule: "lock_held", until }, noon).includes("until"), false);
});

Deno.test("serveVoice() draws no live line while the terminal has not taken what it was told", () => {
  const host = systemHost();
  const now = Date.UTC(2026, 0, 5, 12);
  let shown = "";
  let isBehind = false;
  const stream = {
    write: (text: string) => void (shown += text),
    closed: false,
    get isBehind() {
      return isBehind;
    },
    isTerminal: true,
    columns: () => 80,
  };
  const { voice } = serveVoice({
    ...host,
    env: { ...host.env, get: () => "xterm" },
    terminal: { ...host.terminal, out: stream, err: stream, dontWait: () => {} },
  }, false);
  const told = () => shown.replaceAll("\r\x1b[K", "");
  const wait = { kind: "waiting", rule: "stopAsked", until: now } as const;
  voice.activity(wait);
  const line = told();
  assert.match(line, /^waiting /);
  isBehind = true;
  voice.activity(wait);
  voice.note("kept");
  assert.equal(told(), `${line}kept\n`);
  isBehind = false;
  voice.activity(wait);
  assert.equal(told(), `${line}kept\n${line}`);
});
