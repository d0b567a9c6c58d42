/**
 * Writes the pages of `docs/reference`, which are made from the program's own tables.
 *
 * `deno run -A docs/build.ts [--out=DIR]` writes them; with `--check` nothing is written, and the exit code is 1 when
 * a page is not what would be written. Pages are formatted as `deno fmt` formats them.
 *
 * @module
 */
import { commandsPage } from "./pages/commands_page.ts";
import { configurationPage } from "./pages/configuration_page.ts";
import { eventsPage } from "./pages/events_page.ts";
import { exitCodesPage } from "./pages/exit_codes_page.ts";
import { rulesPage } from "./pages/rules_page.ts";

const ROOT = decodeURIComponent(new URL("../", import.meta.url).pathname);

/** The first line of each page. */
const MADE =
  "<!-- Made by docs/build.ts from the program's own tables. Edit those, then run: deno task docs -->";

const PAGES: Readonly<Record<string, () => string>> = {
  "commands.md": commandsPage,
  "configuration.md": configurationPage,
  "events.md": () => eventsPage(writtenKinds(`${ROOT}lib/`)),
  "exit-codes.md": exitCodesPage,
  "rules.md": rulesPage,
};

if (import.meta.main) {
  const out = Deno.args.find((arg) => arg.startsWith("--out="))?.slice("--out=".length) ??
    `${ROOT}docs/reference`;
  Deno.exitCode = Deno.args.includes("--check") ? await check(out) : await write(out);
}

async function write(out: string): Promise<number> {
  await Deno.mkdir(out, { recursive: true });
  for (const [name, text] of await formattedPages()) await Deno.writeTextFile(`${out}/${name}`, text);
  return 0;
}

async function check(out: string): Promise<number> {
  const stale: string[] = [];
  for (const [name, text] of await formattedPages()) {
    if (await readOrNull(`${out}/${name}`) !== text) stale.push(name);
  }
  for (const name of stale) console.error(`${out}/${name} is not what the tables say; run: deno task docs`);
  return stale.length === 0 ? 0 : 1;
}

async function formattedPages(): Promise<readonly (readonly [name: string, text: string])[]> {
  const pages = Object.entries(PAGES).map(async ([name, page]) =>
    [name, await formatted(`${MADE}\n\n${page()}`)] as const
  );
  return await Promise.all(pages);
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
