/**
 * Tells the agent which issues are open: the open items of a task list (`- [ ] title`) in a Markdown file, or of a list
 * of `{ "title": …, "state": "open" }` in a JSON file.
 *
 * ```toml
 * [[plugins.load]]
 * source = "./plugins/open_issues.ts"
 * permissions = { read = ["ISSUES.md"] }
 * config = { file = "ISSUES.md" }
 * ```
 *
 * The file is relative to the work folder, the permission to the folder of `agent-runner.toml`. The round's context then
 * holds `"open_issues": { "open": 3, "titles": […] }`; it reaches the agent where `prompt.inject_context` is on.
 *
 * @module
 */
import type { HookContext, Json, Plugin } from "../../../lib/core/plugin.ts";

/** A larger file is no list of issues (bytes). */
const BYTES_MAX = 256 * 1024;

/** Issues that are named, and characters of each: the context is paid for in every round. */
const TITLES_MAX = 20;
const TITLE_MAX = 120;

export default {
  apiVersion: 1,
  name: "open_issues",
  configSchema(raw) {
    const { file } = raw as { readonly file?: unknown };
    if (typeof file !== "string" || file === "") throw new Error("file must name the list of issues");
    return { file };
  },
  contextEnrichers: { open_issues: openIssues },
} satisfies Plugin;

async function openIssues({ config, work_dir }: HookContext): Promise<Json> {
  const { file } = config as { readonly file: string };
  const titles = titlesIn(file, await readBounded(file.startsWith("/") ? file : `${work_dir}/${file}`));
  return {
    open: titles.length,
    titles: titles.slice(0, TITLES_MAX).map((title) => title.slice(0, TITLE_MAX)),
  };
}

/** Of the open issues. */
export function titlesIn(file: string, text: string): readonly string[] {
  if (!file.endsWith(".json")) {
    return [...text.matchAll(/^\s*[-*] \[ \] +(.+)$/gm)].map(([, title = ""]) => title.trim());
  }
  const issues: unknown = text === "" ? [] : JSON.parse(text);
  if (!Array.isArray(issues)) throw new Error(`${file} must hold a list`);
  return issues.filter((issue) => issue?.state === "open").map((issue) => String(issue.title));
}

/** "" where there is no such file. */
async function readBounded(path: string): Promise<string> {
  try {
    const { size } = await Deno.stat(path);
    if (size > BYTES_MAX) throw new Error(`${path} is larger than ${BYTES_MAX} bytes`);
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
