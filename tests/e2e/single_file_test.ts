import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };

/** Prints what it was given; the file built from it differs from the real one in nothing else. */
const ECHO = `console.log(JSON.stringify([Deno.args, Deno.env.get("AGENT_RUNNER_SELF")]));`;

const NOBODY = 65534;

/** Everything of this file happens in here. Others may enter, since one start is another user's. */
const dir = await Deno.makeTempDir({ prefix: "single-file-" });
await Deno.chmod(dir, 0o755);
await Deno.writeTextFile(`${dir}/echo.ts`, ECHO);
const file = await build(`--entry=${dir}/echo.ts`, "echo");

Deno.test.afterAll(() => Deno.remove(dir, { recursive: true }));

Deno.test("the single file of main.ts prints its version", async () => {
  const real = await build("", "agent-runner");
  const { code, stdout } = await start([real, "--version"], { HOME: folder("home", 0o700) });
  assert.equal(code, 0);
  assert.ok(stdout.includes(manifest.version), stdout);
});

Deno.test("the single file hands arguments on byte for byte, however it is called", async () => {
  const HOME = folder("home", 0o700);
  const args = ["a b", "", "q\"'`$(id)", "line\nline", "-n", "--", "*", "ünï", "\\x"];
  await Deno.symlink(file, `${dir}/link`);
  const ways = [
    { words: [file], cwd: "/", self: file },
    { words: [`${dir}/link`], cwd: "/", self: `${dir}/link` },
    { words: ["sh", "echo"], cwd: dir, self: file },
    { words: ["./echo"], cwd: dir, self: file },
    { words: ["echo"], cwd: "/", self: file },
  ];
  for (const { words, cwd, self } of ways) {
    const { stdout } = await start(
      [...words, ...args],
      { HOME, PATH: `${dir}:${Deno.env.get("PATH")}` },
      cwd,
    );
    assert.deepEqual(JSON.parse(stdout), [args, self], words.join(" "));
  }
});

Deno.test("the single file starts for the first time in several processes at once", async () => {
  const HOME = folder("home", 0o700);
  const runs = await Promise.all([1, 2, 3, 4].map((each) => start([file, String(each)], { HOME })));
  assert.deepEqual(runs.map((run) => JSON.parse(run.stdout)[0]), [["1"], ["2"], ["3"], ["4"]]);
  assert.deepEqual(unpacked(HOME), ["app.js", "deno"]);
});

Deno.test("the single file starts after one that was killed while it unpacked, and removes its old rest", async () => {
  const HOME = folder("home", 0o700);
  const cache = `${HOME}/.cache/agent-runner`;
  const killed = new Deno.Command(file, { env: { HOME, XDG_CACHE_HOME: "" }, detached: true, stderr: "null" })
    .spawn();
  let ended = false;
  const status = killed.status.finally(() => ended = true);
  const rest = await firstEntry(cache, () => ended);
  Deno.kill(-killed.pid, "SIGKILL");
  assert.equal((await status).signal, "SIGKILL");
  assert.ok(rest.startsWith(".new."), rest);
  const old = Date.now() / 1000 - 2 * 3600;
  await Deno.utime(`${cache}/${rest}`, old, old);
  assert.equal((await start([file], { HOME })).code, 0);
  assert.deepEqual(unpacked(HOME), ["app.js", "deno"]);
});

Deno.test("the single file unpacks below TMPDIR, for its user alone, when the home cannot be written", async () => {
  const env = { HOME: folder("home", 0o555), TMPDIR: folder("tmp", 0o777) };
  const { code, stdout, stderr } = await start([...asOther(), file, "a"], env);
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout)[0], ["a"]);
  const [entry] = [...Deno.readDirSync(env.TMPDIR)];
  assert.match(entry?.name ?? "", /^agent-runner-\d+$/);
  assert.equal((Deno.statSync(`${env.TMPDIR}/${entry?.name}`).mode ?? 0) & 0o777, 0o700);
});

Deno.test("the single file refuses a folder that others can write, and says what to do", async () => {
  const env = { HOME: folder("home", 0o555), TMPDIR: folder("tmp", 0o777) };
  const uid = asOther().length > 0 ? NOBODY : Deno.uid();
  Deno.mkdirSync(`${env.TMPDIR}/agent-runner-${uid}`);
  Deno.chmodSync(`${env.TMPDIR}/agent-runner-${uid}`, 0o777);
  const { code, stderr } = await start([...asOther(), file], env);
  assert.equal(code, 71);
  assert.match(stderr, /^error: Cannot unpack agent-runner into .*\nhint: .*XDG_CACHE_HOME=/);
});

async function build(entry: string, name: string): Promise<string> {
  const script = new URL("../../deploy/build.ts", import.meta.url).pathname;
  const args = ["run", "-A", script, `--output=${dir}/${name}`, ...(entry === "" ? [] : [entry])];
  const cwd = new URL("../../", import.meta.url);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd, stdout: "null" }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return `${dir}/${name}`;
}

async function start(words: readonly string[], env: Record<string, string>, cwd = "/") {
  const [program = "", ...args] = words;
  const run = await new Deno.Command(program, { args, cwd, env: { XDG_CACHE_HOME: "", ...env } }).output();
  const [stdout, stderr] = [run.stdout, run.stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code: run.code, stdout: stdout ?? "", stderr: stderr ?? "" };
}

/** A new folder of that mode, whatever the umask. */
function folder(name: string, mode: number): string {
  const path = Deno.makeTempDirSync({ dir, prefix: `${name}-` });
  Deno.chmodSync(path, mode);
  return path;
}

/** Words before a command: root can write everywhere and has to become somebody else. */
function asOther(): readonly string[] {
  return Deno.uid() === 0 ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
}

/** What the one folder below the cache holds. */
function unpacked(home: string): readonly string[] {
  const cache = `${home}/.cache/agent-runner`;
  const folders = [...Deno.readDirSync(cache)].map(({ name }) => name);
  assert.equal(folders.length, 1, folders.join(" "));
  return [...Deno.readDirSync(`${cache}/${folders[0]}`)].map(({ name }) => name).sort();
}

/** The name of the first entry that appears in a folder, which need not be there yet. */
async function firstEntry(path: string, tooLate: () => boolean): Promise<string> {
  while (!tooLate()) {
    try {
      for await (const { name } of Deno.readDir(path)) return name;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  assert.fail(`nothing appeared in ${path}`);
}
