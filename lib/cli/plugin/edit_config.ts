import { EXIT } from "../../core/exit_code.ts";
import { FileError } from "../../core/file_error.ts";
import { type Failure, failure } from "../../core/problem.ts";
import type { Host } from "../../host.ts";
import type { Parts } from "../context.ts";
import { loadExtensions } from "../extensions.ts";
import { loadConfig, type LoadedConfig } from "../load_config.ts";

/**
 * Writes a changed configuration, and puts the old one back where the new one does not load.
 * @param change gives the new text, null where it cannot be made
 * @returns null when it is written
 */
export async function editConfig(
  host: Host,
  parts: Parts,
  before: LoadedConfig,
  change: (text: string) => string | null,
): Promise<Failure | null> {
  const path = before.config.configPath;
  try {
    const text = host.files.readText(path) ?? "";
    if (await host.files.sha256({ text }) !== await host.files.sha256({ path })) {
      return failure(EXIT.failed, `Cannot change ${path}: it is not UTF-8`);
    }
    const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
    const changed = change(text.slice(mark.length));
    if (changed === null) {
      return failure(EXIT.failed, `Cannot change ${path}: its plugins are not written as [[plugins.load]]`, {
        hint: `edit ${path} by hand`,
      });
    }
    host.files.write(path, mark + changed);
    const refusal = await refusalOf(host, parts, before);
    if (refusal === null) return null;
    host.files.write(path, text);
    return { ...refusal, what: `${refusal.what}; ${path} is as it was`, hint: null };
  } catch (error) {
    if (error instanceof FileError) return failure(EXIT.failed, `Cannot change ${path}: ${error.message}`);
    throw error;
  }
}

/** What is wrong now that was not wrong before. */
async function refusalOf(host: Host, parts: Parts, { config }: LoadedConfig): Promise<Failure | null> {
  const after = await loadConfig(host, config.configPath, EXIT.failed);
  if (after.kind === "failure") return after;
  const extensions = await loadExtensions(host, parts, after.config, EXIT.failed);
  if (extensions.kind === "extensions") return null;
  const old = await loadExtensions(host, parts, config, EXIT.failed);
  const known = old.kind === "failure" ? [old.what, ...old.problems.map(({ text }) => text)] : [];
  const news = extensions.problems.filter(({ text }) => !known.includes(text));
  if (news.length === 0 && (extensions.problems.length > 0 || known.includes(extensions.what))) return null;
  return { ...extensions, problems: news };
}

/** Whether the person at the terminal says yes; nobody is asked where there is none. */
export async function isConfirmed({ terminal }: Host, question: string): Promise<boolean> {
  terminal.err.write(`${question} [y/N] `);
  return /^\s*y(es)?\s*$/i.test(await terminal.readLine() ?? "");
}

/** Whether there is somebody to ask. */
export function hasPerson({ terminal: { stdinIsTerminal, err } }: Host): boolean {
  return stdinIsTerminal && err.isTerminal;
}
