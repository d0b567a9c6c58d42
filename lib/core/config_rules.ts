import {
  type CONFIG,
  DETECTOR_NAMES,
  type HookDeclaration,
  type PluginDeclaration,
  type Row,
  type TableName,
} from "./config.ts";
import { isKind, KINDS } from "./events.ts";
import { addProblem, type Report } from "./config_table.ts";
import { translatePattern } from "./pattern.ts";
import { didYouMean } from "./suggest.ts";

/** The tables as read: a value with a problem is undefined. */
export type Draft =
  & { readonly [Name in Exclude<TableName, "hooks" | "plugins">]: DraftOf<(typeof CONFIG)[Name]> }
  & {
    readonly hooks: readonly Loose<HookDeclaration>[] | undefined;
    readonly plugins: { readonly load: readonly Loose<PluginDeclaration>[] | undefined };
  };

/** Any of its values may have had a problem. */
type Loose<Values> = { readonly [Name in keyof Values]: Values[Name] | undefined };

type DraftOf<Rows> = {
  readonly [Name in keyof Rows]: Rows[Name] extends Row<infer Value> ? Value | undefined
    : DraftOf<Rows[Name]>;
};

/** Checks what only shows in several keys together. */
export function checkTogether(draft: Draft, report: Report): void {
  checkDelivery(draft.agent, report);
  checkPrompt(draft.prompt, report);
  checkJitter(draft.throttle, report);
  noteMonitor(draft.monitor, report);
  checkHooks(draft.hooks, report);
  checkPlugins(draft.plugins.load, report);
  notePatterns("runtime.grace_kill_ignore_patterns", draft.runtime.grace_kill_ignore_patterns, report);
  notePatterns("monitor.auth_fail_patterns", draft.monitor.auth_fail_patterns, report);
}

function checkDelivery(agent: Draft["agent"], report: Report): void {
  const inTemplate = agent.prompt_arg_template?.some(hasPrompt);
  if (agent.prompt_delivery === "stdin" && inTemplate === true) {
    const text = "prompt_delivery is stdin, which puts no prompt into the arguments: remove {prompt}";
    addProblem(report, "agent.prompt_arg_template", text);
  }
  if (agent.prompt_delivery === "argv" && inTemplate === false) {
    report.notes.push(
      'agent.prompt_arg_template: holds no {prompt}, so the agent gets no prompt; add it, or set prompt_delivery = "stdin"',
    );
  }
  if (agent.command?.some(hasPrompt) === true) {
    report.notes.push("agent.command: {prompt} is not replaced here; it belongs in prompt_arg_template");
  }
}

function hasPrompt(word: string): boolean {
  return word.includes("{prompt}");
}

function checkPrompt({ file, files }: Draft["prompt"], report: Report): void {
  if (file === undefined || files === undefined) return;
  if (file !== null && files.length > 0) {
    addProblem(report, "prompt.files", "set either prompt.file or prompt.files, not both");
  }
  if (file === null && files.length === 0) {
    addProblem(report, "prompt.file", "missing required field: prompt.file or prompt.files");
  }
}

function checkJitter({ jitter_min_s: min, jitter_max_s: max }: Draft["throttle"], report: Report): void {
  if (min === undefined || max === undefined || min <= max) return;
  addProblem(report, "throttle.jitter_min_s", `must not be above throttle.jitter_max_s (${max}), got ${min}`);
}

function noteMonitor(monitor: Draft["monitor"], report: Report): void {
  const { anomaly_repetitive_window: window, anomaly_repetitive_threshold: threshold } = monitor;
  if (window !== undefined && threshold !== undefined && (window > 0 || threshold > 0)) {
    if (window === 0 || threshold === 0) {
      report.notes.push("monitor.anomaly_repetitive_window and _threshold: one is 0, so the check is off");
    } else if (threshold > window) {
      report.notes.push(
        `monitor.anomaly_repetitive_threshold: ${threshold} repeats never fit into a window of ${window} calls`,
      );
    }
  }
  const { disk_warning_pct: warning, disk_critical_pct: critical } = monitor.host_health;
  if (warning !== undefined && critical !== undefined && warning >= critical) {
    report.notes.push(
      `monitor.host_health.disk_warning_pct: ${warning} is not below disk_critical_pct (${critical}), so it never warns`,
    );
  }
  for (const name of monitor.auto_stop_on ?? []) {
    if (DETECTOR_NAMES.some((known) => known === name)) continue;
    const hint = didYouMean(name, DETECTOR_NAMES);
    report.notes.push(`monitor.auto_stop_on: no built-in detector is called ${JSON.stringify(name)}${hint}`);
  }
}

/** Points at which the loop can go on while a program still runs. */
function mayRunBeside(point: string): boolean {
  return point === "post_round" || point.startsWith("event:");
}

function checkHooks(hooks: Draft["hooks"], report: Report): void {
  for (const [index, { on, blocking }] of (hooks ?? []).entries()) {
    if (on === undefined || blocking === undefined) continue;
    const where = `hooks[${index}]`;
    if (blocking === false && !mayRunBeside(on)) {
      addProblem(report, `${where}.blocking`, `${on} is always waited for; leave blocking out`);
    }
    const kind = on.startsWith("event:") ? on.slice("event:".length) : null;
    if (kind === "hook_ran") {
      addProblem(report, `${where}.on`, "a hook cannot be told that hooks have run: it would run for ever");
    } else if (kind !== null && !isKind(kind)) {
      const hint = didYouMean(kind, KINDS);
      report.notes.push(
        `${where}.on: ${kind} is no event of this program, only a plugin can write it${hint}`,
      );
    }
  }
}

function checkPlugins(load: Draft["plugins"]["load"], report: Report): void {
  const seen = new Set<string>();
  for (const [index, { source, trust, permissions }] of (load ?? []).entries()) {
    const where = `plugins.load[${index}]`;
    if (source !== undefined && seen.has(source)) addProblem(report, `${where}.source`, "is loaded already");
    if (source !== undefined) seen.add(source);
    if (trust !== "full") continue;
    const { emit: _, ...limits } = permissions ?? {};
    for (const [name, words] of Object.entries(limits)) {
      if (!Array.isArray(words) || words.length === 0) continue;
      const text = 'means nothing with trust = "full", which may do everything; leave one of the two out';
      addProblem(report, `${where}.permissions.${name}`, text);
    }
  }
}

function notePatterns(where: string, patterns: readonly string[] | undefined, report: Report): void {
  for (const pattern of patterns ?? []) {
    const translated = translatePattern(pattern);
    if (translated === pattern) continue;
    report.notes.push(`${where}: ${JSON.stringify(pattern)} is read as ${JSON.stringify(translated)}`);
  }
}
