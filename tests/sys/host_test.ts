import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { systemHost } from "../../lib/sys/mod.ts";

const host = systemHost();
const MOD = JSON.stringify(import.meta.resolve("../../lib/sys/mod.ts"));

interface Script {
  readonly path: string;
  readonly dir: string;
}

/** A program in a folder of its own that has `host` and `exitWith`. */
function withScript(body: string, act: (script: Script) => Promise<void>): () => Promise<void> {
  return async () => {
    const dir = await Deno.realPath(await Deno.makeTempDir());
    const path = `${dir}/mäin 100%25.ts`;
    try {
      const head = `import { exitWith, systemHost } from ${MOD};\nconst host = systemHost();\n`;
      await Deno.writeTextFile(path, head + body);
      await act({ path, dir });
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  };
}

function deno(args: readonly string[], options: Partial<Deno.CommandOptions> = {}): Deno.Command {
  return new Deno.Command(Deno.execPath(), { args: [...args], stdout: "piped", stderr: "piped", ...options });
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

Deno.test(
  "systemHost() looks at nothing before it is asked, and exitWith() ends the process",
  withScript("exitWith(host.env === undefined ? 1 : 42);", async ({ path }) => {
    // Without any permission every look at the machine would throw.
    const { code, stderr } = await deno(["run", "--no-prompt", "--no-lock", path]).output();
    assert.equal(code, 42, text(stderr));
  }),
);

Deno.test(
  "exitWith() leaves behind what was compiled",
  withScript("exitWith(host.env === undefined ? 1 : 0);", async ({ path, dir }) => {
    const { code } = await deno(["run", "-A", "--no-lock", path], { env: { DENO_DIR: `${dir}/deno` } })
      .output();
    assert.equal(code, 0);
    using cache = new DatabaseSync(`${dir}/deno/v8_code_cache_v2`, { readOnly: true });
    const kept = cache.prepare("select specifier from codecache").all().map(({ specifier }) =>
      String(specifier)
    );
    assert.ok(kept.some((specifier) => specifier.endsWith("/lib/sys/mod.ts")), kept.join("\n"));
  }),
);

Deno.test(
  "program holds the words that start the same program again from anywhere",
  withScript("console.log(JSON.stringify([host.env.program, Deno.args]));", async ({ path, dir }) => {
    const first = await deno(["run", "-A", "--no-prompt", path, "x"], { cwd: dir }).output();
    const [program, args] = JSON.parse(text(first.stdout));
    assert.deepEqual([program.at(-1), args], [path, ["x"]]);
    const again = await new Deno.Command(program[0], { args: [...program.slice(1), "a b", "-A"], cwd: "/" })
      .output();
    assert.deepEqual(JSON.parse(text(again.stdout)), [program, ["a b", "-A"]]);
  }),
);

Deno.test(
  "program is the single file where one started us, which all() does not pass on",
  withScript(
    "console.log(JSON.stringify([host.env.program, host.env.all(), host.env.home, host.env.get('BAD') ?? null]));",
    async ({ path, dir }) => {
      const variables = "AGENT_RUNNER_SELF=/opt/agent-runner HOME= OTHER=1 BAD=\"$(printf 'a\\377')\"";
      const shell = ["-c", `${variables} exec "$@"`, "sh", Deno.execPath(), "run", "-A", "--no-lock", path];
      const env = { PATH: "/bin", DENO_DIR: `${dir}/cache` };
      const { stdout, stderr } = await new Deno.Command("/bin/sh", { args: shell, clearEnv: true, env })
        .output();
      const [program, all, home, bad] = JSON.parse(text(stdout) || `"${text(stderr)}"`);
      assert.deepEqual([program, home, bad], [["/opt/agent-runner"], null, null]);
      assert.deepEqual([all.OTHER, all.AGENT_RUNNER_SELF], ["1", undefined]);
    },
  ),
);

Deno.test(
  "cwd is absolute; zoneOffsetMin() is east of UTC and knows summer time",
  withScript(
    "console.log(host.env.cwd, ...[0, 15e9].map((at) => host.env.zoneOffsetMin(at)));",
    async ({ path, dir }) => {
      async function offsets(TZ: string): Promise<string> {
        return text(
          (await deno(["run", "-A", "--no-lock", path], { cwd: dir, env: { TZ } }).output()).stdout,
        );
      }
      assert.equal(await offsets("America/New_York"), `${dir} -300 -240\n`);
      assert.equal(await offsets("Asia/Kolkata"), `${dir} 330 330\n`);
      assert.equal(await offsets("UTC"), `${dir} 0 0\n`);
    },
  ),
);

Deno.test(
  "write() does nothing once the reader has gone",
  withScript(
    `for (let i = 0; i < 10_000 && !host.terminal.out.closed; i++) host.terminal.out.write("x".repeat(1000));
     host.terminal.out.write("more");
     host.terminal.err.write(String(host.terminal.out.closed));`,
    async ({ path }) => {
      const child = deno(["run", "-A", "--no-lock", path]).spawn();
      await child.stdout.cancel();
      assert.equal(await new Response(child.stderr).text(), "true");
      assert.equal((await child.status).code, 0);
    },
  ),
);

Deno.test({
  name: "write() throws for output that a full disk refuses and drops mere words",
  ignore: Deno.build.os !== "linux",
  fn: withScript(
    `host.terminal.err.write("dropped");
     try { host.terminal.out.write("data"); } catch (error) { exitWith(error.fault === "full" ? 28 : 1); }`,
    async ({ path }) => {
      const args = ["-c", 'exec "$@" >/dev/full 2>&1', "sh", Deno.execPath(), "run", "-A", "--no-lock", path];
      assert.equal((await new Deno.Command("/bin/sh", { args }).output()).code, 28);
    },
  ),
});

const O_RDWR_NOCTTY = 0o402;

const LINES = Array.from({ length: 300 }, (_, index) => `${index} ${"x".repeat(1000)}\n`);

Deno.test({
  name: "dontWait() keeps what a reader does not take, and writes it when it does",
  ignore: Deno.build.os !== "linux",
  fn: withScript(
    `host.terminal.dontWait();
     for (const line of ${JSON.stringify(LINES)}) host.terminal.out.write(line);
     host.terminal.err.write("written");
     await host.terminal.readLine();
     exitWith(0);`,
    async ({ path }) => {
      const child = deno(["run", "-A", "--no-lock", path], { stdin: "piped" }).spawn();
      for await (const words of child.stderr) {
        assert.equal(text(words), "written");
        break;
      }
      const read = new Uint8Array(LINES.join("").length);
      const reader = child.stdout.getReader({ mode: "byob" });
      const { value } = await reader.read(read, { min: read.length });
      assert.equal(text(value!), LINES.join(""));
      await child.stdin.close();
      assert.equal((await child.status).code, 0);
    },
  ),
});

Deno.test({
  name: "dontWait() refuses what is too much, and finish() waits a second for a reader that takes nothing",
  ignore: Deno.build.os !== "linux",
  fn: withScript(
    `host.terminal.dontWait();
     let refused = 0;
     for (let i = 0; i < 2000; i++) {
       try { host.terminal.out.write("x".repeat(999) + "\\n"); } catch { refused++; }
     }
     host.terminal.finish();
     host.terminal.err.write(String(refused));
     exitWith(0);`,
    async ({ path }) => {
      const child = deno(["run", "-A", "--no-lock", path]).spawn();
      const refused = Number(await new Response(child.stderr).text());
      const taken = await new Response(child.stdout).text();
      assert.equal((await child.status).code, 0);
      // A pipe holds 64 KiB, and a mebibyte is kept.
      assert.ok(refused >= 2000 - 64 - 1100 && refused < 1000, String(refused));
      assert.ok(taken.length <= 64 * 1024 && taken.length > 32 * 1024, String(taken.length));
    },
  ),
});

Deno.test({
  name: "finish() gives who reads what is kept, however often it has to wait for that",
  ignore: Deno.build.os !== "linux",
  fn: withScript(
    `host.terminal.dontWait();
     for (let i = 0; i < 1000; i++) host.terminal.out.write("x".repeat(999) + "\\n");
     host.terminal.err.write("kept");
     host.terminal.finish();
     exitWith(0);`,
    async ({ path }) => {
      const child = deno(["run", "-A", "--no-lock", path]).spawn();
      for await (const words of child.stderr) {
        assert.equal(text(words), "kept");
        break;
      }
      assert.equal((await new Response(child.stdout).text()).length, 1_000_000);
      assert.equal((await child.status).code, 0);
    },
  ),
});

Deno.test({
  name: "dontWait() never waits for a terminal that takes nothing, wherever its room ends",
  ignore: Deno.build.os !== "linux",
  fn: withScript(
    `host.terminal.dontWait();
     for (let i = 0; i < 1000; i++) host.terminal.out.write("x".repeat(i * 7 % 600) + "\\n");
     exitWith(0);`,
    async ({ path }) => {
      using terminal = new UnreadTerminal();
      const args = [
        "-c",
        `exec "$@" >${terminal.path}`,
        "sh",
        Deno.execPath(),
        "run",
        "-A",
        "--no-lock",
        path,
      ];
      const signal = AbortSignal.timeout(10_000);
      assert.equal((await new Deno.Command("/bin/sh", { args, signal }).output()).code, 0);
    },
  ),
});

/** A terminal whose other end is never read. */
class UnreadTerminal implements Disposable {
  readonly path: string;
  readonly #library = Deno.dlopen("libc.so.6", {
    posix_openpt: { parameters: ["i32"], result: "i32" },
    unlockpt: { parameters: ["i32"], result: "i32" },
    ptsname: { parameters: ["i32"], result: "pointer" },
    close: { parameters: ["i32"], result: "i32" },
  });
  readonly #fd: number;

  constructor() {
    const { posix_openpt, unlockpt, ptsname } = this.#library.symbols;
    this.#fd = posix_openpt(O_RDWR_NOCTTY);
    assert.equal(unlockpt(this.#fd), 0);
    this.path = Deno.UnsafePointerView.getCString(ptsname(this.#fd)!);
  }

  [Symbol.dispose](): void {
    this.#library.symbols.close(this.#fd);
    this.#library.close();
  }
}

Deno.test(
  "write() writes all of a long text; columns() is 80 without a terminal",
  withScript(
    `host.terminal.out.write("ü".repeat(500_000));
     host.terminal.err.write([host.terminal.out.columns(), host.terminal.out.isTerminal, host.terminal.stdinIsTerminal].join());`,
    async ({ path }) => {
      const options = { stdin: "null", detached: true } as const;
      const { stdout, stderr } = await deno(["run", "-A", "--no-lock", path], options).output();
      assert.equal(text(stdout).length, 500_000);
      assert.equal(text(stderr), "80,false,false");
    },
  ),
);

Deno.test(
  "readLine() takes one line at a time, the last one without its newline too, and is null at the end",
  withScript(
    `const lines = [];
     for (let line; (line = await host.terminal.readLine()) !== null;) lines.push(line);
     host.terminal.out.write(JSON.stringify(lines));`,
    async ({ path }) => {
      const child = deno(["run", "-A", "--no-lock", path], { stdin: "piped" }).spawn();
      const input = child.stdin.getWriter();
      await input.write(new TextEncoder().encode("yes\n\nü"));
      await input.close();
      assert.equal(text((await child.output()).stdout), JSON.stringify(["yes", "", "ü"]));
    },
  ),
);

Deno.test("on() calls each handler at a signal until it is taken back", async () => {
  const calls: string[] = [];
  const arrived = new AbortController();
  function handler(): void {
    calls.push("first");
  }
  const offs = [host.signals.on("SIGWINCH", handler), host.signals.on("SIGWINCH", handler)];
  const off = host.signals.on("SIGWINCH", () => arrived.abort());
  offs[0]!();
  assert.equal(host.processes.signal(host.processes.self.pid, "SIGWINCH"), true);
  // A listener alone does not keep a process alive.
  await host.clock.sleep(60_000, arrived.signal);
  assert.deepEqual(calls, ["first"]);
  offs[1]!();
  off();
});

Deno.test("sleep() resolves after its time, or at once when aborted", async () => {
  const start = host.clock.monotonicMs();
  await host.clock.sleep(20);
  const slept = host.clock.monotonicMs() - start;
  assert.ok(slept >= 19, `slept ${slept} ms`);
  const stop = new AbortController();
  const long = host.clock.sleep(2 ** 31 - 1, stop.signal);
  stop.abort();
  await long;
  await host.clock.sleep(2 ** 31 - 1, stop.signal);
});

Deno.test("boot() keeps its id and goes on", () => {
  const first = host.clock.boot();
  const second = systemHost().clock.boot();
  assert.notEqual(first.id, "");
  assert.equal(second.id, first.id);
  assert.ok(first.ms > 0 && second.ms >= first.ms);
});

Deno.test("now() is the wall clock in whole milliseconds, next() a number in [0, 1)", () => {
  assert.equal(Number.isInteger(host.clock.now()), true);
  const drawn = Array.from({ length: 100 }, () => host.random.next());
  assert.equal(drawn.every((n) => n >= 0 && n < 1), true);
  assert.ok(new Set(drawn).size > 90);
});
