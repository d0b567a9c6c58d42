import { EXIT } from "../../core/exit_code.ts";
import { decodeEvent, type Kind, type LoggedEvent } from "../../core/events.ts";
import { lastEvents } from "../../observe/event_query.ts";
import { livingServe } from "../../store/holder.ts";
import { type Layout, layoutOf } from "../../store/layout.ts";
import { endEverything } from "../../supervise/end_everything.ts";
import { loadConfig } from "../load_config.ts";
import type { Actor, Stage } from "./stage.ts";

/** More events than any round of the self-test writes. */
const EVENTS_MAX = 1000;

/** A project with the scripted agent, supervised by this very program. */
export class Project {
  readonly workDir: string;
  readonly layout: Layout;
  readonly #stage: Stage;
  readonly #configPath: string;

  /** @param scenarios of the scripted agent, one a round; none that commits, as the folder may lie in a repository */
  constructor(stage: Stage, scenarios: readonly string[]) {
    const { files } = stage.host;
    const dir = `${stage.dir}/${stage.newName()}`;
    this.#stage = stage;
    this.workDir = `${dir}/work`;
    this.layout = layoutOf(`${dir}/logs`);
    this.#configPath = `${dir}/agent-runner.toml`;
    files.makeDir(this.workDir);
    files.write(`${dir}/prompt.md`, "This prompt is only here to be long enough. ".repeat(20));
    files.write(this.#configPath, configText(dir, [...stage.host.env.program, "fake-agent", ...scenarios]));
    stage.atClose(() => this.#end());
  }

  serve(maxRounds: number): Actor {
    const { program } = this.#stage.host.env;
    return this.#stage.start([
      ...program,
      "serve",
      "--config",
      this.#configPath,
      "--max-rounds",
      String(maxRounds),
    ]);
  }

  /** Pid of the serve that lives, null without one. */
  servePid(): number | null {
    return livingServe(this.#stage.host, this.layout)?.pid ?? null;
  }

  /** Events of one kind, oldest first. */
  events<K extends Kind>(kind: K): readonly LoggedEvent<K>[] {
    return lastEvents(this.#stage.host, this.layout, EVENTS_MAX, new Set([kind])).flatMap((line) => {
      const event = decodeEvent(JSON.parse(line));
      return event === null ? [] : [event as unknown as LoggedEvent<K>];
    });
  }

  /** What the agent of the newest round has written. */
  agentOutput(): string {
    return this.#stage.host.files.readText(this.layout.currentLog) ?? "";
  }

  /** Ends the round that a supervisor may have left. */
  async #end(): Promise<string | null> {
    const { host } = this.#stage;
    const loaded = await loadConfig(host, this.#configPath, EXIT.failed);
    const ended = loaded.kind === "config"
      ? await endEverything(host, loaded.config, () => Promise.resolve(null))
      : loaded;
    return ended.kind === "failure" ? ended.what : null;
  }
}

function configText(dir: string, command: readonly string[]): string {
  const at = (name: string) => JSON.stringify(`${dir}/${name}`);
  return `[agent]
command = [${command.map((word) => JSON.stringify(word)).join(", ")}]
prompt_arg_template = []
prompt_delivery = "stdin"
reader = "claude"

[runtime]
work_dir = ${at("work")}
log_dir = ${at("logs")}
round_timeout_s = 60
restart_delay_s = 0
kill_grace_s = 1
on_restart = "adopt"
transient_error_action = "back_off"
disk_min_free_mb = 0

[prompt]
file = ${at("prompt.md")}

[vcs]
dirty_action = "ignore"

[throttle]
jitter_min_s = 0
jitter_max_s = 0
`;
}
