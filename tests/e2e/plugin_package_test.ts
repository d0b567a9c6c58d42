import assert from "node:assert/strict";
import { denoDir, PROGRAM } from "./project.ts";

const CONFIG = `[agent]
command = ["toy"]
prompt_arg_template = []
[runtime]
work_dir = "."
log_dir = "./logs"
[prompt]
file = "./prompt.md"
`;

const PACKAGE = {
  "package/package.json": `{"name":"@toy/reader","version":"1.0.0","type":"module","exports":"./mod.js"}`,
  "package/mod.js": `export default { apiVersion: 1, name: "from-npm", wants: { emit: true } };\n`,
};

/** Those that `main.ts` imports. */
const PACKAGES = [
  "eslint-visitor-keys",
  "get-east-asian-width",
  "smol-toml",
  "toml-eslint-parser",
  "valibot",
];

const SOURCE = "npm:@toy/reader@1.0.0";

Deno.test("plugin add fetches an npm package, with which the single file runs without a network", async () => {
  await using place = await Place.make();
  const file = await place.build();
  await using registry = await place.registry();
  const added = await place.run([file, "plugin", "add", SOURCE, "--trust", "full", "--yes"]);
  assert.equal(added.code, 0, added.err);
  assert.match(
    Deno.readTextFileSync(`${place.dir}/agent-runner.toml`),
    /\n\[\[plugins\.load\]\]\nsource = "npm:@toy\/reader@1\.0\.0"\ntrust = "full"\npermissions = \{ emit = true \}\n$/,
  );
  await registry.close();
  const verified = await place.run([file, "plugin", "verify"]);
  assert.deepEqual([verified.code, verified.out], [0, `ok  from-npm  ${SOURCE}\n`]);
  await Deno.remove(`${place.dir}/deno`, { recursive: true });
  const lost = await place.run([file, "plugin", "verify"]);
  assert.equal(lost.code, 78);
  assert.match(
    lost.err,
    /line 10 {2}plugins\.load\[0\] .*not in the runtime's cache; agent-runner plugin update npm:/,
  );
});

Deno.test("plugin add says how to load an npm package, when the program runs from its sources", async () => {
  await using place = await Place.make();
  await using registry = await place.registry();
  const words = ["plugin", "add", SOURCE, "--trust", "full", "--yes"];
  const refused = await place.run([...PROGRAM, ...words]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /start it with deno run -A --no-lock main\.ts, or use the single file/);
  assert.equal(Deno.readTextFileSync(`${place.dir}/agent-runner.toml`), CONFIG);
  const unlocked = PROGRAM.toSpliced(2, 0, "--no-lock");
  const added = await place.run([...unlocked, ...words]);
  assert.equal(added.code, 0, added.err);
  await registry.close();
  const verified = await place.run([...unlocked, "plugin", "verify"]);
  assert.deepEqual([verified.code, verified.out], [0, `ok  from-npm  ${SOURCE}\n`]);
});

/** A project with a cache of its own, which holds the packages of this program. */
class Place implements AsyncDisposable {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async make(): Promise<Place> {
    const place = new Place(await Deno.makeTempDir({ prefix: "agent-runner-package-" }));
    await Deno.writeTextFile(`${place.dir}/agent-runner.toml`, CONFIG);
    for await (const registry of Deno.readDir(`${denoDir}/npm`)) {
      for (const name of PACKAGES) await place.copy(`npm/${registry.name}/${name}`);
    }
    return place;
  }

  /** What the program itself needs must be there: links are followed by the runtime, and it downloads nothing here. */
  async copy(path: string): Promise<void> {
    const to = `${this.dir}/deno/${path}`;
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    // A registry that does not have it is none of ours.
    await new Deno.Command("cp", { args: ["-R", `${denoDir}/${path}`, to], stderr: "null" }).output();
  }

  async build(): Promise<string> {
    const script = new URL("../../deploy/build.ts", import.meta.url).pathname;
    const args = ["run", "-A", script, `--output=${this.dir}/dist/agent-runner`];
    const cwd = new URL("../../", import.meta.url).pathname;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return `${this.dir}/dist/agent-runner`;
  }

  async run([program = "", ...args]: readonly string[]) {
    const env = { HOME: this.dir, XDG_CACHE_HOME: "", DENO_DIR: `${this.dir}/deno`, NO_COLOR: "1" };
    const options = { args, cwd: this.dir, env, stdin: "null" } as const;
    const { code, stdout, stderr } = await new Deno.Command(program, options).output();
    return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  }

  /** A registry that knows one package, and is asked for those of its scope only. */
  async registry() {
    for (const [name, text] of Object.entries(PACKAGE)) {
      await Deno.mkdir(`${this.dir}/package`, { recursive: true });
      await Deno.writeTextFile(`${this.dir}/${name}`, text);
    }
    const args = ["-czf", `${this.dir}/toy.tgz`, "-C", this.dir, ...Object.keys(PACKAGE)];
    assert.ok((await new Deno.Command("tar", { args }).output()).success);
    const archive = await Deno.readFile(`${this.dir}/toy.tgz`);
    const integrity = `sha512-${new Uint8Array(await crypto.subtle.digest("SHA-512", archive)).toBase64()}`;
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      const { origin, pathname } = new URL(request.url);
      if (pathname === "/toy.tgz") return new Response(archive);
      if (decodeURIComponent(pathname) !== "/@toy/reader") return new Response(null, { status: 404 });
      const dist = { tarball: `${origin}/toy.tgz`, integrity };
      const version = { name: "@toy/reader", version: "1.0.0", dist };
      return Response.json({
        name: version.name,
        "dist-tags": { latest: "1.0.0" },
        versions: { "1.0.0": version },
      });
    });
    const url = `http://127.0.0.1:${server.addr.port}/`;
    await Deno.writeTextFile(`${this.dir}/.npmrc`, `@toy:registry=${url}\n`);
    const close = () => server.shutdown();
    return { close, [Symbol.asyncDispose]: close };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.dir, { recursive: true });
  }
}
