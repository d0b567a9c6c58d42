/**
 * What a plugin is and may do, in words, and as the lines that declare it.
 *
 * @module
 */
import type { PluginDeclaration } from "../../core/config.ts";
import { oneLine } from "../../core/cells.ts";
import { tomlString } from "../../core/toml_edit.ts";
import type { Description } from "../../extend/description.ts";

type Permissions = PluginDeclaration["permissions"];

/** A line for each thing that it says of itself. */
export function aboutText(description: Description): string {
  const { name, agents, interest, functions, eventKinds, ownedPaths } = description;
  const parts = [
    ...functions,
    ...description.contextEnrichers.map((part) => `context enricher ${part}`),
    ...description.dirtyHandlers.map((part) => `dirty handler ${part.name}`),
    ...description.detectors.map((part) => `detector ${part.name}`),
  ];
  const rows: [string, readonly string[]][] = [
    ["agents", agents],
    ["reads lines with", interest.map((word) => JSON.stringify(word))],
    ["has", parts],
    ["event kinds", eventKinds],
    ["owned paths", ownedPaths],
    ["asks for", permissionWords(description.wants)],
  ];
  return [
    `plugin ${name}\n`,
    ...rows.filter(([, words]) => words.length > 0).map(([label, words]) =>
      `  ${label.padEnd(17)} ${words.map(oneLine).join(", ")}\n`
    ),
  ].join("");
}

/** Empty where nothing is allowed. */
export function permissionWords(permissions: Permissions): readonly string[] {
  const { read, write, net, env, run, emit } = permissions;
  const lists = Object.entries({ read, write, net, env, run }).filter(([, words]) => words.length > 0);
  return [
    ...lists.map(([kind, words]) => `${kind} = [${words.map(tomlString).join(", ")}]`),
    ...(emit ? ["emit = true"] : []),
  ];
}

/** Its `[[plugins.load]]`, each line with its newline. */
export function blockOf({ source, sha256, trust, permissions }: PluginDeclaration): string {
  const granted = permissionWords(permissions);
  const lines = [
    "[[plugins.load]]",
    `source = ${tomlString(source)}`,
    ...(sha256 === null ? [] : [`sha256 = ${tomlString(sha256)}`]),
    ...(trust === "full" ? [`trust = "full"`] : []),
    ...(granted.length === 0 ? [] : [`permissions = { ${granted.join(", ")} }`]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
