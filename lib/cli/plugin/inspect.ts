import type { PluginDeclaration } from "../../core/config.ts";
import { hasImports, loadPlugin, type PluginSettings } from "../../extend/load_plugins.ts";
import type { LoadedPlugin, Surroundings } from "../../extend/loaded_plugin.ts";
import { NOBODY_AROUND } from "../../extend/plugin_set.ts";
import {
  fetchText,
  type Got,
  readPluginFile,
  type Source,
  sourceOf,
  type Text,
} from "../../extend/source.ts";
import type { Host } from "../../host.ts";

/** What a source stands for and what it serves now; an npm package has no text. */
export interface Found {
  readonly source: Source;
  readonly text: Text | null;
}

/** Reads or fetches what a source serves now, whatever was kept of it. */
export async function findPlugin(host: Host, written: string, folder: string): Promise<Got<Found>> {
  const source = sourceOf(written, folder, host.env.home);
  if (source.kind === "bad") return source;
  if (source.value.kind === "npm") return { kind: "ok", value: { source: source.value, text: null } };
  const text = source.value.kind === "file"
    ? await readPluginFile(host, source.value.path)
    : await fetchText(host, source.value.url);
  return text.kind === "bad" ? text : { kind: "ok", value: { source: source.value, text: text.value } };
}

/** Loads just that text, as the declaration says. */
export async function inspectPlugin(
  host: Host,
  settings: PluginSettings,
  declaration: PluginDeclaration,
  { text }: Found,
  around: Surroundings = NOBODY_AROUND,
): Promise<Got<LoadedPlugin>> {
  const read = () =>
    Promise.resolve<Got<Text>>(
      text === null ? { kind: "bad", why: "has no text" } : { kind: "ok", value: text },
    );
  const pinned = { ...declaration, sha256: text?.sha256 ?? null };
  return await loadPlugin(host, settings, pinned, read, () => around);
}

/** Whether it can be looked at without trusting it: one text, which runs in a sandbox. */
export function standsAlone({ source, text }: Found): boolean {
  return text !== null && (source.kind === "url" || !hasImports(withoutTypes(text.text)));
}

/** Without the imports that are erased before it runs. */
function withoutTypes(text: string): string {
  return text.replaceAll(/\bimport\s+type\b[^;]*?from\s*["'][^"']*["']/g, "");
}

/** How the configuration in `folder` names a source that was written in the working folder. */
export function sourceIn(host: Host, folder: string, source: Source, written: string): string {
  if (source.kind !== "file" || /^(\/|~\/)/.test(written) || folder === host.env.cwd) return written;
  return source.path.startsWith(`${folder}/`) ? `.${source.path.slice(folder.length)}` : source.path;
}

/** A declaration of which only the source and the trust are known. */
export function bareDeclaration(source: string, trust: PluginDeclaration["trust"]): PluginDeclaration {
  return {
    source,
    sha256: null,
    trust,
    permissions: { read: [], write: [], net: [], env: [], run: [], emit: false },
    timeout_s: null,
    config: {},
  };
}

/** Whether two ways to write a source stand for the same thing. */
export function isSame(a: Source, b: Source): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
