import assert from "node:assert/strict";
import { Folder, load, refusal, source } from "./given.ts";

const GOOD = source("served");

/** An HTTP server on a free port of this machine that answers from a table. */
function serve(answers: Readonly<Record<string, () => Response>>) {
  const paths: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, ({ url }) => {
    const { pathname } = new URL(url);
    paths.push(pathname);
    return answers[pathname]?.() ?? new Response("nothing", { status: 404 });
  });
  return Object.assign(server, {
    paths,
    at: (path: string) => `http://127.0.0.1:${server.addr.port}${path}`,
  });
}

function moved(location: string): () => Response {
  return () => new Response(null, { status: 302, headers: { location } });
}

function text(body: BodyInit, type = "text/plain"): () => Response {
  return () => new Response(body, { headers: { "content-type": type } });
}

async function sha256(content: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
  return new Uint8Array(digest).toHex();
}

Deno.test("loadPlugins() says what is wrong with what an address serves", async (t) => {
  await using other = serve({ "/good.ts": text(GOOD) });
  await using server = serve({
    "/page": text("<p>hello</p>", "text/html; charset=utf-8"),
    "/page-as-text": text(" <html>"),
    "/empty": text(""),
    "/latin": text(new Uint8Array([0xe9, 0x0a])),
    "/large": text(" ".repeat(9 * 1024 * 1024)),
    "/gone-elsewhere": moved(other.at("/good.ts")),
    "/to-a-file": moved("file:///etc/passwd"),
    "/for-ever": moved("/for-ever"),
    "/good.ts": text(GOOD),
  });
  const hash = await sha256(GOOD);
  const cases: readonly { readonly path: string; readonly why: RegExp; readonly sha256?: string }[] = [
    { path: "/nothing", why: /cannot be fetched: 404/ },
    { path: "/page", why: /\/page is a page for people \(HTML\)/ },
    { path: "/page-as-text", why: /is a page for people/ },
    { path: "/empty", why: /\/empty is empty/ },
    { path: "/latin", why: /\/latin is not UTF-8/ },
    { path: "/large", why: /larger than 8388608 bytes/ },
    {
      path: "/gone-elsewhere",
      why: /sends us on to another host, 127\.0\.0\.1:\d+; name http:\S+\/good\.ts if/,
    },
    { path: "/to-a-file", why: /sends us on to another host|cannot/ },
    { path: "/for-ever", why: /sends us on more than 5 times/ },
    { path: "/good.ts", why: new RegExp(`needs the hash of what was reviewed\\..*sha256 = "${hash}"`) },
    {
      path: "/good.ts",
      sha256: "a".repeat(64),
      why: new RegExp(`sha256 is ${hash}, the configuration says a{64}`),
    },
  ];
  using folder = new Folder();
  for (const { path, why, ...more } of cases) {
    await t.step(`${path} ${more.sha256 ?? ""}`, async () => {
      assert.match(await refusal(folder, [{ source: server.at(path), ...more }]), why);
    });
  }
  assert.deepEqual(other.paths, []);
});

Deno.test("loadPlugins() follows a redirect on the same host, and loads from what it keeps when the network is down", async () => {
  using folder = new Folder();
  const declaration = { source: "", sha256: await sha256(GOOD) };
  const server = serve({ "/latest": moved("/1.0/good.ts"), "/1.0/good.ts": text(GOOD) });
  declaration.source = server.at("/latest");
  const [first] = await load(folder, [declaration]);
  assert.equal(typeof first === "object" ? first.name : first, "served");
  await server.shutdown();
  const [kept] = await load(folder, [declaration]);
  assert.equal(typeof kept === "object" ? kept.name : kept, "served");
  Deno.writeTextFileSync(
    `${folder.path}/logs/plugins/${declaration.sha256}.ts`,
    GOOD.replace("served", "taken"),
  );
  assert.match(await refusal(folder, [declaration]), /cannot be fetched: .*refused/i);
  using empty = new Folder();
  assert.match(await refusal(empty, [declaration]), /cannot be fetched: .*refused/i);
});

Deno.test("loadPlugins() says that a certificate has expired, and which host does not answer", async () => {
  using folder = new Folder();
  const { key, cert } = await expiredCertificate(folder);
  const options = { port: 0, hostname: "127.0.0.1", key, cert, onListen: () => {} };
  await using server = Deno.serve(options, () => new Response(GOOD));
  const { port } = server.addr;
  // The runtime trusts what this variable names; only a process of its own reads it.
  const script = `import { refusal, Folder } from ${
    JSON.stringify(new URL("./given.ts", import.meta.url).href)
  };
    using folder = new Folder();
    console.log(await refusal(folder, [{ source: "https://localhost:${port}/x.ts", sha256: "${
    "a".repeat(64)
  }" }]));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", "--config=deno.json", folder.put("script.ts", script)],
    env: { DENO_CERT: `${folder.path}/cert.pem` },
    cwd: new URL("../../", import.meta.url),
    stderr: "inherit",
  }).output();
  assert.match(
    new TextDecoder().decode(stdout),
    /https:\/\/localhost:\d+\/x\.ts cannot be fetched: .*expired/i,
  );
  const noHost = await refusal(folder, [{ source: "https://nothing.invalid/x.ts", sha256: "a".repeat(64) }]);
  assert.match(noHost, /https:\/\/nothing\.invalid\/x\.ts cannot be fetched: /);
});

/** Of a day that is over, for localhost. */
async function expiredCertificate(folder: Folder) {
  folder.put("index.txt", "");
  folder.put("ca.cnf", CA_CONFIG);
  const day = ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"];
  await openssl(folder, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", ...REQUEST);
  await openssl(
    folder,
    "ca",
    "-batch",
    "-selfsign",
    "-notext",
    "-config",
    "ca.cnf",
    "-md",
    "sha256",
    ...day,
    ...SIGNED,
  );
  const read = (name: string) => Deno.readTextFileSync(`${folder.path}/${name}`);
  return { key: read("key.pem"), cert: read("cert.pem") };
}

const REQUEST = ["-keyout", "key.pem", "-out", "request.pem"];

const SIGNED = ["-keyfile", "key.pem", "-in", "request.pem", "-out", "cert.pem", "-extensions", "leaf"];

const CA_CONFIG = `[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
policy = any
[any]
commonName = supplied
[leaf]
subjectAltName = DNS:localhost
basicConstraints = critical,CA:FALSE
`;

async function openssl({ path: cwd }: Folder, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args: [...args], cwd }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
