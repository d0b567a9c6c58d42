import type { PluginDeclaration } from "../../core/config.ts";
import { EXIT } from "../../core/exit_code.ts";
import { type Failure, failure } from "../../core/problem.ts";
import type { Description } from "../../extend/description.ts";
import type { Host } from "../../host.ts";
import type { LoadedConfig } from "../load_config.ts";
import { aboutText } from "./about_text.ts";
import { bareDeclaration, type Found, inspectPlugin, standsAlone } from "./inspect.ts";

/** A plugin that is to be declared; `written` is its source as the configuration names it. */
export type New = Found & { readonly kind: "new"; readonly written: string };

/** What a look at it gave, and how it is to be declared. */
export interface Seen {
  readonly kind: "seen";
  /** Null where only running it with full trust would tell. */
  readonly description: Description | null;
  readonly declaration: PluginDeclaration;
}

/** Loads it without permissions, whatever it will be trusted with. */
export async function lookAt(
  host: Host,
  { config }: LoadedConfig,
  trust: PluginDeclaration["trust"],
  found: New,
): Promise<Seen | Failure> {
  const bare = bareDeclaration(found.written, trust);
  const declaration = { ...bare, sha256: found.text?.sha256 ?? null };
  if (trust === "full" && !standsAlone(found)) return { kind: "seen", description: null, declaration };
  const plugin = await inspectPlugin(host, config, { ...declaration, trust: "sandbox" }, found);
  if (plugin.kind === "bad") {
    return {
      ...cannotAdd(found, plugin.why),
      hint: standsAlone(found) ? null : "what imports other files runs with --trust full only",
    };
  }
  const { description } = plugin.value;
  return { kind: "seen", description, declaration: { ...declaration, permissions: description.wants } };
}

/** Runs what could not be looked at without trust; only for one whom somebody has just trusted. */
export async function getToKnow(
  host: Host,
  { config }: LoadedConfig,
  found: New,
  seen: Seen,
): Promise<Seen | Failure> {
  if (seen.description !== null) return seen;
  const plugin = await inspectPlugin(host, config, seen.declaration, found);
  if (plugin.kind === "bad") return cannotAdd(found, plugin.why);
  const { description } = plugin.value;
  return { kind: "seen", description, declaration: { ...seen.declaration, permissions: description.wants } };
}

/** What is known of it, a line each. */
export function aboutOf({ description, declaration: { source } }: Seen): string {
  return description === null
    ? `${source}: only running it with full trust would tell what it is\n`
    : aboutText(description);
}

function cannotAdd({ written }: New, why: string): Failure {
  return failure(EXIT.failed, `Cannot add ${written}: ${why}`);
}
