/** Files under `folder` (absolute, with a `/` at the end) as sorted paths from it; build output and caches are left out. */
export function listFiles(folder: string, under = ""): readonly string[] {
  const entries = [...Deno.readDirSync(folder + under)].filter(({ name }) => !LEFT_OUT.has(name));
  return entries.flatMap(({ name, isDirectory }) =>
    isDirectory ? listFiles(folder, `${under}${name}/`) : [under + name]
  ).sort();
}

/** As in `.gitignore`, and git's own folder. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ".git",
  ".deno",
  ".e2e-cache",
  "dist",
  "logs",
  "node_modules",
]);

/** The repository's root, with a `/` at the end. */
export const ROOT: string = new URL("../../", import.meta.url).pathname;
