/**
 * A plugin that tries everything that it may not do. It is text: it runs as a plugin, beside nobody.
 *
 * @module
 */

/** By name an expression that must not come to anything. `OUT` is a path, `PARENT` a pid, `PORT` one that listens. */
export const ATTEMPTS: Readonly<Record<string, string>> = {
  "read a file": `Deno.readTextFile(OUT)`,
  "read a file at once": `Deno.readTextFileSync(OUT)`,
  "open a file": `Deno.open(OUT)`,
  "stat a file": `Deno.stat(OUT)`,
  "read /etc/passwd": `Deno.readFile("/etc/passwd")`,
  "read /proc of the parent": `Deno.readTextFile("/proc/" + PARENT + "/environ")`,
  "read its own /proc": `Deno.readTextFile("/proc/self/environ")`,
  "list a folder": `Array.fromAsync(Deno.readDir("/"))`,
  "list its own folder": `[...Deno.readDirSync(".")]`,
  "write a file": `Deno.writeTextFile(OUT, "taken over")`,
  "write into its own folder": `Deno.writeTextFile("x", "x")`,
  "make a folder": `Deno.mkdir(OUT + ".d")`,
  "make a temporary file": `Deno.makeTempFile()`,
  "make a link": `Deno.symlink("/etc/passwd", "link")`,
  "remove a file": `Deno.remove(OUT)`,
  "change a mode": `Deno.chmod(OUT, 0o777)`,
  "change its folder": `Deno.chdir("/")`,
  "read a variable": `Deno.env.get("HOME")`,
  "read its own variable": `Deno.env.get("AGENT_RUNNER_ROUND_ID")`,
  "read all variables": `Deno.env.toObject()`,
  "set a variable": `Deno.env.set("A", "b")`,
  "read node's variables": `import("node:process").then((process) => {
    const all = { ...process.env };
    if (Object.keys(all).length === 0) throw new Error("none");
    return all;
  })`,
  "fetch": `fetch("http://127.0.0.1:" + PORT + "/")`,
  "fetch a file": `fetch("file://" + OUT)`,
  "connect": `Deno.connect({ hostname: "127.0.0.1", port: PORT })`,
  "connect by TLS": `Deno.connectTls({ hostname: "127.0.0.1", port: PORT })`,
  "connect by node": `import("node:net").then(({ connect }) => new Promise((resolve, reject) =>
    connect(PORT, "127.0.0.1").on("connect", resolve).on("error", reject)))`,
  "ask by node's http": `import("node:http").then(({ get }) => new Promise((resolve, reject) =>
    get("http://127.0.0.1:" + PORT + "/", resolve).on("error", reject)))`,
  "listen": `Deno.listen({ port: 0 })`,
  "listen by UDP":
    `Deno.listenDatagram?.({ port: 0, transport: "udp" }) ?? Promise.reject(new Error("none"))`,
  "serve": `Deno.serve({ port: 0 }, () => new Response())`,
  "open a WebSocket": `new Promise((resolve, reject) => {
    const socket = new WebSocket("ws://127.0.0.1:" + PORT + "/");
    socket.onopen = resolve;
    socket.onerror = reject;
  })`,
  "connect to a Unix socket": `Deno.connect({ transport: "unix", path: "/run/dbus/system_bus_socket" })`,
  "look up a name": `Deno.resolveDns("localhost", "A")`,
  "look up a name by node": `import("node:dns/promises").then(({ lookup }) => lookup("localhost"))`,
  "run a program": `new Deno.Command("/bin/true").output()`,
  "run a program at once": `new Deno.Command("/bin/true").outputSync()`,
  "run itself": `new Deno.Command("deno", { args: ["--version"] }).output()`,
  "run a program by node":
    `import("node:child_process").then(({ execFileSync }) => execFileSync("/bin/true"))`,
  "fork by node": `import("node:child_process").then(({ execSync }) => execSync("true"))`,
  "kill its parent": `Deno.kill(PARENT, "SIGTERM")`,
  "kill its parent by node": `import("node:process").then(({ kill }) => kill(PARENT, "SIGTERM"))`,
  "load a library": `Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } })`,
  "load a library by node": `import("node:module").then(({ createRequire }) =>
    createRequire("file:///x.js")("/lib/x86_64-linux-gnu/libc.node"))`,
  "ask for the host's name": `Deno.hostname()`,
  "ask for the load": `Deno.loadavg()`,
  "ask for the memory": `Deno.systemMemoryInfo()`,
  "ask for addresses": `Deno.networkInterfaces()`,
  "ask who it is": `Deno.uid() ?? Promise.reject(new Error("none"))`,
  "ask who it is by node": `import("node:os").then(({ userInfo }) => userInfo())`,
  "import from npm": `import("npm:smol-toml@1.9.1")`,
  "import from jsr": `import("jsr:@std/assert@1.0.0")`,
  "import from an address": `import("http://127.0.0.1:" + PORT + "/module.ts")`,
  "import from an address, written out": `import("http://127.0.0.1:1/module.ts")`,
  "import a file": `import("file://" + OUT)`,
  "import a file, written out": `import("file:///etc/hostname.ts")`,
  "import a file's text": `import("file:///etc/passwd", { with: { type: "text" } })`,
  "import a file's bytes": `import("file:///etc/passwd", { with: { type: "bytes" } })`,
  "import a file through a text": `import("data:text/javascript,import x from 'file:///etc/passwd' with " +
    "{ type: 'text' }; export default x")`,
  "read a file by node": `import("node:fs").then(({ readFileSync }) => readFileSync("/etc/passwd"))`,
  "write a file by node": `import("node:fs").then(({ writeFileSync }) => writeFileSync(OUT, "taken over"))`,
  "open a database": `import("node:sqlite").then(({ DatabaseSync }) => new DatabaseSync(OUT + ".db"))`,
  "open its debugger": `import("node:inspector").then(({ open }) => {
    open(0);
  })`,
  "start a worker of a file": `new Promise((resolve, reject) => {
    const worker = new Worker("file://" + OUT, { type: "module" });
    worker.onmessage = resolve;
    worker.onerror = (event) => (event.preventDefault(), reject(new Error(event.message)));
  })`,
  "start a worker that reads": `new Promise((resolve, reject) => {
    const text = "Deno.readTextFileSync('/etc/passwd'); postMessage(1)";
    const worker = new Worker("data:text/javascript," + encodeURIComponent(text), { type: "module" });
    worker.onmessage = resolve;
    worker.onerror = (event) => (event.preventDefault(), reject(new Error(event.message)));
  })`,
  "be given leave": `Deno.permissions.request({ name: "read" }).then(({ state }) => {
    if (state !== "granted") throw new Error(state);
  })`,
};

/** A plugin whose enricher `tried` says by name what came of each attempt: `refused: …` or `DONE …`. */
export function tryingPlugin(attempts: Readonly<Record<string, string>>, values: object): string {
  const constants = Object.entries(values).map(([name, value]) =>
    `const ${name} = ${JSON.stringify(value)};`
  );
  const table = Object.entries(attempts).map(([name, text]) => `${JSON.stringify(name)}: () => ${text},`);
  return `${constants.join("\n")}
const attempts = {\n${table.join("\n")}\n};
async function tried(attempt) {
  try {
    const came = await attempt();
    return "DONE " + (typeof came === "string" ? came : Object.prototype.toString.call(came)).slice(0, 200);
  } catch (error) {
    return "refused: " + String(error?.message ?? error).slice(0, 120);
  }
}
export default {
  apiVersion: 1,
  name: "tries",
  contextEnrichers: {
    async tried() {
      const said = {};
      for (const [name, attempt] of Object.entries(attempts)) said[name] = await tried(attempt);
      return said;
    },
  },
};
`;
}
