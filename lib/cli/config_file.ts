import type { Config } from "../core/config.ts";
import { EXIT } from "../core/exit_code.ts";
import { bestEffort, FileError } from "../core/file_error.ts";
import { fingerprint } from "../core/fingerprint.ts";
import type { Failure } from "../core/problem.ts";
import type { Host } from "../host.ts";
import type { Reread } from "../supervise/reload.ts";
import type { Parts } from "./context.ts";
import { type Extensions, loadExtensions } from "./extensions.ts";
import { configPathOf, loadConfig, type LoadedConfig } from "./load_config.ts";
import { readerText } from "./reader_text.ts";

/** The configuration file of a supervisor: loaded at its start, looked at again between rounds. */
export class ConfigFile {
  readonly #host: Host;
  readonly #parts: Parts;
  readonly #path: string;
  #stamp: string;
  #said: readonly string[] = [];
  #extensions: Extensions | null = null;

  constructor(host: Host, parts: Parts, flag: string | undefined) {
    this.#host = host;
    this.#parts = parts;
    this.#path = configPathOf(host, flag);
    this.#stamp = this.#look();
  }

  /** Loads it for the first time, with its plugins. */
  async load(): Promise<(LoadedConfig & { readonly extensions: Extensions }) | Failure> {
    const loaded = await loadConfig(this.#host, this.#path, EXIT.config);
    if (loaded.kind === "failure") return loaded;
    const { plugins, runtime } = loaded.config;
    // What is loaded is recorded there, should this process be killed meanwhile.
    if (plugins.load.length > 0) bestEffort(() => this.#host.files.makeDir(runtime.log_dir));
    const extensions = await loadExtensions(this.#host, this.#parts, loaded.config, EXIT.config);
    if (extensions.kind === "failure") return extensions;
    this.#said = notesOf(loaded);
    this.#extensions = extensions;
    return { ...loaded, notes: [...loaded.notes, ...extensions.notes], extensions };
  }

  /** As `ReadAgain` says. Where the folders differ from the current ones, everything is read as if they did not. */
  async readAgain(current: Config, always: boolean): Promise<Reread> {
    const stamp = this.#look();
    if (stamp === this.#stamp && !always) return { kind: "untouched" };
    this.#stamp = stamp;
    const loaded = await loadConfig(this.#host, this.#path, EXIT.config);
    if (loaded.kind === "failure") return this.#bad(failureText(loaded));
    const moved = movedFolders(current, loaded.config);
    const fixed = moved.length === 0 ? loaded : await this.#loadFixed(current);
    if (fixed.kind === "failure") return this.#bad(failureText(fixed));
    const before = this.#extensions;
    const isSame = !always && JSON.stringify(current.plugins) === JSON.stringify(fixed.config.plugins);
    const extensions = await loadExtensions(
      this.#host,
      this.#parts,
      fixed.config,
      EXIT.config,
      isSame ? before?.set ?? null : null,
    );
    if (extensions.kind === "failure") return this.#bad(failureText(extensions));
    this.#extensions = extensions;
    const now = readerText(extensions.choice);
    const notes = [
      ...moved.map(([key, old]) => `${key} never changes while serve runs: ${old} stays until a restart`),
      ...(before !== null && now === readerText(before.choice) ? [] : [now]),
      ...this.#news(fixed),
    ];
    const { set: plugins, reader } = extensions;
    return { kind: "config", config: fixed.config, reader, plugins, notes };
  }

  async #loadFixed({ runtime: { work_dir, log_dir } }: Config): Promise<LoadedConfig | Failure> {
    return await loadConfig(this.#host, this.#path, EXIT.config, { work_dir, log_dir });
  }

  /** Notes that have not been said yet. */
  #news(loaded: LoadedConfig): readonly string[] {
    const said = this.#said;
    this.#said = notesOf(loaded);
    return this.#said.filter((note) => !said.includes(note));
  }

  #bad(reason: string): Reread {
    return { kind: "bad", reason, content: this.#content() };
  }

  #content(): string {
    try {
      const text = this.#host.files.readText(this.#path);
      return text === null ? "missing" : fingerprint(text);
    } catch (error) {
      if (error instanceof FileError) return error.message;
      throw error;
    }
  }

  /** Changes whenever somebody has written the file, replaced or removed it. */
  #look(): string {
    try {
      const stat = this.#host.files.stat(this.#path);
      return stat === null ? "missing" : `${stat.inode} ${stat.size} ${stat.mtime}`;
    } catch (error) {
      if (error instanceof FileError) return error.message;
      throw error;
    }
  }
}

function notesOf({ notes, later }: LoadedConfig): readonly string[] {
  return [
    ...notes.map((note) => `warning: ${note}`),
    ...later.map((key) => `warning: not yet carried out by this version: ${key}`),
  ];
}

/** The folders that the new configuration has elsewhere, with their current places. */
function movedFolders(current: Config, next: Config): readonly (readonly [key: string, old: string])[] {
  return (["work_dir", "log_dir"] as const)
    .filter((key) => current.runtime[key] !== next.runtime[key])
    .map((key) => [`runtime.${key}`, current.runtime[key]]);
}

/** Everything that is wrong, on one line. */
function failureText({ what, problems }: Failure): string {
  if (problems.length === 0) return what;
  const all = problems.map(({ where, text, line }) =>
    `${line === null ? "" : `line ${line}: `}${where} ${text}`
  );
  return `${what}: ${all.join("; ")}`;
}
