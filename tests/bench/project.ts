/**
 * Projects to measure on: a folder with a configuration, a prompt and, where wanted, a long past.
 *
 * @module
 */
import type { Draft } from "../../lib/core/events.ts";
import { EventLog } from "../../lib/store/event_log.ts";
import { eventFileName, eventFileOf } from "../../lib/store/fold.ts";
import { type Layout, layoutOf } from "../../lib/store/layout.ts";
import { encodeLine, stamp } from "../../lib/store/line_format.ts";
import { systemHost } from "../../lib/sys/mod.ts";

export interface Project {
  readonly dir: string;
  readonly config: string;
  readonly layout: Layout;
}

/** Makes a project without git whose agent is `agent`, restarted after `delayS` (s) whatever it does. */
export function makeProject(
  root: string,
  name: string,
  agent: readonly string[],
  { reader = "", delayS = 0 }: { readonly reader?: string; readonly delayS?: number } = {},
): Project {
  const dir = `${root}/${name}`;
  const layout = layoutOf(`${dir}/logs`);
  Deno.mkdirSync(layout.dir, { recursive: true });
  Deno.writeTextFileSync(
    `${dir}/prompt.md`,
    "Do the next piece of work, check it and commit it.\n".repeat(12),
  );
  const config = `${dir}/agent-runner.toml`;
  Deno.writeTextFileSync(
    config,
    `[agent]
name = "bench"
command = ${JSON.stringify(agent)}
prompt_arg_template = []
prompt_delivery = "stdin"
${reader === "" ? "" : `reader = "${reader}"\n`}
[runtime]
work_dir = "${dir}"
log_dir = "${layout.dir}"
round_timeout_s = 3600
restart_delay_s = ${delayS}
on_no_work = "ignore"

[vcs]
dirty_action = "ignore"

[prompt]
file = "./prompt.md"
`,
  );
  return { dir, config, layout };
}

/** One event in so many milliseconds: a million of them fill a year's files. */
const EVERY_MS = 30_000;

/** Writes a past of rounds, the last event now, and the checkpoint that goes with it. */
export function writePast({ layout }: Project, events: number): void {
  appendEvents(layout, events, { fromMs: Date.now() - events * EVERY_MS, everyMs: EVERY_MS, firstRound: 1 });
  renewCheckpoint({ layout });
}

/** As the program itself does it. */
export function renewCheckpoint({ layout }: Pick<Project, "layout">): void {
  EventLog.open(systemHost(), layout).close();
}

/** Another supervisor goes on in the same log; the checkpoint stays behind. */
export function appendRounds({ layout }: Project, events: number): void {
  appendEvents(layout, events, { fromMs: Date.now(), everyMs: 0, firstRound: 1_000_000 });
}

/** Another program writes events of its own kind into the same log; the checkpoint stays behind. */
export function appendForeign({ layout }: Project, events: number): void {
  const ts = new Date().toISOString();
  const line =
    `{"ts": "${ts}", "event": "deploy_step", "step": 3, "of": 12, "detail": "waiting for the queue"}\n`;
  Deno.writeTextFileSync(`${layout.dir}/${eventFileOf({ ts })}`, line.repeat(events), { append: true });
}

interface Past {
  readonly fromMs: number;
  readonly everyMs: number;
  readonly firstRound: number;
}

function appendEvents(layout: Layout, events: number, { fromMs, everyMs, firstRound }: Past): void {
  let [name, lines] = ["", ""];
  for (let i = 0; i < events; i++) {
    const at = fromMs + i * everyMs;
    const kinds = roundEvents(firstRound + Math.floor(i / 10));
    const line = encodeLine(stamp(kinds[i % kinds.length]!, at));
    if (name !== eventFileName(at) || lines.length > 1e6) {
      flush();
      name = eventFileName(at);
    }
    lines += line;
  }
  flush();
  function flush(): void {
    if (lines !== "") Deno.writeTextFileSync(`${layout.dir}/${name}`, lines, { append: true });
    lines = "";
  }
}

/** What a round of some minutes leaves in the log: ten events, half of which change the state. */
function roundEvents(round_num: number): readonly Draft[] {
  const progress = (minute: number): Draft => ({
    event: "round_progress",
    round_num,
    log_size_kb: minute * 190,
    last_write_age_s: 2,
    wall_age_s: minute * 60,
  });
  return [
    { event: "round_start", round_num, phase: null },
    { event: "agent_spawn", round_num, timeout_s: 1800 },
    ...[1, 2, 3, 4, 5].map(progress),
    {
      event: "agent_exit",
      round_num,
      exit_code: 0,
      duration_s: 301.2345,
      timed_out: false,
      exit_cause: "clean",
      ending: "exited",
    },
    { event: "round_end", round_num, verdict: "productive", limit: null, refusal: null },
    {
      event: "agent_usage_recorded",
      agent: "claude",
      model: "claude-opus-4-7",
      round_num,
      input_tokens: 120,
      output_tokens: 8400,
      cached_tokens: 410_000,
      cost_usd: 0.8123,
      duration_ms: 301_000,
      models_breakdown: {},
      cache_creation_tokens: 22_000,
      tool_call_count: 31,
      phase: "",
      success: true,
    },
  ];
}

/** The account's limit holds for an hour from now. */
export function writeLimit({ layout }: Project): void {
  const reset_at_epoch = Math.floor(Date.now() / 1000) + 3600;
  const limit = {
    classification: "rate_limit_account",
    agent: "claude",
    reset_at_epoch,
    reset_source: "server",
  } as const;
  const log = EventLog.open(systemHost(), layout);
  log.append({ event: "round_start", round_num: 1, phase: null });
  log.append({ event: "round_end", round_num: 1, verdict: "limited", limit, refusal: null });
  log.append({ event: "transient_error_detected", ...limit, round_num: 1, raw: "" });
  log.close();
}

/** The events of a kind so far, oldest first. */
export function eventsOf({ layout }: Project, kind: string): readonly { readonly ts: string }[] {
  const found: { readonly ts: string }[] = [];
  for (const { name } of Deno.readDirSync(layout.dir)) {
    if (!/^events-.*\.jsonl$/.test(name)) continue;
    for (const line of Deno.readTextFileSync(`${layout.dir}/${name}`).split("\n")) {
      if (line.includes(`"event": "${kind}"`)) found.push(JSON.parse(line));
    }
  }
  return found;
}
