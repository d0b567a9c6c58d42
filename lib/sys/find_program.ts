/**
 * Looks a tool of the system up by `PATH`, its usual folder first where `PATH` names that; relative folders are passed over.
 * @returns its path, null where `PATH` leads to none
 */
export function findProgram(name: string): string | null {
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder.startsWith("/"));
  const likely = folders.filter((folder) => folder === USUAL);
  for (const folder of [...likely, ...folders]) {
    if (isProgram(`${folder}/${name}`)) return `${folder}/${name}`;
  }
  return null;
}

/** Where the system's own tools are, which are what is looked up: a miss costs more than a hit. */
const USUAL = "/usr/bin";

function isProgram(path: string): boolean {
  try {
    const info = Deno.statSync(path);
    return info.isFile && ((info.mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}
