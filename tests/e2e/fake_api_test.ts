import assert from "node:assert/strict";
import { CLAUDE_ARGS, claudeCli, claudeHome } from "./claude_cli.ts";
import { type FakeApi, inTurn, limitedUntil, startFakeApi } from "./fake_api.ts";

/** Hours ahead of the CLI's own clock, so that it takes the limit for a real one. */
const RESET = Math.ceil(Date.now() / 1000) + 7200;

Deno.test("startFakeApi() lets the real CLI end well", () =>
  withApi(async (api, dir) => {
    api.script(inTurn([{ kind: "ok", text: "All is well." }]));
    const run = await runClaude(api, dir);
    assert.equal(run.code, 0, run.text);
    const result = run.last("result");
    assert.equal(result.is_error, false);
    assert.equal(result.result, "All is well.");
    assert.equal(mainRequests(api), 1);
  }));

Deno.test("startFakeApi() lets the real CLI run a tool, and scripts what follows", () =>
  withApi(async (api, dir) => {
    api.script(inTurn([
      { kind: "ok_tool", command: "echo written > note.txt" },
      { kind: "ok_tool", command: "echo again >> note.txt", then: { kind: "status", status: 500 } },
    ]));
    const good = await runClaude(api, dir);
    assert.equal(good.code, 0, good.text);
    assert.equal(await Deno.readTextFile(`${dir}/work/note.txt`), "written\n");
    const bad = await runClaude(api, dir);
    assert.equal(bad.code, 1, bad.text);
    assert.equal(bad.last("result").api_error_status, 500);
    assert.equal(await Deno.readTextFile(`${dir}/work/note.txt`), "written\nagain\n");
    assert.equal(mainRequests(api), 4);
  }));

for (const window of ["five_hour", "seven_day"] as const) {
  Deno.test(`limitedUntil() makes the real CLI report the ${window} limit, until the server's clock says otherwise`, () => {
    let now = (RESET - 1) * 1000;
    return withApi(async (api, dir) => {
      api.script(limitedUntil(RESET, window));
      const limited = await runClaude(api, dir);
      assert.equal(limited.code, 1, limited.text);
      const info = limited.last("rate_limit_event").rate_limit_info as Record<string, unknown>;
      assert.deepEqual([info.status, info.rateLimitType, info.resetsAt], ["rejected", window, RESET]);
      assert.equal(limited.last("result").is_error, true);
      assert.equal(mainRequests(api), 1);

      now = RESET * 1000;
      const free = await runClaude(api, dir);
      assert.equal(free.code, 0, free.text);
      const { status } = free.last("rate_limit_event").rate_limit_info as Record<string, unknown>;
      assert.equal(status, "allowed");
      assert.equal(mainRequests(api), 2);
    }, () => now);
  });
}

for (const status of [401, 500, 529]) {
  Deno.test(`startFakeApi() makes the real CLI give up on ${status}`, () =>
    withApi(async (api, dir) => {
      api.script(() => ({ kind: "status", status }));
      const run = await runClaude(api, dir);
      assert.equal(run.code, 1, run.text);
      assert.equal(run.last("result").api_error_status, status);
    }));
}

Deno.test("startFakeApi() keeps the real CLI waiting on a stall, and close() ends it", () =>
  withApi(async (api, dir) => {
    const asked = Promise.withResolvers<void>();
    api.script(() => {
      asked.resolve();
      return { kind: "stall" };
    });
    const running = runClaude(api, dir);
    await Promise.race([asked.promise, running]);
    await api.close();
    const run = await running;
    assert.equal(run.code, 1, run.text);
  }));

Deno.test("startFakeApi() answers what is not a turn without asking the script", () =>
  withApi(async (api) => {
    api.script(() => ({ kind: "status", status: 500 }));
    const title = JSON.stringify({ model: "small", messages: [{ role: "user", content: "A title?" }] });
    assert.equal(await statusOf(`${api.url}/`, { method: "HEAD" }), 200);
    assert.equal(await statusOf(`${api.url}/v1/messages/count_tokens`, { method: "POST", body: title }), 200);
    assert.equal(await statusOf(`${api.url}/v1/messages`, { method: "POST", body: title }), 200);
    assert.equal(await statusOf(`${api.url}/api/oauth/usage`, {}), 404);
    assert.equal(mainRequests(api), 0);
  }));

interface Run {
  readonly code: number;
  /** Both output streams. */
  readonly text: string;
  /** The last line of that type. */
  last(type: string): Record<string, unknown>;
}

async function withApi(
  body: (api: FakeApi, dir: string) => Promise<void>,
  now?: () => number,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "agent-runner-e2e-" });
  const api = startFakeApi(now);
  try {
    await Deno.mkdir(`${dir}/work`);
    await body(api, dir);
  } finally {
    await api.close();
    await Deno.remove(dir, { recursive: true });
  }
}

async function runClaude(api: FakeApi, dir: string): Promise<Run> {
  await using child = new Deno.Command(await claudeCli(), {
    args: [...CLAUDE_ARGS],
    cwd: `${dir}/work`,
    env: claudeHome(`${dir}/home`, api.url),
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(60_000),
  }).spawn();
  const [, output] = await Promise.all([givePrompt(child), child.output()]);
  const stdout = new TextDecoder().decode(output.stdout);
  return {
    code: output.code,
    text: stdout + new TextDecoder().decode(output.stderr),
    last(type) {
      const found = stdout.trim().split("\n").map(parseLine).findLast((line) => line.type === type);
      assert.ok(found, `no ${type} in ${stdout}`);
      return found;
    },
  };
}

async function givePrompt(child: Deno.ChildProcess): Promise<void> {
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("Do the next task.\n"));
  await writer.close();
}

function parseLine(line: string): Record<string, unknown> {
  return JSON.parse(line);
}

async function statusOf(url: string, init: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
}

function mainRequests(api: FakeApi): number {
  return api.requests.filter((request) => request.main).length;
}
