import type { Scenario } from "./scenario.ts";

/** What Claude Code prints around a round, as functions of the shell. */
const SPEAK = `
say() { printf '%s\\n' "$1"; }
model='{"type":"assistant","message":{"model":"claude-opus-4-7","content":[{"type":"text","text":"hello"}]}}'
usage='"duration_ms":1200,"total_cost_usd":0.25,"usage":{"input_tokens":12,"output_tokens":34,"cache_read_input_tokens":56,"cache_creation_input_tokens":7}'
good='{"type":"result","subtype":"success","is_error":false,"result":"done",'$usage'}'
bad() { say '{"type":"result","subtype":"success","is_error":true,"api_error_status":'$1',"result":"API Error: '$1'",'"$usage"'}'; }
rejected() { say '{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":'$1',"rateLimitType":"five_hour"}}'; }
tool() { say '{"type":"assistant","message":{"model":"claude-opus-4-7","content":[{"type":"tool_use","id":"t'$1'","name":"Read","input":{"file_path":"a.txt"}}]}}'; }
`;

const DIRTY = "echo more >> prompts/notes.md; echo new > new.txt";
const COMMIT = "echo done > done.txt; git add -A; git commit --quiet -m work";
/** Meets a limit that ends in a moment; a later round before that end fails. */
const OBEYED = `reset="$AGENT_RUNNER_LOG_DIR/../reset"
  if [ $n -eq 0 ]; then
    echo $(($(date +%s) + 5)) > "$reset"; rejected $(cat "$reset"); bad 429; exit 1
  fi
  [ $(date +%s) -ge $(cat "$reset") ] || exit 9`;
const LOSE_SERVE = `kill -KILL $(cat "$AGENT_RUNNER_LOG_DIR/serve.pid")`;
const IN_LOG = `printf '%s\\n'`;

/** The situations that both versions are compared in. */
export const SCENARIOS: readonly Scenario[] = [
  { name: "clean, no work", agent: "echo nothing to do" },
  { name: "clean, a commit", agent: COMMIT },
  { name: "dirty, stash", agent: DIRTY },
  { name: "dirty, stash in a phase", agent: DIRTY, tables: { phases: { list: ["dev"] } } },
  { name: "dirty, ignore", agent: DIRTY, tables: { vcs: { dirty_action: "ignore" } } },
  { name: "dirty, auto_commit", agent: DIRTY, tables: { vcs: { dirty_action: "auto_commit" } } },
  {
    name: "dirty, auto_commit refused by a hook",
    agent: DIRTY,
    tables: { vcs: { dirty_action: "auto_commit" } },
    before:
      `printf '#!/bin/sh\\necho no >&2; exit 1\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit`,
  },
  {
    name: "dirty, a deleted and a renamed file",
    agent: "git mv a.txt b.txt; rm c.txt",
    before: "seq 1 50 > a.txt; echo c > c.txt; git add -A; git commit --quiet -m more",
  },
  { name: "dirty, an edited prompt", agent: "true", before: "echo more >> prompts/main.md" },
  { name: "two dirty rounds", agent: DIRTY, args: ["serve", "--max-rounds", "2"] },
  { name: "the agent fails, clean", agent: "exit 7" },
  { name: "the agent fails, dirty", agent: `${DIRTY}; exit 1` },
  { name: "exit 143", agent: "exit 143" },
  { name: "exit 137", agent: "exit 137" },
  { name: "exit 200", agent: "exit 200" },
  { name: "killed", agent: "kill -KILL $$" },
  { name: "terminated, dirty", agent: `${DIRTY}; kill -TERM $$` },
  { name: "timeout", agent: "exec sleep 50", tables: { runtime: { round_timeout_s: 1 } } },
  { name: "timeout, dirty", agent: `${DIRTY}; exec sleep 50`, tables: { runtime: { round_timeout_s: 1 } } },
  {
    name: "timeout, SIGTERM ignored",
    agent: "trap '' TERM; while :; do sleep 0.2; done",
    tables: { runtime: { round_timeout_s: 1 } },
  },
  { name: "much output", agent: "seq 1 200000" },
  { name: "claude, good", binary: "claude", agent: `${SPEAK} say "$model"; say "$good"` },
  {
    name: "claude on PATH",
    binary: "claude",
    agent: `${SPEAK} say "$good"`,
    tables: { agent: { command: ["claude"] } },
  },
  {
    name: "claude, usage of a failed round",
    binary: "claude",
    agent: `${SPEAK} say "$model"; say "$good"; exit 1`,
  },
  {
    name: "claude, usage in a phase",
    binary: "claude",
    agent: `${SPEAK} tool 1; say "$good"`,
    tables: { phases: { list: ["dev"] } },
  },
  {
    name: "claude, limit that is over",
    binary: "claude",
    agent: `${SPEAK} rejected $(($(date +%s) - 60)); bad 429; exit 1`,
  },
  {
    name: "claude, limit, skip",
    binary: "claude",
    agent: `${SPEAK} rejected $(($(date +%s) + 600)); bad 429; exit 1`,
    tables: { runtime: { transient_error_action: "skip" } },
    args: ["serve", "--max-rounds", "2"],
  },
  {
    name: "claude, limit, stop",
    binary: "claude",
    agent: `${SPEAK} rejected $(($(date +%s) + 600)); bad 429; exit 1`,
    tables: { runtime: { transient_error_action: "stop" } },
    args: ["serve"],
  },
  {
    name: "claude, limit, back_off",
    binary: "claude",
    agent: `${SPEAK} if [ $n -eq 0 ]; then rejected $(($(date +%s) + 3)); bad 429; exit 1; fi; say "$good"`,
    args: ["serve", "--max-rounds", "2"],
  },
  ...[429, 529, 500, 408, 401, 400].map((status) => ({
    name: `claude, ${status}`,
    binary: "claude",
    agent: `${SPEAK} say "$model"; bad ${status}; exit 1`,
  })),
  {
    name: "claude, the same tool again and again",
    binary: "claude",
    agent: `${SPEAK} for i in 1 2 3 4 5; do tool $i; done; say "$good"`,
    tables: { monitor: { anomaly_repetitive_window: 5, anomaly_repetitive_threshold: 3 } },
  },
  {
    name: "claude, busy child after its result",
    binary: "claude",
    agent: `${SPEAK} say "$good"; sleep 4`,
    tables: { runtime: { max_grace_after_result_s: 1 } },
  },
  {
    name: "claude, ignored child after its result",
    binary: "claude",
    agent: `${SPEAK} say "$good"; sleep 41`,
    tables: { runtime: { max_grace_after_result_s: 1, grace_kill_ignore_patterns: ["^sleep"] } },
  },
  {
    name: "claude, idle after its result",
    binary: "claude",
    agent: `${SPEAK} say "$good"; exec sleep 50`,
    tables: { runtime: { max_grace_after_result_s: 1 } },
  },
  {
    name: "claude, idle and dirty after its result",
    binary: "claude",
    agent: `${SPEAK} ${DIRTY}; say "$good"; exec sleep 50`,
    tables: { runtime: { max_grace_after_result_s: 1 } },
  },
  { name: "network trouble", agent: "echo 'connect ECONNREFUSED: connection refused'; exit 1" },
  {
    name: "sentinel of the agent",
    agent: `echo "all is done" > "$AGENT_RUNNER_LOG_DIR/.agent-done"`,
    args: ["serve"],
  },
  { name: "sentinel from before", agent: "true", before: `echo old > "$LOG/.agent-done"` },
  {
    name: "stop file from before",
    agent: "true",
    tables: { runtime: { stop_file: "STOP" } },
    before: "echo lunch > STOP",
  },
  {
    name: "stop file of the agent",
    agent: "touch STOP",
    tables: { runtime: { stop_file: "STOP" }, vcs: { dirty_action: "ignore" } },
    args: ["serve"],
  },
  { name: "max rounds", agent: "true", args: ["serve", "--max-rounds", "3"] },
  { name: "max rounds of the file", agent: "true", tables: { runtime: { max_rounds: 1 } }, args: ["serve"] },
  {
    name: "three phases with values of their own",
    agent: "true",
    tables: {
      phases: { list: ["plan", "dev", "review"] },
      "phases.dev": { round_timeout_s: 33 },
      "phases.review.prompt": { files: ["prompts/review.md"] },
    },
    before: `seq 1 200 > prompts/review.md; git add -A; git commit --quiet -m review`,
    args: ["serve", "--max-rounds", "4"],
  },
  {
    name: "fresh eyes",
    agent: "true",
    tables: { runtime: { fresh_eyes_every_n: 2 } },
    args: ["serve", "--max-rounds", "2"],
  },
  {
    name: "fingerprint of files",
    agent: "echo x >> src/a.txt; git commit --quiet -am x",
    tables: { runtime: { substrate_fingerprint_paths: ["src/**/*.txt", "prompts/*.md"] } },
    before: "mkdir -p src/b; echo 1 > src/a.txt; echo 2 > src/b/c.txt; git add -A; git commit --quiet -m src",
  },
  {
    name: "several prompt files",
    agent: "true",
    tables: { prompt: { file: null, files: ["prompts/main.md", "prompts/two.md", "prompts/missing.md"] } },
    before: "echo two > prompts/two.md; git add -A; git commit --quiet -m two",
  },
  {
    name: "front matter",
    agent: "true",
    before:
      `{ printf -- '---\\ntitle: x\\n---\\n'; seq 1 200; } > prompts/main.md; git commit --quiet -am front`,
  },
  {
    name: "front matter that stays",
    agent: "true",
    tables: { prompt: { strip_yaml_frontmatter: false } },
    before:
      `{ printf -- '---\\ntitle: x\\n---\\n'; seq 1 200; } > prompts/main.md; git commit --quiet -am front`,
  },
  {
    name: "front matter that stays, checks off",
    agent: "true",
    tables: { prompt: { strip_yaml_frontmatter: false } },
    env: { AGENT_RUNNER_SKIP_STARTUP_CHECK: "1" },
    before:
      `{ printf -- '---\\ntitle: x\\n---\\n'; seq 1 200; } > prompts/main.md; git commit --quiet -am front`,
  },
  {
    name: "separator",
    agent: "true",
    tables: {
      prompt: { file: null, files: ["prompts/main.md", "prompts/two.md"], concat_separator: "\n=====\n" },
    },
    before: "echo two > prompts/two.md; git add -A; git commit --quiet -m two",
  },
  { name: "no context", agent: "true", tables: { prompt: { inject_context: false } } },
  { name: "context in the file", agent: "true", tables: { prompt: { context_injection_mode: "file" } } },
  { name: "context nowhere", agent: "true", tables: { prompt: { context_injection_mode: "none" } } },
  {
    name: "prompt on standard input",
    agent: "true",
    tables: { agent: { prompt_arg_template: ["--now"], prompt_delivery: "stdin" } },
  },
  {
    name: "prompt in several arguments",
    agent: "true",
    tables: { agent: { prompt_arg_template: ["a={prompt};b={prompt}"] } },
  },
  { name: "prompt missing", agent: "true", tables: { prompt: { file: "prompts/missing.md" } } },
  {
    name: "prompt too short",
    agent: "true",
    before: "echo short > prompts/main.md; git commit --quiet -am short",
  },
  {
    name: "prompt too short, checks off",
    agent: "true",
    before: "echo short > prompts/main.md; git commit --quiet -am short",
    env: { AGENT_RUNNER_SKIP_STARTUP_CHECK: "1" },
  },
  { name: "agent missing", agent: "true", tables: { agent: { command: ["no-such-agent"] } } },
  {
    name: "agent missing, round",
    agent: "true",
    tables: { agent: { command: ["no-such-agent"] } },
    args: ["round"],
  },
  { name: "no git", agent: "true", before: "rm -rf .git" },
  {
    name: "environment",
    agent: "true",
    tables: { "agent.env": { GREETING: "hello world", EMPTY: "", HOME: "/nowhere" } },
  },
  { name: "round", agent: DIRTY, args: ["round"] },
  {
    name: "round of a phase",
    agent: "true",
    tables: { phases: { list: ["plan", "dev"] }, "phases.dev": { round_timeout_s: 33 } },
    args: ["round", "--phase", "dev"],
  },
  {
    name: "status of five rounds",
    agent: "true",
    before:
      `${IN_LOG} '{"round_num": 5, "running": false, "last_completed_at": "2026-01-02T03:04:05.678Z", "last_exit_code": 1, "last_duration_s": 12.5, "phase_index": 0}' > "$LOG/status.json"`,
  },
  {
    name: "log and status of a round that timed out",
    agent: "true",
    before: `at=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
      log() { ${IN_LOG} '{"ts": "'$at'", "event": '"$1"'}' >> "$LOG/events-$(date -u +%Y-%m).jsonl"; }
      log '"round_start", "round_num": 1, "phase": null'
      log '"agent_spawn", "round_num": 1, "timeout_s": 60'
      log '"agent_exit", "round_num": 1, "exit_code": -15, "duration_s": 60.1, "timed_out": true, "exit_cause": "timeout"'
      log '"round_timeout_kill", "round_num": 1, "reason": "exceeded round_timeout_s=60"'
      log '"round_end", "round_num": 1'
      ${IN_LOG} '{"round_num": 1, "running": false, "last_completed_at": "2026-01-02T03:04:05.678Z", "last_exit_code": -15, "last_duration_s": 60.1, "phase_index": 0}' > "$LOG/status.json"`,
  },
  { name: "notes of seven rounds", agent: "true", before: `: > "$LOG/round-7.log"` },
  { name: "status that cannot be read", agent: "true", before: `echo '{"round' > "$LOG/status.json"` },
  {
    name: "orphan state from before",
    agent: "true",
    before:
      `${IN_LOG} '{"round_num": 3, "files": ["a.txt"], "stashed_ref": "1111111111111111111111111111111111111111", "stash_message": "ORPHAN R3 ts=2026-01-02T03:04:05", "timestamp": "2026-01-02T03:04:05.678Z", "phase": null}' > "$LOG/orphan-state.json"
      ${IN_LOG} '{"round_num": 3, "running": false, "last_completed_at": "2026-01-02T03:04:05.678Z", "last_exit_code": 0, "last_duration_s": 12.5, "phase_index": 0}' > "$LOG/status.json"`,
  },
  {
    name: "progress",
    agent: "echo a; sleep 3.5",
    tables: { monitor: { round_progress_interval_s: 1 } },
  },
  {
    name: "start after a limit that is over",
    agent: "true",
    before: limited("now - 100"),
  },
  {
    name: "start within a limit, stop",
    agent: "true",
    tables: { runtime: { transient_error_action: "stop" } },
    before: limited("now + 900"),
  },
  {
    name: "start within a limit, skip",
    agent: "true",
    tables: { runtime: { transient_error_action: "skip" } },
    before: limited("now + 900"),
  },
  { name: "log directory in the work folder", agent: DIRTY, logDir: "site/logs" },
  { name: "started elsewhere", agent: "true", tables: { runtime: { work_dir: "<dir>/site" } }, cwd: "home" },
  {
    name: "taken up after good and bad rounds",
    binary: "claude",
    agent: `${SPEAK} case $n in
      0) ${COMMIT}; say "$good" ;;
      1) exit 7 ;;
      2) exec sleep 50 ;;
      3) ${DIRTY}; say "$good" ;;
      esac`,
    tables: { runtime: { round_timeout_s: 3 } },
    before: "here serve --max-rounds 4",
    args: ["serve", "--max-rounds", "2"],
  },
  {
    name: "taken up after two of three phases",
    agent: "true",
    tables: { phases: { list: ["plan", "dev", "review"] } },
    before: "here serve --max-rounds 2",
    args: ["serve", "--max-rounds", "2"],
  },
  {
    name: "taken up after a dirty round that failed",
    agent: `[ $n -gt 0 ] || { ${DIRTY}; exit 1; }`,
    tables: { prompt: { context_injection_mode: "file" } },
    before: "here serve --once",
  },
  {
    name: "taken up after a stop",
    agent: `[ $n -gt 0 ] || kill -TERM $(cat "$AGENT_RUNNER_LOG_DIR/serve.pid")`,
    before: "here serve",
  },
  {
    name: "taken up within a limit, back_off",
    binary: "claude",
    agent: `${SPEAK} ${OBEYED}; say "$good"`,
    before: "here round",
  },
  {
    name: "taken up within a limit, stop",
    binary: "claude",
    agent: `${SPEAK} rejected $(($(date +%s) + 600)); bad 429; exit 1`,
    tables: { runtime: { transient_error_action: "stop" } },
    before: "here round",
    args: ["serve"],
  },
  {
    name: "taken up after a round that lost its serve",
    agent: `[ $n -gt 0 ] || { ${DIRTY}; ${LOSE_SERVE}; }`,
    tables: { prompt: { context_injection_mode: "file" } },
    before: "here serve || [ $? -eq 137 ]",
  },
  {
    name: "taken up in a round that lost its serve",
    agent: `[ $n -gt 0 ] || { ${LOSE_SERVE}; sleep 8; }`,
    before: "here serve || [ $? -eq 137 ]",
  },
  {
    name: "looked at, peek",
    binary: "claude",
    agent: `${SPEAK} ${DIRTY}; rejected $(($(date +%s) + 600)); bad 429`,
    before: "here round",
    args: ["peek", "--json"],
  },
  {
    name: "looked at, peek in a round that lost its serve",
    agent: `${LOSE_SERVE}; exec sleep 30`,
    before: "here serve || [ $? -eq 137 ]",
    args: ["peek", "--json", "--round", "latest", "--log", "--events", "20"],
  },
  {
    name: "looked at, events",
    agent: "exit 1",
    before: "here serve --once",
    args: ["events", "--kind", "round_end,serve_started"],
  },
  {
    name: "there and back",
    agent: `[ $n -gt 0 ] || { ${DIRTY}; }`,
    before: "here serve --max-rounds 2; python serve --max-rounds 2",
    args: ["serve", "--max-rounds", "2"],
  },
  {
    name: "there and back, after a round that lost its serve",
    agent: `[ $n -gt 0 ] || { ${DIRTY}; ${LOSE_SERVE}; }`,
    before: "here serve || [ $? -eq 137 ]; python serve --max-rounds 2",
  },
  {
    name: "there and back, within a limit",
    binary: "claude",
    agent: `${SPEAK} [ $n -gt 0 ] || exit 0; n=$((n - 1)); ${OBEYED}; say "$good"`,
    before: "here round; python round || [ $? -eq 1 ]",
  },
];

/** A log in which a limit with that end stands, written a minute ago. */
function limited(reset: string): string {
  return `now=$(date +%s)
  at=$(date -u -d @$((now - 60)) +%Y-%m-%dT%H:%M:%S.000Z)
  ${IN_LOG} '{"ts": "'$at'", "event": "transient_error_detected", "classification": "rate_limit_account", "agent": "claude", "reset_at_epoch": '$((${reset}))', "round_num": 1, "raw": ""}' > "$LOG/events-$(date -u +%Y-%m).jsonl"`;
}
