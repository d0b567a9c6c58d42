import assert from "node:assert/strict";
import { parse } from "smol-toml";
import { PRESETS } from "../../presets/mod.ts";
import { claudeCli, claudeHome } from "./claude_cli.ts";
import { type FakeApi, inTurn, limitedUntil, startFakeApi } from "./fake_api.ts";
import { epochOf, Project, type Tables } from "./project.ts";

/** Seconds until the reset of a limit that is waited for: more than a round takes until it is refused. */
const SOON_S = 8;

Deno.test("serve runs a round of the real Claude CLI and reads what it used", () =>
  withClaude({}, async (api, project) => {
    api.script(inTurn([{ kind: "ok_tool", command: "echo done > note.txt" }]));
    const { code, err } = await project.run(["serve", "--once"]);
    assert.equal(code, 0, err);
    assert.match(err, /^the claude reader watches the agent \(by its command\)$/m);
    assert.deepEqual(project.kinds().filter(isNoFingerprint), [
      "serve_started",
      "round_start",
      "agent_spawn",
      "agent_exit",
      "dirty_detected",
      "orphan_stashed",
      "round_end",
      "agent_usage_recorded",
      "serve_stopped",
    ]);
    await project.git("cat-file", "-e", "refs/agent-runner/R1-stash^3:note.txt");
    assert.equal(project.only("round_end").verdict, "productive");
    const { tool_call_count, output_tokens, success } = project.only("agent_usage_recorded");
    assert.deepEqual([tool_call_count, output_tokens > 0, success], [1, true, true]);
    ended(project, { round_num: 1, last_exit_code: 0 });
  }));

Deno.test("serve keeps the real Claude CLI waiting until the five-hour limit is over", () =>
  withClaude({}, async (api, project) => {
    const reset = Math.ceil(Date.now() / 1000) + SOON_S;
    api.script(limitedUntil(reset, "five_hour"));
    const { code, err } = await project.run(["serve", "--max-rounds", "2"]);
    assert.equal(code, 0, err);
    assert.deepEqual(project.kinds().filter(isNoFingerprint), [
      "serve_started",
      ...LIMITED_ROUND,
      "wait_started",
      ...GOOD_ROUND,
      "transient_error_recovered",
      "max_rounds_reached",
      "serve_stopped",
    ]);
    const limit = project.only("transient_error_detected");
    assert.deepEqual([limit.classification, limit.reset_at_epoch, limit.reset_source], [
      "rate_limit_account",
      reset,
      "server",
    ]);
    const wait = project.only("wait_started");
    assert.equal(wait.rule, "throttled");
    assert.ok(wait.until_epoch >= reset && wait.until_epoch <= reset + 1, `${wait.until_epoch}, ${reset}`);
    const [refused, answered, ...more] = api.requests.filter(({ main }) => main);
    assert.ok(refused !== undefined && refused.at < reset * 1000);
    assert.ok(answered !== undefined && answered.at >= reset * 1000, "no futile round");
    assert.deepEqual(more, []);
    assert.deepEqual(project.all("round_end").map(({ verdict }) => verdict), ["limited", "productive"]);
    ended(project, { round_num: 2, last_exit_code: 0 });
  }));

Deno.test("serve waits for the weekly limit of the real Claude CLI, and a stop ends that", () =>
  withClaude({}, async (api, project) => {
    const reset = Math.ceil(Date.now() / 1000) + 3 * 86_400;
    api.script(limitedUntil(reset, "seven_day"));
    const run = project.start(["serve"]);
    const { until_epoch } = await run.event("wait_started");
    assert.ok(until_epoch >= reset && until_epoch <= reset + 1);
    run.signal("SIGTERM");
    assert.equal((await run.ended).code, 0);
    assert.deepEqual(project.kinds().filter(isNoFingerprint), [
      "serve_started",
      ...LIMITED_ROUND,
      "wait_started",
      "serve_stopped",
    ]);
    assert.equal(project.only("transient_error_detected").classification, "rate_limit_account");
    assert.equal(api.requests.filter(({ main }) => main).length, 1);
    ended(project, { round_num: 1, last_exit_code: 1 });
  }));

Deno.test("serve gives an overloaded server some time before the real Claude CLI asks it again", () =>
  withClaude({ throttle: { api_transient_5xx_base_s: 2 } }, async (api, project) => {
    api.script(inTurn([{ kind: "status", status: 529 }]));
    const { code, err } = await project.run(["serve", "--max-rounds", "2"]);
    assert.equal(code, 0, err);
    assert.match(err, /shorter than a real service allows: throttle\.api_transient_5xx_base_s/);
    assert.deepEqual(project.kinds().filter(isNoFingerprint), [
      "serve_started",
      ...LIMITED_ROUND,
      "wait_started",
      ...GOOD_ROUND,
      "transient_error_recovered",
      "max_rounds_reached",
      "serve_stopped",
    ]);
    const failure = project.only("transient_error_detected");
    assert.deepEqual([failure.classification, failure.reset_source], ["api_transient_5xx", "estimate"]);
    const [, again] = project.all("round_start");
    assert.ok(epochOf(again!) >= epochOf(failure) + 2);
    assert.equal(project.only("transient_error_recovered").classification, "api_transient_5xx");
    ended(project, { round_num: 2, last_exit_code: 0 });
  }));

Deno.test("serve ends a real Claude CLI that hangs, and nothing of it is left", () =>
  withClaude({ runtime: { round_timeout_s: 5, kill_grace_s: 10 } }, async (api, project) => {
    api.script(() => ({ kind: "stall" }));
    const { code, err } = await project.run(["serve", "--once"]);
    assert.equal(code, 0, err);
    assert.deepEqual(project.kinds().filter(isNoFingerprint).slice(0, 6), [
      "serve_started",
      "round_start",
      "agent_spawn",
      "agent_exit",
      "round_timeout_kill",
      "round_end",
    ]);
    assert.equal(api.requests.filter(({ main }) => main).length, 1);
    const { timed_out, ending, exit_cause, duration_s, exit_code } = project.only("agent_exit");
    assert.deepEqual([timed_out, ending, exit_cause], [true, "timed_out", "timeout"]);
    assert.ok(duration_s >= 5 && duration_s < 17, String(duration_s));
    assert.equal(project.only("round_end").verdict, "timed_out");
    ended(project, { round_num: 1, last_exit_code: exit_code });
  }));

const GOOD_ROUND = ["round_start", "agent_spawn", "agent_exit", "round_end", "agent_usage_recorded"];
const LIMITED_ROUND = [...GOOD_ROUND.slice(0, 4), "transient_error_detected", "agent_usage_recorded"];

/** What `status.json` says at the end, and that no process is left to say otherwise. */
function ended(
  project: Project,
  expected: { readonly round_num: number; readonly last_exit_code: number },
): void {
  const { round_num, running, last_exit_code } = project.status();
  assert.deepEqual({ round_num, running, last_exit_code }, { ...expected, running: false });
  assert.deepEqual(project.processes(), []);
}

/** A project with the words of the claude preset, whose server is `api`. */
async function withClaude(
  tables: Tables,
  body: (api: FakeApi, project: Project) => Promise<void>,
): Promise<void> {
  const preset = PRESETS.find(({ name }) => name === "claude");
  assert.ok(preset);
  const { agent, runtime } = parse(preset.text.replaceAll("{project}", "site")) as unknown as Preset;
  const { env: presetEnv, ...words } = agent;
  const cli = await claudeCli();
  const api = startFakeApi();
  try {
    await using project = await Project.make((project) =>
      project.toml([cli, ...words.command.slice(1)], {
        ...tables,
        agent: {
          prompt_arg_template: words.prompt_arg_template,
          prompt_delivery: words.prompt_delivery,
        },
        "agent.env": { ...presetEnv, ...claudeHome(`${project.dir}/claude`, api.url) },
        runtime: { grace_kill_ignore_patterns: runtime.grace_kill_ignore_patterns, ...tables.runtime },
      })
    );
    await body(api, project);
  } finally {
    await api.close();
  }
}

/** What is used of a preset. */
interface Preset {
  readonly agent: {
    readonly command: readonly string[];
    readonly prompt_arg_template: readonly string[];
    readonly prompt_delivery: string;
    readonly env: Readonly<Record<string, string>>;
  };
  readonly runtime: { readonly grace_kill_ignore_patterns: readonly string[] };
}

/** The fingerprints around each round are no part of these stories. */
function isNoFingerprint(kind: string): boolean {
  return !kind.startsWith("round_substrate_");
}
