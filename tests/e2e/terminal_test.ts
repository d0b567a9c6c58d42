import assert from "node:assert/strict";
import { fakeAgent, letPass, PROGRAM, Project, until } from "./project.ts";

/** A second Ctrl-C counts from 200 ms after the first. */
const APART_MS = 300;

Deno.test("serve shows one live line on a terminal of 80 columns, and takes it away at the end", async () => {
  await using project = await Project.with(fakeAgent("good=2"));
  using terminal = Terminal.open(project, 80);
  await terminal.sees("the live line", /^round 1 · agent works · 1 s · last output /m);
  const [line, ...more] = terminal.lines().filter(isLiveLine);
  assert.deepEqual(more, [], terminal.screen());
  assert.ok(line !== undefined && line.length <= 77);
  assert.match(terminal.screen(), /^\d\d:\d\d:\d\d {2}round 1 started$/m);
  terminal.press("C-c");
  assert.equal(await terminal.exitCode(), 0);
  assert.equal(project.only("round_end").verdict, "productive");
  assert.deepEqual(terminal.lines().filter(isLiveLine), []);
  assert.match(terminal.screen(), /SIGINT: stopping/);
  assert.deepEqual(project.processes(), []);
});

Deno.test("serve cuts its live line on a terminal of 20 columns", async () => {
  await using project = await Project.with(fakeAgent("good=2"));
  using terminal = Terminal.open(project, 20);
  await terminal.sees("the live line", /^round 1 · agent …$/m);
  await until("the end of the round", () => {
    const live = terminal.lines().filter(isLiveLine);
    assert.ok(live.length <= 1, live.join("\n"));
    return project.kinds().includes("round_end") || null;
  });
  terminal.press("C-c");
  assert.equal(await terminal.exitCode(), 0);
});

Deno.test("serve ends the round at the second Ctrl-C, and leaves no agent", async () => {
  await using project = await Project.with(fakeAgent("ignores-term"));
  using terminal = Terminal.open(project, 80);
  await terminal.sees("the live line", /^round 1 · agent works/m);
  terminal.press("C-c");
  await terminal.sees("the answer", /SIGINT: stopping/);
  await letPass(APART_MS);
  terminal.press("C-c");
  assert.equal(await terminal.exitCode(), 0);
  assert.match(terminal.screen(), /SIGINT again: ending the running round/);
  const { exit_code, ending } = project.only("agent_exit");
  assert.deepEqual([exit_code, ending], [-9, "stopped"]);
  assert.deepEqual(project.processes(), []);
});

Deno.test("serve shows the wait for a limit in its live line", async () => {
  await using project = await Project.with(fakeAgent("limit-weekly"));
  using terminal = Terminal.open(project, 80);
  await terminal.sees("the wait", /^waiting until \w+ \d\d:\d\d \(in [^)]+\) · a usage limit/m);
  terminal.press("C-c");
  assert.equal(await terminal.exitCode(), 0);
});

Deno.test("serve goes on while Ctrl-S holds its output, and shows what it had to say after Ctrl-Q", async () => {
  await using project = await Project.with(fakeAgent("good=0"));
  using terminal = Terminal.open(project, 80);
  await terminal.sees("the live line", /^round 1 · agent/m);
  terminal.press("C-s");
  const later = project.all("round_end").length + 2;
  await until("more rounds", () => project.all("round_end").length >= later || null);
  assert.doesNotMatch(terminal.screen(), new RegExp(`round ${later} over`));
  terminal.press("C-q");
  await terminal.sees("the later round", new RegExp(`round ${later} over: productive`));
  terminal.press("C-c");
  assert.equal(await terminal.exitCode(), 0);
});

Deno.test("serve ends the round and stops when its terminal goes away", async () => {
  await using project = await Project.with(fakeAgent("good=1"));
  using terminal = Terminal.open(project, 80);
  await terminal.sees("the live line", /^round 1 · agent/m);
  terminal.close();
  await until("the end of serve", () => project.processes().length === 0 || null);
  assert.equal(project.only("round_end").verdict, "productive");
  const { rule, exit_code } = project.only("serve_stopped");
  assert.deepEqual([rule, exit_code], ["stop_asked", 0]);
});

Deno.test("serve on a dumb terminal prints lines only", async () => {
  await using project = await Project.with(fakeAgent("good=1"));
  using terminal = Terminal.open(project, 80, { TERM: "dumb" });
  await terminal.sees("the end of a round", /round 1 over: productive/);
  assert.deepEqual(terminal.seen.flatMap((screen) => screen.split("\n")).filter(isLiveLine), []);
  terminal.press("C-c");
  assert.equal(await terminal.exitCode(), 0);
});

function isLiveLine(line: string): boolean {
  return /^(round \d+|waiting until .*) ·/.test(line);
}

/** A terminal in which serve runs: a tmux server of its own, whose socket lies in the project's folder. */
class Terminal implements Disposable {
  /** Every screen that was looked at. */
  readonly seen: string[] = [];
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  static open(project: Project, columns: number, env: Readonly<Record<string, string>> = {}): Terminal {
    const terminal = new Terminal(`${project.dir}/tmux`);
    const variables = Object.entries({ ...project.environment(), ...env }).map(([name, value]) =>
      `${name}=${value}`
    );
    const size = ["-x", String(columns), "-y", "40"];
    const keep = ["set-option", "-g", "remain-on-exit", "on", ";"];
    terminal.#tmux(
      "-f",
      "/dev/null",
      ...["start-server", ";", ...keep, "new-session", "-d", ...size, "-c", project.workDir],
      ...["env", ...variables, ...PROGRAM, "serve"],
    );
    return terminal;
  }

  press(key: string): void {
    this.#tmux("send-keys", key);
  }

  screen(): string {
    const screen = this.#tmux("capture-pane", "-p");
    this.seen.push(screen);
    return screen;
  }

  lines(): readonly string[] {
    return this.screen().split("\n");
  }

  async sees(what: string, pattern: RegExp): Promise<void> {
    await until(what, () => pattern.test(this.screen()) || null, () => this.screen());
  }

  /** Waits for the end of serve. */
  async exitCode(): Promise<number> {
    return await until("the end of serve", () => {
      const [dead, status] = this.#tmux("display-message", "-p", "#{pane_dead} #{pane_dead_status}").split(
        " ",
      );
      return dead === "1" ? Number(status) : null;
    }, () => this.screen());
  }

  /** Takes the terminal away, as when a window is closed. */
  close(): void {
    this.#tmux("kill-server");
  }

  /** The server may have gone before. */
  [Symbol.dispose](): void {
    new Deno.Command("tmux", { args: ["-S", this.#socket, "kill-server"] }).outputSync();
  }

  #tmux(...args: string[]): string {
    const options = { args: ["-u", "-S", this.#socket, ...args] };
    const { success, stdout, stderr } = new Deno.Command("tmux", options).outputSync();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  }
}
