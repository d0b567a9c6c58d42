/**
 * A real repository in a temporary folder and the settlement of a round in it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { LoggedEvent } from "../../lib/core/events.ts";
import type { LoadedPlugin, Surroundings } from "../../lib/extend/loaded_plugin.ts";
import { loadPlugins } from "../../lib/extend/load_plugins.ts";
import { NOBODY_AROUND } from "../../lib/extend/plugin_set.ts";
import type { WorkTree } from "../../lib/host.ts";
import { EventLog } from "../../lib/store/event_log.ts";
import { MetricsLog } from "../../lib/store/metrics.ts";
import { layoutOf } from "../../lib/store/layout.ts";
import { Hooks } from "../../lib/supervise/hooks/hooks.ts";
import { lookBeforeAgent } from "../../lib/supervise/settle/look_before.ts";
import { settleWorkTree } from "../../lib/supervise/settle/settle.ts";
import type { Patience, Settled, TreeFacts } from "../../lib/supervise/settle/settled.ts";
import { Footprint } from "../../lib/supervise/footprint.ts";
import type { Supervision } from "../../lib/supervise/supervision.ts";
import { lookAtWorkTree } from "../../lib/supervise/work_tree.ts";
import { systemHost } from "../../lib/sys/mod.ts";
import { accepted, MINIMAL } from "../core/config_samples.ts";

export const host = systemHost();

export interface SetUp {
  readonly action?: "stash" | "ignore" | "auto_commit";
  readonly dryRun?: boolean;
  /** The work folder below the root. */
  readonly below?: string;
  /** Below the temporary folder; `site` is the repository. */
  readonly logDir?: string;
  /** Without a first commit. */
  readonly unborn?: boolean;
  readonly hooks?: readonly object[];
  /** Names in `[plugins] disable`. */
  readonly disable?: readonly string[];
  /** The text of a plugin, which is loaded from `plugin.ts` in the root. */
  readonly plugin?: string;
}

export const STASH = "refs/agent-runner/R7-stash";
export const COMMIT = "refs/agent-runner/R7-commit";

/** A test in a repository of its own. */
export function settleTest(
  name: string,
  setUp: SetUp,
  act: (repository: TestRepository) => Promise<void>,
): void {
  Deno.test(`settleWorkTree() ${name}`, async () => {
    await using repository = await TestRepository.make(setUp);
    await act(repository);
  });
}

export class TestRepository implements AsyncDisposable {
  readonly root: string;
  readonly notes: string[] = [];
  readonly #supervision: Supervision;
  readonly #log: EventLog;
  readonly #plugins: { plugins: readonly LoadedPlugin[]; around: Surroundings } = {
    plugins: [],
    around: NOBODY_AROUND,
  };

  private constructor(
    readonly dir: string,
    { action = "stash", dryRun = false, below = "", logDir = "logs", hooks = [], disable = [], plugin }:
      SetUp,
  ) {
    this.root = `${dir}/site`;
    const load = plugin === undefined ? [] : [{ source: "./plugin.ts", trust: "full" }];
    const raw = {
      ...MINIMAL,
      runtime: { work_dir: `${this.root}${below}`, log_dir: `${dir}/${logDir}`, dry_run: dryRun },
      vcs: { dirty_action: action },
      plugins: { disable, load },
      hooks,
    };
    const place = { configPath: `${this.root}/agent-runner.toml`, configDir: this.root, home: dir };
    const { config } = accepted(raw, place);
    const layout = layoutOf(config.runtime.log_dir);
    host.files.makeDir(layout.dir);
    this.#log = EventLog.open(host, layout);
    const voice = { note: (text: string) => void this.notes.push(text), activity: () => {} };
    const bare = {
      host,
      config,
      layout,
      log: this.#log,
      reader: null,
      voice,
      unit: null,
      treeRoot: this.root,
      metrics: new MetricsLog(host, layout),
    };
    const never = new AbortController().signal;
    this.#supervision = {
      ...bare,
      hooks: new Hooks(bare, this.#plugins, () => Promise.resolve(null), never),
      footprint: new Footprint(host),
    };
  }

  /** With `kept` (two lines) and `sub/kept` committed. */
  static async make(setUp: SetUp = {}): Promise<TestRepository> {
    const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "settle-" }));
    await Deno.mkdir(`${dir}/site/sub`, { recursive: true });
    const repository = new TestRepository(dir, setUp);
    await repository.git("init", "-q", "-b", "main");
    for (const [key, value] of [["user.name", "T"], ["user.email", "t@example.org"]] as const) {
      await repository.git("config", key, value);
    }
    repository.write("kept", "one\ntwo\n");
    repository.write("sub/kept", "one\n");
    if (setUp.unborn !== true) await repository.commitAll("first");
    if (setUp.plugin !== undefined) await repository.#load(setUp.plugin);
    return repository;
  }

  async #load(text: string): Promise<void> {
    this.write("plugin.ts", text);
    const { config, layout } = this.#supervision;
    const loaded = await loadPlugins(host, config, layout.plugins, () => this.#plugins.around);
    assert.ok(loaded.kind === "plugins", JSON.stringify(loaded));
    this.#plugins.plugins = loaded.plugins;
  }

  async git(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryGit(...args);
    assert.equal(code, 0, `git ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  async tryGit(...args: readonly string[]) {
    const env = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
    const result = await host.processes.run(["git", ...args], { cwd: this.root, timeoutMs: 20_000, env });
    return { ...result, stdout: new TextDecoder().decode(result.stdout).trim() };
  }

  async commitAll(message: string): Promise<void> {
    await this.git("add", "--all");
    await this.git("commit", "-q", "--allow-empty", "-m", message);
  }

  /** Runs a line of sh in the root, for names that no string can hold. */
  async shell(line: string): Promise<string> {
    const result = await host.processes.run(["sh", "-euc", line], { cwd: this.root, timeoutMs: 20_000 });
    assert.equal(result.code, 0, result.stderr);
    return new TextDecoder().decode(result.stdout).trim();
  }

  write(path: string, text: string): void {
    const file = `${this.root}/${path}`;
    host.files.makeDir(file.slice(0, file.lastIndexOf("/")));
    Deno.writeTextFileSync(file, text);
  }

  read(path: string): string | null {
    return host.files.readText(`${this.root}/${path}`);
  }

  remove(path: string): void {
    Deno.removeSync(`${this.root}/${path}`, { recursive: true });
  }

  async look(): Promise<WorkTree> {
    const { config, hooks } = this.#supervision;
    return await lookBeforeAgent(
      this.#supervision,
      config.vcs.dirty_action === "auto_commit" || hooks.mayCommit,
    );
  }

  /** Settles round 7, as if the agent had ended well, unless told otherwise. */
  async settle(
    facts: Partial<TreeFacts> = {},
    patience: Patience = { lockMs: 100, commitMs: 20_000 },
  ): Promise<Settled> {
    const after = await lookAtWorkTree(this.#supervision);
    const before = await clean(this);
    const ending = { kind: "exited", code: 0 } as const;
    const logPath = `${this.dir}/round.log`;
    const all = { round: 7, phase: null, ending, logPath, cleanExit: true, before, after, ...facts };
    return await settleWorkTree(this.#supervision, all, patience);
  }

  /** Every changed file, as git says it in short. */
  async status(): Promise<readonly string[]> {
    const lines = await this.git("-c", "core.quotePath=false", "status", "--short", "--untracked-files=all");
    return lines === "" ? [] : lines.split("\n").map((line) => line.trim());
  }

  /** What a ref's stash or commit holds, by path. */
  async files(rev: string): Promise<readonly string[]> {
    return (await this.git("ls-tree", "-r", "--name-only", rev)).split("\n");
  }

  events(): readonly LoggedEvent[] {
    const { dir } = this.#supervision.layout;
    const names = [...Deno.readDirSync(dir)].map(({ name }) => name).filter((name) =>
      name.startsWith("events-")
    );
    return names.flatMap((name) =>
      Deno.readTextFileSync(`${dir}/${name}`).split("\n").filter((line) => line !== "").map((line) =>
        JSON.parse(line)
      )
    );
  }

  /** The kinds of all events, and the reasons where something failed. */
  told(): readonly string[] {
    return this.events().map((event) =>
      event.event.endsWith("_failed")
        ? `${event.event}: ${String(Reflect.get(event, "reason"))}`
        : event.event
    );
  }

  orphan(): Readonly<Record<string, unknown>> | null {
    const text = host.files.readText(this.#supervision.layout.orphan);
    return text === null ? null : JSON.parse(text);
  }

  get supervision(): Supervision {
    return this.#supervision;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#log.close();
    await Deno.remove(this.dir, { recursive: true });
  }
}

/** A look at a tree in which nothing is dirty. */
async function clean(repository: TestRepository): Promise<WorkTree> {
  const { code, stdout } = await repository.tryGit("rev-parse", "--verify", "--quiet", "HEAD");
  return { kind: "tree", head: code === 0 ? stdout : null, fingerprint: "", dirty: [] };
}
