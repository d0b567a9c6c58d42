/**
 * Writes the pages of `docs/reference`, which are made from the program's own tables, and the part of a guide that is
 * made from a table of the tests.
 *
 * `deno run -A docs/build.ts [--out=DIR]` writes them; with `--check` nothing is written, and the exit code is 1 when
 * a page is not what would be written. Pages are formatted as `deno fmt` formats them. `DIR` gets the reference only.
 *
 * @module
 */
import { commandsPage } from "./pages/commands_page.ts";
import { configurationPage } from "./pages/configuration_page.ts";
import { differencesPart } from "./pages/differences_part.ts";
import { eventsPage } from "./pages/events_page.ts";
import { exitCodesPage } from "./pages/exit_codes_page.ts";
import { pluginsPage } from "./pages/plugins_page.ts";
import { rulesPage } from "./pages/rules_page.ts";

const ROOT = decodeURIComponent(new URL("../", import.meta.url).pathname);

/** The first line of each page. */
const MADE =
  "<!-- Made by docs/build.ts from the program's own tables. Edit those, then run: deno task docs -->";

/** Stands before a part that is made. */
const MADE_PART = "made by docs/build.ts from tests/compare/known_differences.ts";

const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  "commands.md": commandsPage,
  "configuration.md": configurationPage,
  "events.md": () => eventsPage(writtenKinds(`${ROOT}lib/`)),
  "exit-codes.md": exitCodesPage,
  "plugins.md": () => pluginsPage(Deno.readTextFileSync(`${ROOT}lib/core/plugin.ts`)),
  "rules.md": rulesPage,
};

/** Guides with a part between two lines that name it. */
const PARTS: readonly { readonly page: string; readonly name: string; readonly part: () => string }[] = [
  { page: `${ROOT}docs/guide/migrate-from-python.md`, name: "differences", part: differencesPart },
];

if (import.meta.main) {
  const out = Deno.args.find((arg) => arg.startsWith("--out="))?.slice("--out=".length);
  const pages = await formattedPages(out ?? `${ROOT}docs/reference`, out === undefined ? PARTS : []);
  if (Deno.args.includes("--check")) {
    Deno.exitCode = await check(pages);
  } else {
    await write(pages);
  }
}

type Page = readonly [path: string, text: string];

async function write(pages: readonly Page[]): Promise<void> {
  for (const [path, text] of pages) {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}

async function check(pages: readonly Page[]): Promise<number> {
  const stale: string[] = [];
  for (const [path, text] of pages) if (await readOrNull(path) !== text) stale.push(path);
  for (const path of stale) console.error(`${path} is not what the tables say; run: deno task docs`);
  return stale.length === 0 ? 0 : 1;
}

async function formattedPages(out: string, parts: typeof PARTS): Promise<readonly Page[]> {
  const pages = Object.entries(PAGES).map(async ([name, page]): Promise<Page> => [
    `${out}/${name}`,
    await formatted(`${MADE}\n\n${await page()}`),
  ]);
  const guides = parts.map(async ({ page, name, part }): Promise<Page> => [
    page,
    await formatted(withPart(await Deno.readTextFile(page), name, part())),
  ]);
  return await Promise.all([...pages, ...guides]);
}

function withPart(page: string, name: string, part: string): string {
  const [begin, end] = [`<!-- ${name}: ${MADE_PART} -->\n`, `<!-- end of ${name} -->\n`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`Cannot find the part ${name}: ${begin}`);
  return `${page.slice(0, from)}${begin}\n${part}\n${page.slice(to)}`;
}

async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext=md", "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(text));
  await input.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("Cannot format a page: see above");
  return new TextDecoder().decode(stdout);
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** The kinds that the sources under `folder` write: each is named there as `event: "kind"`. */
function writtenKinds(folder: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}${entry.name}`;
    const kinds = entry.isDirectory
      ? writtenKinds(`${path}/`)
      : [...Deno.readTextFileSync(path).matchAll(/\bevent: "(\w+)"/g)].map(([, kind = ""]) => kind);
    for (const kind of kinds) found.add(kind);
  }
  return found;
}
