import assert from "node:assert/strict";
import { checkConfig, type Checked } from "../../lib/core/config_check.ts";
import type { ConfigPlace } from "../../lib/core/config_paths.ts";
import type { Config } from "../../lib/core/config.ts";

/** Where the files of these tests lie. */
export const PLACE: ConfigPlace = {
  configPath: "/srv/site/agent-runner.toml",
  configDir: "/srv/site",
  home: "/home/ann",
};

/** The least that a file has to hold. */
export const MINIMAL = {
  agent: { command: ["claude"], prompt_arg_template: ["{prompt}"] },
  runtime: { work_dir: ".", log_dir: "logs" },
  prompt: { file: "prompt.md" },
};

/** What checkConfig() makes of a file that has no problem. */
export function accepted(
  raw: unknown,
  at = PLACE,
): { config: Config; notes: readonly string[]; later: readonly string[] } {
  const checked = checkConfig(raw, at);
  assert.ok(checked.kind === "ok", messagesOf(checked).join("\n"));
  return checked;
}

/** The problems of a file that has some: the place, a blank and the text of each. */
export function refused(raw: unknown): readonly string[] {
  const checked = checkConfig(raw, PLACE);
  assert.equal(checked.kind, "bad");
  return messagesOf(checked);
}

/** As `refused`; empty where there is no problem. */
export function messagesOf(checked: Checked): readonly string[] {
  return checked.kind === "ok" ? [] : checked.problems.map(({ where, text }) => `${where} ${text}`);
}

/** A good file with one key (`table.key` or `table`) set, or taken away where the value is undefined. */
export function withKey(dotted: string, value: unknown): unknown {
  const raw = structuredClone(MINIMAL) as Record<string, Record<string, unknown>>;
  const parts = dotted.split(".");
  let table: Record<string, unknown> = raw;
  for (const part of parts.slice(0, -1)) table = (table[part] ??= {}) as Record<string, unknown>;
  table[parts.at(-1) ?? ""] = value;
  return raw;
}

/** A value as the name of a test shows it. */
export function label(value: unknown): string {
  if (value === undefined) return "absent";
  return JSON.stringify(value, (_, part) => typeof part === "object" && part !== null ? part : String(part));
}
