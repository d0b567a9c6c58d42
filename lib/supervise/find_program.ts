import type { Host } from "../host.ts";

/** Where a program was found, or what is wrong with it. */
export type FoundProgram =
  | { readonly kind: "found"; readonly path: string }
  | { readonly kind: "missing"; readonly why: string };

/**
 * Looks a program up as the launcher will.
 * @param folder that relative names are taken against
 * @param path where names without `/` are looked for, as in `PATH`
 */
export function findProgram(
  host: Host,
  name: string,
  { folder, path }: { readonly folder: string; readonly path: string },
): FoundProgram {
  const absolute = (at: string) => at.startsWith("/") ? at : `${folder}/${at}`;
  const candidates = name.includes("/")
    ? [absolute(name)]
    : path.split(":").map((dir) => absolute(`${dir === "" ? "." : dir}/${name}`));
  let unusable: string | null = null;
  for (const path of candidates) {
    const stat = host.files.stat(path);
    if (stat?.isFile && stat.executable) return { kind: "found", path };
    if (stat !== null) unusable ??= path;
  }
  if (unusable !== null) return { kind: "missing", why: `'${unusable}' is not an executable file` };
  return { kind: "missing", why: `'${name}' not found${name.includes("/") ? "" : " on PATH"}` };
}

/** Variables of the service manager: a program that has them could speak in the supervisor's name. */
const NOT_INHERITED = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/** What the programs that are started get of this program's own environment. */
export function inheritedEnvironment(host: Host): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(host.env.all()).filter(([name]) => !NOT_INHERITED.includes(name)),
  );
}
