import { CONFIG, type Config } from "../../lib/core/config.ts";
import { initialState, type ProjectState } from "../../lib/core/project_state.ts";
import {
  CRASHES_MAX,
  type Decision,
  NO_WORK_ROUNDS,
  type Policy,
  REFUSALS_MAX,
  type RuleName,
  RULES,
  type World,
} from "../../lib/core/rules.ts";
import { type LoggedLimit, throttleOf } from "../../lib/core/throttle.ts";
import { ruleText } from "../../lib/observe/event_text.ts";
import { blocks, code, table } from "./markdown.ts";

/** The rules between rounds, in order, with what each of them answers. */
export function rulesPage(): string {
  const names = Object.keys(RULES) as readonly RuleName[];
  return blocks(
    "# Rules",
    "Between two rounds these rules are asked in this order. The first that answers wins; when none does, the next " +
      "round starts. `why`, `wait_started`, `serve_stopped` and `peek --json` name the rule that decided.",
    table(
      ["", "rule", "reason", "answer"],
      names.map((name, index) => [String(index + 1), code(name), ruleText(name), answersOf(name)]),
    ),
  );
}

/** An hour after the epoch: late enough for everything that has to lie in the past. */
const NOW = 3_600_000;

interface Situation {
  readonly state?: Partial<ProjectState>;
  readonly policy?: Partial<Policy>;
  readonly world?: Partial<World>;
  /** The setting that leads here, where one does. */
  readonly when?: string;
}

const SERVING: Extract<ProjectState["serve"], { readonly kind: "started" }> = {
  kind: "started",
  pid: 1,
  version: "",
  since: NOW - 1000,
  containment: [],
  completed: 0,
  ended: 0,
  good: 0,
};

const ENDED: ProjectState["rounds"] = [{
  num: 1,
  phase: null,
  startedAt: NOW,
  endedAt: NOW,
  exit: null,
  verdict: "productive",
  dirty: false,
  usage: null,
}];

const LIMIT: LoggedLimit = {
  classification: "rate_limit_account",
  agent: "",
  reset_at_epoch: NOW / 1000 + 1,
  reset_source: "server",
};

const LIMITED: Partial<ProjectState> = { throttles: [throttleOf(LIMIT, NOW, 1, null)] };

const IDLE: Partial<ProjectState> = { noWork: NO_WORK_ROUNDS, rounds: ENDED };

/** For each rule a situation in which it answers. */
const SITUATIONS: Readonly<Record<RuleName, readonly Situation[]>> = {
  stop_asked: [{ world: { stopAsked: true } }],
  sentinel: [{ world: { sentinel: "" } }],
  stop_file: [{ world: { stopFile: "" } }],
  max_rounds: [{ state: { serve: { ...SERVING, completed: 1 } }, policy: { maxRounds: 1 } }],
  config_broken: [{ world: { brokenConfig: [""] } }],
  refused: [{ state: { refused: { count: REFUSALS_MAX, why: "auth" } } }],
  crash_loop: [{ state: { crashes: CRASHES_MAX } }],
  restart_guard: [{ state: { permanentStops: { count: 1, at: NOW - 2000 } }, policy: { unattended: true } }],
  disk_low: [{ world: { freeMb: 1 }, policy: { minFreeMb: 2 } }],
  throttled: [
    { state: LIMITED },
    { state: LIMITED, policy: { onLimit: "stop" }, when: 'transient_error_action = "stop"' },
  ],
  no_work: [
    { state: IDLE },
    { state: IDLE, policy: { onNoWork: "stop" }, when: 'on_no_work = "stop"' },
  ],
  restart_delay: [{ state: { rounds: ENDED, serve: { ...SERVING, ended: 1 } } }],
  log_unwritable: [{ world: { logFault: "" } }],
  lock_held: [{ world: { lockHolder: "" } }],
};

function answersOf(name: RuleName): string {
  return SITUATIONS[name].map(({ when, ...situation }) => {
    const answer = answerText(name, answerOf(name, situation));
    return when === undefined ? answer : `with ${code(when)}: ${answer}`;
  }).join("; ");
}

function answerOf(name: RuleName, { state, policy, world }: Situation): Decision | null {
  return RULES[name](
    { ...initialState(), serve: SERVING, ...state },
    { ...POLICY, ...policy },
    { ...WORLD, ...world },
    NOW,
    0,
  );
}

/** A situation that does not lead to an answer no longer describes its rule. */
function answerText(name: RuleName, answer: Decision | null): string {
  if (answer === null || answer.kind === "run") {
    throw new Error(`Cannot describe the rule ${name}: no answer`);
  }
  return answer.kind === "wait" ? "wait" : `stop, exit ${answer.exitCode}`;
}

const POLICY: Policy = {
  once: false,
  restartDelayS: 3,
  maxRounds: null,
  onLimit: "back_off",
  onNoWork: "slow",
  hasReader: true,
  unattended: false,
  throttle: throttleDefaults(),
  minFreeMb: 0,
};

const WORLD: World = {
  stopAsked: false,
  sentinel: null,
  stopFile: null,
  brokenConfig: [],
  lockHolder: null,
  freeMb: null,
  logFault: null,
};

function throttleDefaults(): Config["throttle"] {
  const defaults = Object.entries(CONFIG.throttle).map(([name, row]) => [name, row.default]);
  return Object.fromEntries(defaults) as Config["throttle"];
}
