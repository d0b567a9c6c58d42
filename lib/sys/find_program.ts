/**
 * Looks a program up as a shell does, except that relative folders of `PATH` are passed over.
 * @returns its path, null where `PATH` leads to none
 */
export function findProgram(name: string): string | null {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    if (folder.startsWith("/") && isProgram(`${folder}/${name}`)) return `${folder}/${name}`;
  }
  return null;
}

function isProgram(path: string): boolean {
  try {
    const info = Deno.statSync(path);
    return info.isFile && ((info.mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}
