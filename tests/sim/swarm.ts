/**
 * The swarm's driver: lets a seed's lives run on one simulated machine, strikes with its faults, and writes down what
 * was seen.
 *
 * @module
 */
import { encodeLine } from "../../lib/store/line_format.ts";
import { foldLog } from "../../lib/store/fold.ts";
import { layoutOf } from "../../lib/store/layout.ts";
import type { Config } from "../../lib/core/config.ts";
import type { Kind, LoggedEvent } from "../../lib/core/events.ts";
import type { Instant } from "../../lib/core/instant.ts";
import type { Plugin } from "../../lib/core/plugin.ts";
import { builtInReader } from "../../lib/extend/output_reader.ts";
import type { Host, LaunchSpec } from "../../lib/host.ts";
import { serve, type ServeOptions } from "../../lib/supervise/serve.ts";
import { claude } from "../../plugins/claude.ts";
import { type Prng, streamOf } from "./prng.ts";
import type { Script } from "./sim_agent.ts";
import { Dead } from "./sim_crash.ts";
import { alone } from "./fixtures.ts";
import { SimHost } from "./sim_host.ts";
import type { SimLife } from "./sim_life.ts";
import { act, type Standing, standingOf } from "./swarm_agents.ts";
import { ROUND_LOCK, strike } from "./swarm_faults.ts";
import { parsed } from "./swarm_lines.ts";
import { isClockNew, knownReset } from "./swarm_limits.ts";
import { type LifePlan, LOG_DIR, type Plan, planOf, PROMPT_FILE, STOP_FILE } from "./swarm_plan.ts";
import { rowsIn } from "./swarm_rows.ts";
import {
  type AgentStory,
  type Heard,
  type LifeEnd,
  type LifeStory,
  lifeStory,
  type Story,
  type Texts,
} from "./swarm_story.ts";

/** A bug put into the program's surroundings: whatever is absent stays as it is. */
export interface Planted {
  readonly host?: (host: Host) => Host;
  readonly plugin?: (plugin: Plugin) => Plugin;
  readonly config?: (config: Config) => Config;
}

/** Runs all lives of a seed; what they amount to is for the promises to say. */
export async function runSeed(seed: number, planted: Planted = {}): Promise<Story> {
  const plan = planOf(seed);
  const sim = new SimHost({
    seed,
    startAt: plan.startAt,
    machine: { reapMs: plan.reapMs },
    stepsMax: 500_000,
    callsMax: 5_000_000,
  });
  const swarm = new Swarm(sim, plan, planted);
  for (const life of plan.lives) await swarm.live(life);
  return swarm.story;
}

export class Swarm {
  readonly story: Story;
  /** The life that runs now. */
  life: LifeStory | null = null;
  /** Cut the power as soon as the present life is over. */
  powerCut = false;
  /** Power cuts so far: whatever ran before one does not go on after it. */
  cuts = 0;
  /** Crash that many changes of the outside world after the next event of that kind. */
  crashAfter: { readonly kind: Kind; readonly effects: number } | null = null;
  /** When the wall clock was last set; -Infinity: never. */
  clockSetT = -Infinity;
  readonly foreignLimits: { readonly line: string; readonly resetAt: number; readonly t: number }[] = [];
  readonly #prng: Prng;
  readonly #rivals: SimLife[] = [];
  #stopFileT = 0;
  #sentinelT = 0;

  constructor(readonly sim: SimHost, readonly plan: Plan, readonly planted: Planted) {
    this.story = { plan, lives: [], agents: [], faults: new Set(), agentsAtOnce: 0 };
    this.#prng = streamOf(plan.seed, "acts");
    sim.disk.makeDir(LOG_DIR);
    sim.disk.put("/project/.git/HEAD", "ref: refs/heads/main\n");
    sim.disk.put("/usr/bin/claude", "", { executable: true });
    sim.disk.put("/usr/bin/git", "", { executable: true });
    sim.agent = (spec, nth) => this.#enter(spec, nth);
  }

  async live(plan: LifePlan): Promise<void> {
    this.#tidyUp(plan);
    const { sim } = this;
    const life = lifeStory(sim.t, this.#eventTexts(), this.story.lives.at(-1));
    if (plan === this.plan.lives.at(-1)) life.diskTroubleUntilT = 0;
    this.story.lives.push(life);
    this.life = life;
    for (const fault of plan.faults) {
      sim.at(sim.t + fault.atMs, () => this.life === life && strike(this, life, fault));
    }
    sim.at(sim.t + plan.lastsMs, () => this.life === life && sim.kill());
    life.end = await this.#run(life);
    this.life = null;
    this.#lookBack(life);
    if (this.powerCut) this.#endOthers();
    sim.reboot({ power: this.powerCut, downMs: plan.downMs });
    if (this.powerCut) life.afterPowerCut = this.#eventTexts();
    this.powerCut = false;
  }

  /** What the power cut ends beside the program and its agents. */
  #endOthers(): void {
    this.cuts += 1;
    const lock = this.sim.disk.find(ROUND_LOCK);
    if (lock?.kind === "file") lock.lockedBy = null;
  }

  putStopFile(): void {
    this.#stopFileT = this.sim.t;
    this.sim.disk.put(STOP_FILE, "enough for today\n");
  }

  remove(path: string): void {
    const place = this.sim.disk.place(path, false);
    if (place?.node != null) this.sim.disk.detach(place);
  }

  /** Starts another serve on the same directory. */
  rival(life: LifeStory): void {
    const nth = life.rivals.push("runs") - 1;
    const second = this.sim.secondProgram();
    this.#rivals.push(second);
    serve(this.#hostFor(second), this.#config(), this.#options(() => {})).then(
      (result) => life.rivals[nth] = typeof result === "number" ? `left with ${result}` : result.what,
      () => life.rivals[nth] = "died",
    );
  }

  async #run(life: LifeStory): Promise<LifeEnd> {
    try {
      const result = await this.sim.run((host) =>
        serve(
          this.#hostFor(host),
          this.#config(),
          this.#options(
            (event) => life.heard.push(this.#hear(event)),
            (rule) => this.#lookAtWait(life, rule),
          ),
        )
      );
      return typeof result === "number"
        ? { kind: "left", code: result }
        : { kind: "refused", what: result.what };
    } catch (error) {
      if (error instanceof Dead) return { kind: "died", why: error.message };
      if (!(error instanceof Error)) throw error;
      return { kind: "failed", error: error.stack ?? error.message };
    }
  }

  #hostFor(life: SimLife): Host {
    return this.planted.host?.(life) ?? life;
  }

  #config(): Config {
    return this.planted.config?.(this.plan.config) ?? this.plan.config;
  }

  #options(onAppend: (event: LoggedEvent) => void, onWait: (rule: string) => void = () => {}): ServeOptions {
    const { maxRounds, unattended } = this.plan;
    const plugin = this.planted.plugin?.(claude) ?? claude;
    return {
      ...alone(),
      voice: {
        note: () => {},
        activity: (activity) => activity.kind === "waiting" && onWait(activity.rule),
      },
      once: false,
      maxRounds,
      unattended,
      reader: builtInReader(plugin),
      onAppend,
    };
  }

  #tidyUp(plan: LifePlan): void {
    const { crash, disk } = this.sim;
    this.remove(STOP_FILE);
    this.crashAfter = null;
    disk.put(PROMPT_FILE, PROMPT);
    crash.atAppend(Infinity);
    crash.atEffect(Infinity);
    crash.atSleep(Infinity);
    if (plan !== this.plan.lives.at(-1)) return;
    disk.fillUntil(0);
    disk.readOnlyUntil(0);
  }

  /** An agent starts: what has to be true of it at this moment is looked at now. */
  #enter(spec: LaunchSpec, nth: number): Script {
    const { plan, sim, story } = this;
    const record = sim.launches[nth]!;
    const { t, wall } = record.started!;
    const played = act(plan.row[nth % plan.row.length]!, wall, this.#prng);
    const recorded = parsed(sim.disk.text(`${LOG_DIR}/running-round.json`)) as { pid?: number } | null;
    const agent: AgentStory = {
      act: played,
      round: Number(spec.env.AGENT_RUNNER_ROUND_NUM),
      t,
      wall,
      logPath: spec.logPath,
      launcherPid: record.launcherPid,
      recordedPid: recorded?.pid ?? null,
      knownReset: knownReset(this, t),
      rows: isClockNew(this, t) ? null : rowsIn(this.#eventTexts()),
    };
    story.agents.push(agent);
    story.agentsAtOnce = sim.agents.aliveMax;
    if (played.doneAfterMs !== null) {
      sim.at(t + played.doneAfterMs, () => record.ended === null && this.#putSentinel());
    }
    return played.script;
  }

  #putSentinel(): void {
    this.#sentinelT = this.sim.t;
    this.sim.disk.put(SENTINEL, "all done\n");
  }

  /** What the agent's output says at this moment. */
  standing(agent: AgentStory): Standing {
    return standingOf(agent.act.claims, this.sim.disk.text(agent.logPath) ?? "");
  }

  #hear(event: LoggedEvent): Heard {
    const { crashAfter, sim } = this;
    const line = encodeLine(event);
    if (event.event === crashAfter?.kind) sim.crash.atEffect(crashAfter.effects);
    const agent = event.event === "round_end"
      ? this.story.agents.find(({ round }) => round === event.round_num)
      : undefined;
    return {
      event,
      line,
      t: sim.t,
      wall: sim.clock.now(),
      inFile: this.#isLastLine(line),
      standing: agent === undefined ? null : this.standing(agent),
      stopFileMs: sim.disk.find(STOP_FILE) === null ? -1 : sim.t - this.#stopFileT,
      sentinelMs: sim.disk.find(SENTINEL) === null ? -1 : sim.t - this.#sentinelT,
    };
  }

  #isLastLine(line: string): boolean {
    const bytes = ENCODER.encode(line);
    return this.eventFiles.some((path) => {
      const file = this.sim.disk.find(path);
      if (file?.kind !== "file" || file.size < bytes.length) return false;
      const tail = new Uint8Array(bytes.length);
      file.readAt(file.size - bytes.length, tail);
      return tail.every((byte, at) => byte === bytes[at]);
    });
  }

  /** What the log says of a wait at this moment. */
  #lookAtWait(life: LifeStory, rule: string): void {
    const reader = this.sim.secondProgram();
    const { wait } = foldLog(reader, layoutOf(LOG_DIR)).state;
    reader.die("has read");
    if (wait?.rule !== rule) life.untoldWaits.push({ t: this.sim.t, rule, told: wait?.rule ?? null });
  }

  #lookBack(life: LifeStory): void {
    const { sim } = this;
    life.endT = sim.t;
    life.after = this.#eventTexts();
    life.folds = this.#folds(life);
    const whole = this.cuts > 0 ? LASTING_FILES : SMALL_FILES;
    life.brokenFiles = whole.filter((name) => {
      const text = sim.disk.text(`${LOG_DIR}/${name}`);
      return text !== null && parsed(text) === null;
    });
    life.leftovers = sim.leftovers().map(({ name }) => name);
    for (const second of this.#rivals.splice(0)) second.die("its rival has left");
    if (Object.keys(life.after).length > 1) this.story.faults.add("new_month");
  }

  #folds(life: LifeStory): LifeStory["folds"] {
    const reader = this.sim.secondProgram();
    const layout = layoutOf(LOG_DIR);
    const folds = {
      checkpoint: stateText(foldLog(reader, layout)),
      scratch: stateText(foldLog(reader, { ...layout, checkpoint: `${LOG_DIR}/none` })),
      live: null as string | null,
    };
    const saved = parsed(this.sim.disk.text(layout.checkpoint)) as Parameters<typeof stateText>[0] | null;
    if (life.end.kind === "left" && saved !== null) folds.live = stateText(saved);
    reader.die("has read");
    return folds;
  }

  /** The wall clock, whoever lives. */
  get wall(): Instant {
    return this.sim.life.machine.clock.now();
  }

  get eventText(): string {
    return Object.values(this.#eventTexts()).join("\n");
  }

  #eventTexts(): Texts {
    return Object.fromEntries(this.eventFiles.map((path) => [path, this.sim.disk.text(path) ?? ""]));
  }

  /** Paths of the event files, the newest last. */
  get eventFiles(): readonly string[] {
    const dir = this.sim.disk.find(LOG_DIR);
    const names = dir?.kind === "dir" ? [...dir.entries.keys()] : [];
    return names.filter((name) => name.startsWith("events-")).sort().map((name) => `${LOG_DIR}/${name}`);
  }
}

const SENTINEL = `${LOG_DIR}/.agent-done`;
const SMALL_FILES = ["status.json", "checkpoint.json", "running-round.json", "round-context.json"];
/** What a power cut leaves whole, too. */
const LASTING_FILES = ["status.json", "running-round.json"];
const PROMPT = "Do the next piece of work. ".repeat(25);
const ENCODER = new TextEncoder();

function stateText({ state, counts }: { readonly state: unknown; readonly counts: unknown }): string {
  return JSON.stringify({ state, counts });
}
