import assert from "node:assert/strict";
import { ConfigFile } from "../../lib/cli/config_file.ts";
import type { SimHost } from "../sim/sim_host.ts";
import { serve } from "../../lib/supervise/serve.ts";
import { tomlTable } from "../e2e/project.ts";
import { Simulated, TOOLS } from "./simulated.ts";

const TOML = "/project/agent-runner.toml";

/** A project whose configuration is a file. */
class WithFile extends Simulated {
  constructor(runtime: Values = {}) {
    super();
    this.agents({ exit: { afterMs: 100_000, code: 0 } });
    this.write(runtime);
  }

  /** @param more TOML behind the rest */
  write(runtime: Values, agent: Values = {}, more = ""): void {
    this.sim.disk.put(TOML, `${textOf(runtime, agent)}\n${more}`);
  }

  /** Does something that many seconds after the start. */
  after(seconds: number, action: (sim: SimHost) => void): void {
    this.sim.at(seconds * 1000, () => action(this.sim));
  }

  async serveFile(maxRounds: number | null = null): Promise<unknown> {
    const parts = {
      plugins: [{ ...TOOLS, load: () => Promise.resolve(TOOLS) }],
      presets: () => Promise.reject(new Error("not needed")),
    };
    return await this.sim.run(async (host) => {
      const file = new ConfigFile(host, parts, TOML);
      const loaded = await file.load();
      assert.ok(loaded.kind === "config");
      return await serve(host, loaded.config, {
        ...this.options(),
        maxRounds,
        readAgain: (current, always) => file.readAgain(current, always),
      });
    });
  }

  /** Kinds that matter here, in order, with what they say. */
  story(): readonly string[] {
    return this.events().flatMap((event) => {
      switch (event.event) {
        case "agent_spawn":
          return [`round ${event.round_num} of ${event.timeout_s} s`];
        case "round_end":
          return [`end ${event.round_num}`];
        case "config_reloaded":
          return [`reloaded ${event.changed.join(" ")}`];
        case "config_rejected":
          return [`rejected ${event.reason}`];
        default:
          return [];
      }
    });
  }

  /** Seconds from the end of the nth round (from 0) to the next start. */
  pause(nth: number): number {
    const end = Date.parse(this.all("round_end")[nth]?.ts ?? "");
    return Math.round((Date.parse(this.all("round_start")[nth + 1]?.ts ?? "") - end) / 1000);
  }
}

type Values = Parameters<typeof tomlTable>[1];

function textOf(runtime: Values, agent: Values = {}): string {
  const tables = {
    agent: { command: ["claude"], prompt_arg_template: [], prompt_delivery: "stdin", ...agent },
    runtime: { work_dir: ".", log_dir: "logs", disk_min_free_mb: 0, ...runtime },
    prompt: { file: "prompt.md" },
    vcs: { dirty_action: "ignore" },
  };
  return Object.entries(tables).map(([name, values]) => tomlTable(name, values)).join("\n");
}

Deno.test("serve takes a changed configuration over between two rounds, all keys together", async () => {
  const project = new WithFile({ round_timeout_s: 1000 });
  project.after(50, () => project.write({ round_timeout_s: 2000, restart_delay_s: 60 }));
  await project.serveFile(2);
  assert.deepEqual(project.story(), [
    "round 1 of 1000 s",
    "end 1",
    "reloaded runtime.round_timeout_s runtime.restart_delay_s",
    "round 2 of 2000 s",
    "end 2",
  ]);
  assert.equal(project.pause(0), 60);
});

Deno.test("serve looks at the file again when a wait is over, and at SIGHUP at once", async () => {
  for (const hangsUp of [false, true]) {
    const project = new WithFile({ restart_delay_s: 600 });
    project.after(200, () => project.write({ restart_delay_s: 0, round_timeout_s: 7 }));
    if (hangsUp) project.after(210, (sim) => sim.send("SIGHUP"));
    await project.serveFile(2);
    assert.equal(project.story()[2], "reloaded runtime.round_timeout_s runtime.restart_delay_s");
    assert.equal(project.pause(0), hangsUp ? 110 : 600);
    assert.equal(project.story()[3], "round 2 of 7 s");
    assert.equal(project.notes.some((note) => note.startsWith("SIGHUP")), hangsUp);
  }
});

Deno.test("serve keeps the last good configuration, and rejects a broken one once", async () => {
  const project = new WithFile({ restart_delay_s: 5 });
  for (const seconds of [50, 150, 250]) {
    project.after(seconds, (sim) => sim.disk.put(TOML, `${textOf({ round_timeout_s: 7 })}\n[oops`));
  }
  project.after(350, () => project.write({ restart_delay_s: 5 }));
  await project.serveFile(5);
  const [rejected, ...more] = project.story().filter((line) => !/^(round|end)/.test(line));
  assert.match(rejected ?? "", /^rejected Cannot read .*agent-runner.toml: it is not TOML: line \d+: /);
  assert.deepEqual(more, []);
  assert.deepEqual(project.all("agent_spawn").map(({ timeout_s }) => timeout_s), [
    1800,
    1800,
    1800,
    1800,
    1800,
  ]);
  assert.equal(project.notes.filter((note) => note.includes("not taken over")).length, 1);
});

Deno.test("serve rejects a configuration that has been removed, and another broken one, each once", async () => {
  const project = new WithFile({ restart_delay_s: 5 });
  project.after(50, (sim) => sim.files.remove(TOML));
  project.after(250, (sim) => sim.disk.put(TOML, "[agent"));
  project.after(350, (sim) => sim.send("SIGHUP"));
  assert.equal(await project.serveFile(4), 0);
  assert.deepEqual(project.all("config_rejected").map(({ reason }) => reason.split(":")[0]), [
    "config not found",
    "Cannot read /project/agent-runner.toml",
  ]);
  assert.equal(project.notes.filter((note) => note.includes("not taken over")).length, 3);
});

Deno.test("serve leaves work_dir and log_dir where they are, and takes the other keys as if they had not moved", async () => {
  const project = new WithFile({ round_timeout_s: 1000 });
  project.sim.disk.makeDir("/elsewhere");
  project.after(50, () => project.write({ work_dir: "/elsewhere", round_timeout_s: 7 }));
  project.after(105, () => project.write({ work_dir: "/elsewhere", log_dir: "more", round_timeout_s: 7 }));
  assert.equal(await project.serveFile(3), 0);
  assert.deepEqual(project.story().filter((line) => !line.startsWith("end")), [
    "round 1 of 1000 s",
    "reloaded runtime.round_timeout_s",
    "round 2 of 7 s",
    "round 3 of 7 s",
  ]);
  assert.deepEqual(project.notes.filter((note) => note.includes("never changes")), [
    "runtime.work_dir never changes while serve runs: /project stays until a restart",
    "runtime.log_dir never changes while serve runs: /project/logs stays until a restart",
    "runtime.work_dir never changes while serve runs: /project stays until a restart",
    "runtime.log_dir never changes while serve runs: /project/logs stays until a restart",
  ]);
  assert.deepEqual(project.sim.launches.map(({ spec }) => spec.cwd), ["/project", "/project", "/project"]);
});

Deno.test("serve asks the rules by the new configuration, also where the old one would have stopped it", async () => {
  const project = new WithFile({ max_rounds: 1 });
  project.after(50, () => project.write({ max_rounds: 2 }));
  assert.equal(await project.serveFile(), 0);
  assert.equal(project.all("max_rounds_reached")[0]?.max_rounds, 2);
});

Deno.test("serve chooses the reader anew, and rejects one that there is not", async () => {
  const project = new WithFile();
  project.after(50, () => project.write({}, { reader: "tols" }));
  project.after(150, () => project.write({}, { reader: "tools" }));
  await project.serveFile(3);
  assert.deepEqual(project.all("config_rejected").map(({ reason }) => reason), [
    'Cannot watch the agent: no reader is called "tols"; did you mean "tools"?',
  ]);
  assert.deepEqual(project.all("config_reloaded").map(({ changed }) => changed), [["agent.reader"]]);
  assert.ok(project.notes.includes("the tools reader watches the agent (by agent.reader)"));
});

Deno.test("serve makes the start-up checks when it has taken a configuration over, not after the wait", async () => {
  const project = new WithFile({ restart_delay_s: 5000 });
  project.after(200, () => project.write({ restart_delay_s: 5000 }, { command: ["nobody"] }));
  project.after(210, (sim) => sim.send("SIGHUP"));
  assert.equal(await project.serveFile(), 78);
  assert.match(project.all("config_broken")[0]?.reason ?? "", /'nobody' not found/);
  assert.equal(Math.round(project.sim.t / 1000), 210);
});

Deno.test("serve says at SIGHUP that nothing has changed, and says nothing by itself", async () => {
  const project = new WithFile({ restart_delay_s: 100 });
  project.after(50, (sim) => sim.disk.put(TOML, `# a comment\n${textOf({ restart_delay_s: 100 })}`));
  project.after(150, (sim) => sim.send("SIGHUP"));
  await project.serveFile(2);
  assert.deepEqual(project.notes, [
    "SIGHUP: the configuration is read anew before the next round",
    "the configuration was read anew: no key has changed",
  ]);
  assert.deepEqual(project.all("config_reloaded"), []);
});

Deno.test("serve with a terminal takes SIGHUP for the terminal's end, and stops", async () => {
  const project = new WithFile();
  project.sim.options.outIsTerminal = true;
  project.after(50, (sim) => sim.send("SIGHUP"));
  assert.equal(await project.serveFile(5), 0);
  assert.equal(project.all("serve_stopped")[0]?.rule, "stop_asked");
  assert.equal(project.all("round_end").length, 1);
});

Deno.test("serve does not wait for a program that runs beside the loop, when it reloads", async () => {
  const hook = '[[hooks]]\non = "post_round"\nrun = ["slow"]\nblocking = false\ntimeout_s = 9000\n';
  const project = new WithFile();
  project.sim.disk.put("/usr/bin/slow", "", { executable: true });
  project.sim.agent = ({ id }) => ({
    exit: { afterMs: id.startsWith("hook-") ? 500_000 : 100_000, code: 0 },
  });
  project.write({}, {}, hook);
  project.after(50, () => project.write({ round_timeout_s: 2000 }));
  await project.serveFile(2);
  const kinds = project.events().map(({ event }) => event).filter((kind) =>
    ["config_reloaded", "round_start", "hook_ran", "serve_stopped", "hook_failed"].includes(kind)
  );
  assert.deepEqual(kinds, ["round_start", "config_reloaded", "round_start", "serve_stopped", "hook_ran"]);
});
