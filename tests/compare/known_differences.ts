import type { Difference } from "./differences.ts";

/** Something that is meant to be different. The guide shows the first three columns. */
export interface KnownDifference {
  readonly python: string;
  readonly here: string;
  readonly why: string;
  /** Which differences it explains, by `Difference.at`; absent where no scenario shows it. */
  readonly seen?: RegExp;
  /** Only in these scenarios; absent: in all. */
  readonly only?: readonly string[];
  /** Every run shows it: runs that differ in nothing else count as equal. */
  readonly everywhere?: true;
  /** Only versions before 0.2 show it. */
  readonly old?: true;
}

/** Scenarios in which the start-up checks refuse the configuration. */
const REFUSED = ["prompt missing", "prompt too short", "agent missing", "no git"];

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    python: "unknown keys load in silence",
    here: "an error with the line and a suggestion, exit 78",
    why: "a misspelt limit is no limit",
  },
  {
    python: "a bare string for a list is split into letters",
    here: "an error that says what to write",
    why: "nobody means that",
  },
  {
    python: "a relative `work_dir` belongs to the working folder",
    here: "to the file's folder; if only the working folder is a git work tree, that one, with a warning",
    why: "a service starts in another folder",
  },
  {
    python: "the agent runs in the caller's folder",
    here: "in `work_dir`",
    why: "git is looked at there",
    seen: /^agent =cwd$/,
    only: ["started elsewhere"],
  },
  {
    python: "`restart_delay_s = 0` is refused",
    here: "it is fine",
    why: "other rules prevent spinning",
  },
  {
    python: "`[agent.env]` may overwrite `AGENT_RUNNER_*`",
    here: "refused",
    why: "processes of a round are found by these variables",
  },
  {
    python: "`true` in `[agent.env]` becomes `True`",
    here: "`true`",
    why: "that is what the file says",
  },
  {
    python: "the agent is looked up on the supervisor's `PATH`",
    here: "on the `PATH` that the agent gets",
    why: "it is started with that one",
  },
  {
    python: "three `AGENT_RUNNER_*` variables are set for the agent",
    here: "also `AGENT_RUNNER_ROUND_ID`",
    why: "whatever a round leaves behind can be found by it",
    seen: /^env \+AGENT_RUNNER_ROUND_ID$/,
    everywhere: true,
  },
  {
    python: "`round` by hand leaves `AGENT_RUNNER_FRESH_EYES` unset",
    here: "it is `0` unless you set it to `1`",
    why: "an agent need not tell unset from 0",
    seen: /^env \+AGENT_RUNNER_FRESH_EYES$/,
    only: ["round", "round of a phase"],
  },
  {
    python: "only the five-hour reset is believed, and for 8 hours at most",
    here: "every window's, up to 32 days",
    why: "the server knows when a weekly limit ends",
  },
  {
    python: "a limit outlives a good result",
    here: "a good result clears it",
    why: "it proves that the limit is over",
  },
  {
    python: "limits are forgotten after 101 events, counts at a restart",
    here: "both are folded from the whole log",
    why: "a round into a known limit is in vain",
  },
  {
    python: "an account limit without a reset waits 300 s each time",
    here: "it doubles, up to 1800 s",
    why: "it may last for hours",
  },
  {
    python: "`transient_error_recovered` is written when the wait is over",
    here: "when a round proved it",
    why: "a wait proves nothing",
    seen: /^event [+-]transient_error_recovered$/,
    only: [
      "claude, limit, back_off",
      "start after a limit that is over",
      "start within a limit, skip",
      "taken up within a limit, back_off",
      "there and back, within a limit",
    ],
  },
  {
    python: "the last 50 lines of the output are read",
    here: "all of it, while it is written",
    why: "the decisive line may stand before them",
  },
  {
    python: "a repeated tool call is counted in the last calls of the round",
    here: "once it has come as often as the threshold, at any time",
    why: "a loop in the middle of a round counts too",
    seen: /^field =anomaly_repetitive_tool\.count$/,
  },
  {
    python: "the breaker sees only the supervisor's own failures",
    here: "it judges the agent's ending and result",
    why: "an agent that cannot start fails as well",
  },
  {
    python: "an agent that exits 0 and does nothing is restarted for ever",
    here: "the loop slows down (`on_no_work`)",
    why: "each of these rounds costs",
  },
  {
    python: "a refused login is restarted for ever",
    here: "three in a row stop with 77",
    why: "only you can log in",
  },
  {
    python: "signals wait for the end of a pause, and one more round",
    here: "heard at once",
    why: "a service manager kills what does not stop",
  },
  {
    python: "Ctrl-C leaves the agent running",
    here: "the round is finished, or ended by a second one",
    why: "nothing runs that nobody watches",
  },
  {
    python: "all stops exit 0",
    here: "69, 70, 77, 78 have a code of their own",
    why: "a service manager restarts after 0 or does not, and has to know",
    seen: /^exit =code$/,
    only: [
      ...REFUSED,
      "claude, limit, stop",
      "start within a limit, stop",
      "taken up within a limit, stop",
    ],
  },
  {
    python: "a configuration that cannot work is found by a round",
    here: "before the round: no fingerprints, no `round-<N>.log`",
    why: "no round took place",
    seen: /^(event -round_substrate_(before|after)|file -round-(1\.log|current\.log -> round-1\.log))$/,
    only: REFUSED,
  },
  {
    python: "a missing prompt is told twice, as missing and as not to be assembled",
    here: "once",
    why: "it is one mistake",
    seen: /^event -smoke_check_failed$/,
    only: ["prompt missing"],
  },
  {
    python: "a prompt may never begin with `-`",
    here: "only where it is given as the start of an argument",
    why: "elsewhere nothing takes it for an option",
    seen: /./,
    only: ["front matter that stays"],
  },
  {
    python: "`reason` has words of its own, and those of git with the line break",
    here: "other words, which name the mistake, without it",
    why: "the words are for people",
    seen: /^field =(config_broken|smoke_check_failed|status_recovered|dirty_commit_failed)\.reason$/,
  },
  {
    python: "a second `serve` starts",
    here: "exit 75, with the holder's pid",
    why: "never two agents in one folder",
  },
  {
    python: "a held lock counts as a crash",
    here: "it is waited for",
    why: "the round of a colleague is no crash",
    seen: /^(event -round_substrate_before|field =round_substrate_after\.round_num|file -round-2\.log)$/,
    only: ["taken up in a round that lost its serve"],
  },
  {
    python: "a round that has lost its `serve` stays open",
    here: "the next `serve` takes it over while it runs, else closes it",
    why: "its end, its limit and its changes count",
    seen: new RegExp(
      "^(event \\+(round_adopted|round_interrupted|agent_exit|round_end)|event [+-](dirty_detected|orphan_stashed)|metrics \\+round_end" +
        "|file -(running-round\\.json|agent-runner\\.lock\\.holder|round-wait-status\\.tmp|orphan-state\\.json)" +
        "|content [+=](status\\.json\\.(running|last_.*)|round-context\\.json\\.(previous\\..*|orphan_stash))|git stashes .*)$",
    ),
    only: [
      "taken up after a round that lost its serve",
      "taken up in a round that lost its serve",
      "there and back, after a round that lost its serve",
    ],
  },
  {
    python: "the same round number can be used again",
    here: "never: it is above that of status, log and files",
    why: "two rounds of one number cannot be told apart",
    seen: /^(field|env|content|prompt|argument|file) .*(round_num|ROUND_NUM|R[18]-<stamp>|round-8\.log)/,
    only: ["notes of seven rounds"],
  },
  {
    python: "`status.json` says `running` never",
    here: "while a round runs",
    why: "that is what the key is for",
  },
  {
    python: "a `status.json` that cannot be read is told in the round",
    here: "when `serve` starts",
    why: "the number of the round depends on it",
    seen: /^event [+-]round_substrate_before$/,
    only: ["status that cannot be read"],
  },
  {
    python: "`round-current.log` is the supervisor's own output",
    here: "the running round's agent output",
    why: "that is what one wants to see",
    seen: /^file [+-]round-current\.log -> (round-\d+\.log|rounds\/R\d+-<stamp>\.log)$/,
    everywhere: true,
  },
  {
    python: "`round` by hand writes neither `round-<N>.log` nor the link to it",
    here: "the same files as in `serve`",
    why: "notes would be lost",
    seen: /^file \+round-1\.log$/,
    only: ["round", "round of a phase"],
  },
  {
    python: "the log directory has no other files",
    here:
      "also `.reserve`, `checkpoint.json`, `serve.lock`, `running-round.json`, `round-prompt.txt`, `round-wait-status`",
    why: "for a full disk, a quick start, one `serve` only, a round that outlives its supervisor",
    seen: /^file \+(\.reserve|checkpoint\.json|serve\.lock|round-prompt\.txt|round-wait-status)$/,
    everywhere: true,
  },
  {
    python: "`rounds/` grows for ever",
    here: "`round_log_retention` holds there too, between rounds",
    why: "agents print a lot",
  },
  {
    python: "the prompts of phases are not looked at before they are needed",
    here: "all are, at the start",
    why: "a mistake is found while you are there",
  },
  {
    python: "a prompt that is not UTF-8 ends the round",
    here: "its bad bytes are replaced and the file is named",
    why: "one bad byte is no reason to stop",
  },
  {
    python: "a prompt too long for an argument is a crash",
    here: "named at the start, with the way out",
    why: "no restart mends it",
  },
  {
    python: "front matter that is empty, has a BOM or ends the file stays in",
    here: "left out",
    why: "it is front matter all the same",
  },
  {
    python: "`previous` in the context does not say how the round ended",
    here: "it also has `timed_out`, `exit_cause` and `dirty_files`",
    why: "the next round can do better",
    seen:
      /^(content \+round-context\.json\.previous\.(timed_out|exit_cause|dirty_files)|(prompt|argument) \+ {4}"(timed_out|exit_cause)": .*)$/,
  },
  {
    python: "`had_dirty_tree` says whether an old stash is noted",
    here: "whether the last round left uncommitted changes",
    why: "that is what it is called",
    seen: /had_dirty_tree/,
    only: ["orphan state from before", "taken up after a dirty round that failed"],
  },
  {
    python: "a stash of the same round is used again, changes left behind",
    here: "only one with the same content; else a new stash is made",
    why: "no work is lost",
  },
  {
    python: "stash and commit act on the whole repository, and see the log directory",
    here: "on `work_dir`, without the log directory",
    why: "the rest is not the agent's",
    seen: /^(field|content) =(dirty_detected|orphan-state\.json)\.files$/,
    only: ["log directory in the work folder"],
  },
  {
    python: "an edited prompt is stashed, as an edited configuration is",
    here: "both stay as they are",
    why: "the next round would get what was there before the edit",
    seen:
      /^(event -(dirty_detected|orphan_stashed)|file -orphan-state\.json|git (status \+|(stashes|stashed|refs) -).*)$/,
    only: ["dirty, an edited prompt"],
  },
  {
    python: "a renamed file is listed by its new name",
    here: "by both names",
    why: "what git takes for a rename depends on your settings",
    seen: /^(field|content) =(dirty_detected|orphan-state\.json)\.files$/,
    only: ["dirty, a deleted and a renamed file"],
  },
  {
    python: "a stash or commit is kept by its own branch or list only",
    here: "also by a ref below `refs/agent-runner/`, for `work`",
    why: "`git stash clear` or a reset does not lose it",
    seen: /^git refs \+refs\/agent-runner\/R\d+-(stash|commit)$/,
  },
  {
    python: "`auto_commit` takes everything that is dirty",
    here: "what has become dirty in the round",
    why: "yours is not the agent's to commit",
  },
  {
    python: "a failed commit leaves everything staged",
    here: "index and tree are as they were",
    why: "nothing was done",
    seen: /^git status /,
    only: ["dirty, auto_commit refused by a hook"],
  },
  {
    python: "an agent ended after a good result leaves its changes",
    here: "they are stashed or committed, as after exit 0",
    why: "its work was done",
    seen: /^(event \+orphan_stashed|file \+orphan-state\.json|git (status|stashes|stashed|refs) .*)$/,
    only: ["claude, idle and dirty after its result"],
  },
  {
    python: "fingerprints and fresh eyes count rounds by themselves",
    here: "one number everywhere",
    why: "else they drift apart",
  },
  {
    python: "`cpu_pct` is of a few milliseconds",
    here: "of the whole round; absent at its start",
    why: "a few milliseconds tell nothing",
    seen: /^metrics -round_start\.cpu_pct$/,
    everywhere: true,
  },
  {
    python: "`agent_process_count` counts a name, on the whole host",
    here: "the round's own processes",
    why: "others run the same program",
  },
  {
    python: "`system` in `peek` is as old as the last round",
    here: "memory, load and processes are of now",
    why: "a round may take hours",
  },
  {
    python: "text is cut, then redacted",
    here: "redacted, then cut, in every free text",
    why: "half a key is a secret too",
  },
  { python: "a torn line swallows the next event", here: "it is ended first", why: "no event is lost" },
  {
    python: "`events` knows one month and needs `--kind`",
    here: "all months; without `--kind` all kinds",
    why: "a month ends in the night",
  },
  {
    python: "its log has 43 kinds",
    here: "also `serve_started`, `serve_stopped`, `wait_started` and others",
    why: "a log that says why nothing happens; the old version passes over them",
    seen: /^event \+(serve_started|serve_stopped|wait_started)$/,
    everywhere: true,
  },
  {
    python: "`round_end`, `agent_exit` and `transient_error_detected` do not say more",
    here: "fields of their own for verdict, evidence, `ending`, `reset_source`, `window`",
    why: "what was decided rests on them",
    seen: new RegExp(
      "^field \\+(agent_exit\\.ending|transient_error_detected\\.(reset_source|window)|round_end\\.(verdict|limit|" +
        "refusal|ending|exit_cause|result_ok|commits|files_changed|lines_added|lines_deleted|tokens|cost_usd|leftovers))$",
    ),
    everywhere: true,
  },
  {
    python: "a broken edit of the configuration counts as five crashes",
    here: "it is rejected, the last good one stays; `work_dir` and `log_dir` never change while it runs",
    why: "a night is not lost to a typing mistake",
  },
  {
    python: "`init` commits whatever is there",
    here: "only the files that it wrote",
    why: "yours is not its to commit",
  },
  {
    python: "regular expressions are Python's",
    here: "JavaScript's; common Python forms are translated, with a note",
    why: "there is no Python here",
  },
  {
    python: "0.1.33 has no `exit_cause`, `agent_process_count` and `live_children`",
    here: "they are there, as in 0.2.2",
    why: "fields are only ever added",
    seen:
      /^(field \+(agent_exit\.exit_cause|round_grace_kill\.live_children)|metrics \+round_(start|end)\.agent_process_count)$/,
    everywhere: true,
    old: true,
  },
  {
    python: "0.1.33 has no `config_broken`, and `round` ends with 1",
    here: "it is there, and `round` ends with 78, as in 0.2.2",
    why: "no restart mends a broken configuration",
    seen: /^(event \+config_broken|exit =code)$/,
    only: [...REFUSED, "agent missing, round"],
    old: true,
  },
  {
    python: "0.1.33 ends an agent after its result although a child of it is busy",
    here: "it is waited for, as in 0.2.2",
    why: "the child may be the work",
    seen:
      /^(event [+-]round_grace_(extended|kill)|(field|content) =(agent_exit|agent_usage_recorded|status\.json)\..*)$/,
    only: ["claude, busy child after its result"],
    old: true,
  },
  {
    python: "0.1.33 has no `events`",
    here: "it is there, as in 0.2.2",
    why: "the files need not be read by hand",
    seen: /^exit =code$/,
    only: ["looked at, events"],
    old: true,
  },
  {
    python: "0.1.33 commits without an event",
    here: "`dirty_auto_committed`, as in 0.2.2",
    why: "the log tells what was done",
    seen: /^event \+dirty_auto_committed$/,
    only: ["dirty, auto_commit"],
    old: true,
  },
  {
    python: "0.1.33 hands a prompt over as an argument only",
    here: "also on standard input, as in 0.2.2",
    why: "arguments are of limited length and seen by all",
    seen: /^prompt \+/,
    only: ["prompt on standard input"],
    old: true,
  },
  {
    python: "0.1.33 stashes its own log directory too, with the events of the round in it",
    here: "never",
    why: "the supervisor's files are not the agent's work",
    seen:
      /^(event \+(round_substrate_before|round_start|agent_spawn|agent_exit|dirty_detected)|metrics \+round_start|(file|git|content) .*)$/,
    only: ["log directory in the work folder"],
    old: true,
  },
];

/** What explains the difference in that scenario, null where nothing does. */
export function explanationOf({ at }: Difference, scenario: string, isOld: boolean): KnownDifference | null {
  return rowsFor(isOld).find(({ seen, only }) =>
    seen?.test(at) === true && (only === undefined || only.includes(scenario))
  ) ?? null;
}

/** The rows that hold for 0.2, or for the versions before it. */
export function rowsFor(isOld: boolean): readonly KnownDifference[] {
  return KNOWN_DIFFERENCES.filter(({ old }) => old !== true || isOld);
}
