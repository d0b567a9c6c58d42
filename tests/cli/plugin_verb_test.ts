import assert from "node:assert/strict";
import { runCli } from "../../lib/cli/run_cli.ts";
import type { Host, Stream } from "../../lib/host.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { PLUGINS } from "../../plugins/mod.ts";
import * as presets from "../../presets/mod.ts";

const CONFIG = `# mine
[agent]
command = [ "toy" ]   # odd   spacing
prompt_arg_template = []

[runtime]
work_dir = "."
log_dir = "./logs"

[prompt]
file = "./prompt.md"`;

const PLUGIN = `export default {
  apiVersion: 1,
  name: "mini",
  agents: ["mini"],
  interest: ["mini:"],
  wants: { read: ["data", "more"], emit: true },
  eventKinds: ["mini_seen"],
  reader: () => ({
    line(text) {
      if (text.includes("boom")) throw new RangeError("too \\x1b[2Jmuch");
      return text.includes("limit")
        ? [{ kind: "limit", scope: "account", window: "five_hour", resetAt: 1767376800000, raw: text }]
        : [];
    },
    end: () => [{ kind: "result", ok: false, raw: "over" }],
  }),
};
`;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder with a configuration, in which the verb runs. */
class Folder implements AsyncDisposable {
  readonly dir: string;

  constructor(config: string | null = CONFIG) {
    this.dir = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "agent-runner-plugin-verb-" }));
    if (config !== null) this.write("agent-runner.toml", config);
  }

  write(name: string, text: string): void {
    Deno.writeTextFileSync(`${this.dir}/${name}`, text);
  }

  read(name: string): string {
    return Deno.readTextFileSync(`${this.dir}/${name}`);
  }

  get config(): string {
    return this.read("agent-runner.toml");
  }

  /** `answer`: what a person at the terminal types; without one there is no terminal. */
  async plugin(words: string, answer: string | null = null): Promise<Ran> {
    const printed = { out: "", err: "" };
    const stream = (name: "out" | "err"): Stream => ({
      write: (text) => void (printed[name] += text),
      closed: false,
      isBehind: false,
      isTerminal: answer !== null,
      columns: () => 100,
    });
    const real = systemHost();
    const host: Host = {
      ...real,
      env: { ...real.env, cwd: this.dir },
      terminal: {
        out: stream("out"),
        err: stream("err"),
        stdinIsTerminal: answer !== null,
        dontWait: () => {},
        finish: () => {},
        isOutUnread: () => false,
        readLine: () => Promise.resolve(answer),
      },
    };
    const parts = { plugins: PLUGINS, presets: () => Promise.resolve(presets) };
    const code = await runCli(host, ["plugin", ...words.split(" ")], parts);
    return { code, ...printed };
  }

  /** Runs it, and gives what it printed when all went well. */
  async good(words: string, answer: string | null = null): Promise<string> {
    const { code, out, err } = await this.plugin(words, answer);
    assert.equal(code, 0, `${words}: ${err}`);
    return out;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.dir, { recursive: true });
  }
}

async function sha256(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}

Deno.test("plugin new writes a plugin that passes its own test and can be tried out", async () => {
  await using folder = new Folder(null);
  assert.match(
    await folder.good("new my-cli"),
    /^Wrote my-cli\.ts, my-cli_test\.ts, agent_runner_plugin\.ts\.\n/,
  );
  const args = ["test", "--no-config", "--no-lock", "--quiet"];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), { args, cwd: folder.dir }).output();
  assert.ok(success, new TextDecoder().decode(stdout));
  folder.write(
    "round.log",
    "thinking\nmy-cli: usage limit reached, try again at 2026-01-02T18:00:00Z\nmy-cli: server error 503",
  );
  const out = await folder.good("test my-cli.ts --log round.log");
  assert.match(out, /^line 2 {2}limit account reset 2026-01-02T18:00:00\.000Z {2}\| my-cli: usage limit/m);
  assert.match(out, /^line 3 {2}overloaded 503 /m);
  assert.match(out, /^3 lines read, 1 of them passed over/m);
  assert.match(out, /^ {2}limit {8}rate_limit_account reset 2026-01-02T18:00:00\.000Z$/m);
});

Deno.test("plugin new leaves what is there, but for old types, unless it is forced", async () => {
  await using folder = new Folder(null);
  await folder.good("new toy");
  const [sample, types] = [folder.read("toy.ts"), folder.read("agent_runner_plugin.ts")];
  folder.write("toy.ts", "mine");
  const { code, err } = await folder.plugin("new toy");
  assert.deepEqual([code, folder.read("toy.ts")], [1, "mine"]);
  assert.match(
    err,
    /^error: Cannot write toy\.ts: there already\nhint: agent-runner plugin new toy --force$/m,
  );
  folder.write("agent_runner_plugin.ts", "export const API_VERSION = 0;\n");
  await folder.good("new other");
  assert.equal(folder.read("agent_runner_plugin.ts"), types);
  const written = JSON.parse(await folder.good("new toy --force --json"));
  assert.deepEqual(written.written, ["toy.ts"]);
  assert.equal(folder.read("toy.ts"), sample);
  assert.equal((await folder.plugin("new Toy")).code, 2);
});

Deno.test("plugin test says what a plugin is and gives all that it found as JSON", async () => {
  await using folder = new Folder(null);
  folder.write("mini.js", PLUGIN);
  folder.write("round.log", "mini: limit\nother\nmini: fine\n");
  const { plugin, trust, log, problems } = JSON.parse(
    await folder.good("test mini.js --log round.log --json"),
  );
  assert.deepEqual([plugin.name, trust, problems], ["mini", "sandbox", []]);
  assert.deepEqual(plugin.wants, {
    read: ["data", "more"],
    write: [],
    net: [],
    env: [],
    run: [],
    emit: true,
  });
  assert.deepEqual([log.lines, log.passed_over, log.found.length, log.found[0].line], [3, 1, 1, 1]);
  assert.deepEqual([log.end[0].kind, log.evidence.limit.window], ["result", "five_hour"]);
});

Deno.test("plugin test places every fault, and takes its terminal from nobody", async () => {
  await using folder = new Folder(null);
  folder.write("mini.js", PLUGIN);
  folder.write("round.log", "mini: fine\nmini: boom\nmini: limit\n");
  const failed = await folder.plugin("test mini.js --log round.log");
  assert.equal(failed.code, 1);
  assert.match(failed.err, /line 2 {2}reader {2}RangeError: too much at mini\.js:10:/);
  assert.ok(!failed.out.includes("line 3"));
  const cases: [text: string, words: RegExp][] = [
    ["export default {\n  name: 1,,\n};\n", /mini\.js:2:11/],
    ["\nthrow new Error('top');\n", /top at mini\.js:2:7/],
    ["export default { apiVersion: 1, name: 'm', wants: { read: ['a,b'] } };\n", /wants\.read.*no comma/],
    ["export const x = 1;\n", /no default export/],
  ];
  for (const [text, words] of cases) {
    folder.write("mini.js", text);
    const { code, err } = await folder.plugin("test mini.js");
    assert.equal(code, 1);
    assert.match(err, words);
  }
  assert.match((await folder.plugin("test none.ts")).err, /none\.ts does not exist/);
});

Deno.test("plugin test has the permissions that the configuration declares", async () => {
  await using folder = new Folder(
    `${CONFIG}\n[[plugins.load]]\nsource = "./r.js"\npermissions = { read = ["data"] }\n`,
  );
  folder.write("data", "declared");
  const text = `const name = Deno.readTextFileSync(${JSON.stringify(`${folder.dir}/data`)});
export default { apiVersion: 1, name };
`;
  for (const name of ["r.js", "other.js"]) folder.write(name, text);
  assert.match(await folder.good("test r.js"), /^plugin declared$/m);
  assert.match((await folder.plugin("test other.js")).err, /NotCapable.* at other\.js:1:/);
});

Deno.test("plugin add declares what it asks for, once, and plugin remove takes it back", async () => {
  await using folder = new Folder();
  folder.write("mini.js", PLUGIN);
  const out = await folder.good("add ./mini.js --yes");
  assert.match(out, /^ {2}asks for {10}read = \["data", "more"\], emit = true$/m);
  const block = `[[plugins.load]]
source = "./mini.js"
sha256 = "${await sha256(PLUGIN)}"
permissions = { read = ["data", "more"], emit = true }
`;
  assert.equal(folder.config, `${CONFIG}\n\n${block}`);
  const again = await folder.plugin("add mini.js --yes");
  assert.deepEqual([again.code, again.err.split("\n")[0]], [
    1,
    "error: Cannot add mini.js: it is declared already",
  ]);
  assert.match(
    await folder.good("list"),
    /^mini {2}ok\n {2}\.\/mini\.js \(sandbox, sha256 [0-9a-f]{12}…\)$/m,
  );
  assert.equal(await folder.good("verify"), "ok  mini  ./mini.js\n");
  await folder.good("remove mini");
  assert.equal(folder.config, `${CONFIG}\n`);
  assert.match((await folder.plugin("remove mini")).err, /^error: No plugin "mini" is declared/);
});

Deno.test("plugin add writes only when somebody says so", async () => {
  await using folder = new Folder();
  folder.write("mini.js", PLUGIN);
  assert.match(
    await folder.good("add mini.js"),
    /paste into .*agent-runner\.toml:\n\n\[\[plugins\.load\]\]\n/,
  );
  assert.match(await folder.good("add mini.js", "n"), /Nothing was written/);
  assert.equal(JSON.parse(await folder.good("add mini.js --json")).added, false);
  assert.equal(folder.config, CONFIG);
  await folder.good("add mini.js", "y");
  assert.match(folder.config, /source = "mini\.js"/);
});

Deno.test("plugin add looks at a plugin that only speaks of imports", async () => {
  await using folder = new Folder();
  folder.write("mini.js", `// import x from "./y.ts" does not work here\n${PLUGIN}`);
  assert.match(await folder.good("add mini.js --yes"), /^plugin mini$/m);
});

Deno.test("plugin add never runs with full trust what nobody has trusted yet", async () => {
  await using folder = new Folder();
  folder.write("b.ts", `Deno.writeTextFileSync("${folder.dir}/ran", "");\nexport const name = "ab";\n`);
  folder.write("a.ts", `import { name } from "./b.ts";\nexport default { apiVersion: 1, name };\n`);
  assert.match(
    (await folder.plugin("add a.ts --yes")).err,
    /hint: what imports other files runs with --trust full only/,
  );
  await folder.good("add a.ts --trust full");
  await folder.good("add a.ts --trust full", "no");
  assert.throws(() => folder.read("ran"), Deno.errors.NotFound);
  await folder.good("add a.ts --trust full", "yes");
  folder.read("ran");
  assert.match(folder.config, /^trust = "full"$/m);
});

Deno.test("plugin add puts the configuration back, when it does not load with the plugin", async () => {
  await using folder = new Folder();
  for (const name of ["one.js", "two.js"]) folder.write(name, PLUGIN);
  await folder.good("add one.js --yes");
  const before = folder.config;
  const { code, err } = await folder.plugin("add two.js --yes");
  assert.equal(code, 1);
  assert.match(err, /is as it was\n {2}line \d+ {2}plugins\.load\[1\] {2}two plugins are called mini/);
  assert.equal(folder.config, before);
});

Deno.test("plugin add, update and verify keep to the hash of what an address serves", async () => {
  await using folder = new Folder();
  let text = PLUGIN;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(text),
  );
  const url = `http://127.0.0.1:${server.addr.port}/mini.js`;
  const [before, after] = [await sha256(PLUGIN), await sha256(`${PLUGIN}// new\n// lines\n`)];
  assert.match(
    (await folder.plugin(`add ${url} --yes --sha256 ${after}`)).err,
    new RegExp(`its sha256 is ${before}`),
  );
  await folder.good(`add ${url} --yes --sha256 ${before.toUpperCase()}`);
  assert.equal(folder.read(`logs/plugins/${before}.ts`), PLUGIN);
  const added = folder.config;
  text = `${PLUGIN}// new\n// lines\n`;
  assert.match(await folder.good("verify"), /^ok {2}mini/);
  assert.match(await folder.good("update mini"), /lines {4}\+2 -0\n.*To declare it: --yes\n$/s);
  assert.equal(folder.config, added);
  await folder.good("update mini", "y");
  assert.equal(folder.config, added.replace(before, after));
  assert.match(await folder.good(`update ${url} --yes`), /is what is declared/);
  text = "export const x = 1;";
  const { code, err } = await folder.plugin(`update ${url} --yes`);
  assert.deepEqual([code, folder.config], [1, added.replace(before, after)]);
  assert.match(err, /no default export/);
});

Deno.test("plugin verify and list name what is wrong, with its line", async () => {
  await using folder = new Folder();
  folder.write("mini.js", PLUGIN);
  await folder.good("add mini.js --yes");
  folder.write("mini.js", `${PLUGIN}\n`);
  const { code, err } = await folder.plugin("--config agent-runner.toml verify");
  assert.equal(code, 78);
  assert.match(err, /^ {2}line 13 {2}plugins\.load\[0\] {2}mini\.js: is not what was reviewed/m);
  const [item] = JSON.parse(await folder.good("list --json")).plugins;
  assert.deepEqual([item.state, item.name], ["broken", null]);
  folder.write(
    "agent-runner.toml",
    folder.config.replace("[agent]", '[plugins]\ndisable = ["mini.js"]\n[agent]'),
  );
  assert.match(await folder.good("list"), /^\? {2}disabled$/m);
});

Deno.test("problems of a list's tables carry the line of the right one", async () => {
  const hooks = `[[hooks]]\non = "dirty"\nrun = ["x"]\n[[hooks]]\non = "nowhere"\nrun = ["x"]\n`;
  const load = `[[plugins.load]]\nsource = "./a.ts"\n[[plugins.load]]\ntrust = "full"\n`;
  await using folder = new Folder(`${CONFIG}\n${hooks}${load}`);
  const { code, err } = await folder.plugin("verify");
  assert.equal(code, 78);
  assert.match(err, /^ {2}line 16 {2}hooks\[1\]\.on /m);
  assert.match(err, /^ {2}line 20 {2}plugins\.load\[1\]\.source {2}missing/m);
});

Deno.test("plugin verify names the line of the table whose plugin does not load", async () => {
  const load = (name: string) => `[[plugins.load]]\n# about it\nsource = "./${name}.js"\n`;
  await using folder = new Folder(`${CONFIG}\n${load("mini")}${load("none")}`);
  folder.write("mini.js", PLUGIN);
  assert.match((await folder.plugin("verify")).err, /^ {2}line 15 {2}plugins\.load\[1\] {2}\.\/none\.js: /m);
});
