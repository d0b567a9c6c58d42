import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { helpTexts } from "../../docs/pages/commands_page.ts";
import { CONFIG, isRow, type Rows } from "../../lib/core/config.ts";
import { listFiles, ROOT } from "../rules/tree.ts";

const PAGES = listFiles(ROOT).filter((path) => path.endsWith(".md") && !/^(presets|tests)\//.test(path));

for (const page of ["docs/quickstart.md", "docs/guide/write-a-plugin.md"]) {
  Deno.test(`${page} does what it says, in an empty home`, async () => {
    const home = await Deno.makeTempDir({ prefix: "agent-runner-docs-" });
    try {
      const place = await prepare(home);
      for (const { commands, expected } of steps(read(page))) {
        const { code, output } = await shell(commands, place);
        assert.equal(code, 0, `${commands}\n${output}`);
        assertShows(output, expected);
      }
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}

Deno.test("docs/reference/plugins.md has every declaration of the contract", () => {
  const declared = [...read("lib/core/plugin.ts").matchAll(/^(?:export )?(?:interface|type|const) (\w+)/gm)];
  const headings = [...read("docs/reference/plugins.md").matchAll(/^## (\w+)$/gm)];
  assert.deepEqual(headings.map(([, name]) => name), declared.map(([, name]) => name));
});

Deno.test("docs name only tasks that deno.json has", () => {
  for (const page of PAGES) {
    const named = [...read(page).matchAll(/\b(?:deno|deno@[\d.]+) task ([a-z0-9:]+)/g)].map(([, name = ""]) =>
      name
    );
    assert.deepEqual(named.filter((name) => !Object.hasOwn(manifest.tasks, name)), [], page);
  }
});

Deno.test("docs name only verbs and flags that there are", async () => {
  const helps = await helpTexts();
  const problems = PAGES.filter((page) => !page.startsWith("docs/reference/")).flatMap((page) =>
    commandsIn(read(page)).flatMap(({ verb, next, flags }) => {
      // A verb may have verbs of its own.
      const help = helps.get(`${verb} ${next}`) ?? helps.get(verb);
      if (help === undefined) return [`${page}: no verb ${verb}`];
      return flags.filter((flag) => !help.includes(flag)).map((flag) => `${page}: ${verb} has no ${flag}`);
    })
  );
  assert.deepEqual(problems, []);
});

Deno.test("docs name only configuration keys that there are", () => {
  const known = keysOf(CONFIG, "");
  for (const page of PAGES) {
    const named = [...read(page).matchAll(/`([a-z_]+(?:\.[a-z_]+)+)`/g)].map(([, name = ""]) => name)
      .filter((name) => Object.hasOwn(CONFIG, name.split(".")[0] ?? "") && !/\.(toml|md)$/.test(name));
    const retired = page === "docs/reference/configuration.md" ? ["runtime.", "vcs."] : [];
    const unknown = named.filter((name) =>
      !known.has(name) && !retired.some((table) => name.startsWith(table))
    );
    assert.deepEqual(unknown, [], page);
  }
});

Deno.test("docs link only to files that there are", async () => {
  for (const page of PAGES) {
    for (const [, target = ""] of read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      const found = await Deno.stat(new URL(target, `file://${ROOT}${page}`)).then(() => true, () => false);
      assert.ok(found, `${page} links to ${target}`);
    }
  }
});

Deno.test("docs/decisions are numbered without a gap and fit on a page", () => {
  const records = PAGES.filter((page) => page.startsWith("docs/decisions/"));
  for (const [index, page] of records.entries()) {
    assert.ok(page.startsWith(`docs/decisions/${String(index + 1).padStart(4, "0")}-`), page);
    assert.ok(read(page).trimEnd().split("\n").length <= 40, `${page} has more than 40 lines`);
  }
});

Deno.test("build() --check exits 1 and names the stale page, when one is", async () => {
  const out = await Deno.makeTempDir();
  try {
    const build = (...args: string[]) =>
      shell(`"${Deno.execPath()}" run -A docs/build.ts --out=${out} ${args}`, {});
    assert.equal((await build()).code, 0);
    assert.equal((await build("--check")).code, 0);
    await Deno.writeTextFile(`${out}/rules.md`, "spoilt", { append: true });
    const { code, output } = await build("--check");
    assert.equal(code, 1);
    assert.match(output, /rules\.md/);
    assert.doesNotMatch(output, /events\.md/);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});

interface Step {
  readonly commands: string;
  /** Lines that have to come in this order; `…` stands for anything. */
  readonly expected: readonly string[];
}

/** Each `sh` block with the `text` block behind it, where there is one. */
function steps(page: string): readonly Step[] {
  const blocks = [...page.matchAll(/^```(sh|text)\n([^]*?)\n```$/gm)];
  return blocks.flatMap(([, kind, body = ""], index) => {
    const next = blocks[index + 1];
    return kind === "sh"
      ? [{ commands: body, expected: next?.[1] === "text" ? next[2]!.split("\n") : [] }]
      : [];
  });
}

function assertShows(output: string, expected: readonly string[]): void {
  let rest = output.split("\n");
  for (const line of expected) {
    const pattern = new RegExp(`^${line.split("…").map(RegExp.escape).join(".*")}$`);
    const at = rest.findIndex((shown) => pattern.test(shown));
    assert.ok(at >= 0, `not shown, or not in this place: ${line}\n\n${output}`);
    rest = rest.slice(at + 1);
  }
}

interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** An empty project and an empty home, with `agent-runner` on the path. */
async function prepare(home: string): Promise<Place> {
  const [project, bin] = [`${home}/project`, `${home}/bin`];
  await Promise.all([project, bin].map((dir) => Deno.mkdir(dir)));
  await Deno.writeTextFile(
    `${bin}/agent-runner`,
    `#!/bin/sh\nexec "${Deno.execPath()}" run -A --no-prompt --quiet "${ROOT}main.ts" "$@"\n`,
    { mode: 0o755 },
  );
  const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout)) as { readonly denoDir: string };
  return {
    cwd: project,
    env: {
      HOME: home,
      PATH: `${bin}:${Deno.env.get("PATH")}`,
      DENO_DIR: denoDir,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "reader",
      GIT_AUTHOR_EMAIL: "reader@localhost",
      GIT_COMMITTER_NAME: "reader",
      GIT_COMMITTER_EMAIL: "reader@localhost",
    },
  };
}

async function shell(commands: string, { cwd = ROOT, env = {} }: Place) {
  const { code, stdout } = await new Deno.Command("/bin/sh", {
    args: ["-euc", `exec 2>&1\n${commands}`],
    cwd,
    env: { ...env },
    stdin: "null",
    stderr: "null",
  }).output();
  return { code, output: new TextDecoder().decode(stdout) };
}

interface Named {
  readonly verb: string;
  /** The word behind the verb, "" without one. */
  readonly next: string;
  readonly flags: readonly string[];
}

/** Every `agent-runner VERB --flags` in a code block or in code within a line. */
function commandsIn(page: string): readonly Named[] {
  const fenced = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, body = ""]) => body.split("\n"));
  const inline = [...page.replaceAll(/^```[^]*?^```$/gm, "").matchAll(/`([^`]+)`/g)].map(([, body = ""]) =>
    body
  );
  return [...fenced, ...inline].flatMap((line) => {
    const found = /^agent-runner (?:--config \S+ )?([a-z-]+)([^|#]*)/.exec(line.trim());
    if (found === null) return [];
    const [, verb = "", rest = ""] = found;
    return [{ verb, next: /^ ([a-z-]+)/.exec(rest)?.[1] ?? "", flags: rest.match(/--[a-z-]+/g) ?? [] }];
  });
}

function keysOf(rows: Rows, prefix: string): ReadonlySet<string> {
  const names = Object.entries(rows).flatMap(([name, entry]) =>
    isRow(entry) ? [prefix + name] : [...keysOf(entry, `${prefix}${name}.`)]
  );
  return new Set(names);
}

function read(path: string): string {
  return Deno.readTextFileSync(ROOT + path);
}
