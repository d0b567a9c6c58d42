import { isoOf } from "../../lib/core/instant.ts";
import type { Swarm } from "./swarm.ts";
import { type Fault, LOG_DIR, PROMPT_FILE } from "./swarm_plan.ts";
import type { LifeStory } from "./swarm_story.ts";

export const ROUND_LOCK = `${LOG_DIR}/agent-runner.lock`;

/** Lets a fault strike the life that runs now. */
export function strike(swarm: Swarm, life: LifeStory, fault: Fault): void {
  const { sim, story } = swarm;
  if (sim.life.dead !== null) return;
  story.faults.add(fault.kind);
  switch (fault.kind) {
    case "crash_at_append":
      return sim.crash.atAppend(1 + fault.nth % 20);
    case "crash_at_effect":
      return sim.crash.atEffect(1 + fault.nth % 80);
    case "crash_at_sleep":
      return sim.crash.atSleep(1 + fault.nth % 60);
    case "crash_at_round_start":
      swarm.crashAfter = { kind: "round_start", effects: 1 + fault.nth % 16 };
      return;
    case "crash_at_round_end":
      swarm.crashAfter = { kind: "agent_exit", effects: 1 + fault.nth % 12 };
      return;
    case "killed":
      return sim.kill();
    case "power_lost":
      swarm.powerCut = true;
      return sim.kill();
    case "signal":
      return signal(swarm, life);
    case "second_signal":
      signal(swarm, life);
      return sim.at(sim.t + 250 + fault.forMs % 5000, () => swarm.life === life && signal(swarm, life));
    case "stop_file":
      return swarm.putStopFile();
    case "clock_ahead":
      return setClock(swarm, fault.forMs * 40);
    case "clock_back":
      return setClock(swarm, -fault.forMs * 10);
    case "suspended":
      return sim.suspend(fault.forMs * 20);
    case "disk_full":
      if (fault.nth % 2 === 0) swarm.remove(`${LOG_DIR}/.reserve`);
      sim.disk.fillUntil(sim.t + fault.forMs);
      return inTrouble(swarm, life, fault);
    case "disk_read_only":
      sim.disk.readOnlyUntil(sim.t + fault.forMs);
      return inTrouble(swarm, life, fault);
    case "foreign_events":
      return foreignEvents(swarm);
    case "foreign_limit":
      return foreignLimit(swarm, fault);
    case "foreign_round":
      return foreignRound(swarm, life, fault);
    case "foreign_rubbish":
      append(swarm, `rubbish ${fault.nth}\n{"ts": 5}\n[]\n{"ts": "now", "event": "round_start"}\n`);
      return;
    case "foreign_torn_line":
      append(swarm, `{"ts": "2026-11-20T12:00:00.000Z", "event": "monitor_al`);
      return;
    case "lock_taken":
      return takeLock(swarm, life, fault);
    case "second_serve":
      return secondServe(swarm, life);
    case "prompt_gone":
      return sim.disk.put(PROMPT_FILE, "");
    case "new_month":
      return;
  }
}

function signal({ sim }: Swarm, life: LifeStory): void {
  if (sim.life.dead !== null) return;
  if (life.signals.length === 0) life.agentRanAtStop = sim.leftovers().length > 0;
  life.signals.push(sim.t);
  sim.send(life.signals.length === 1 ? "SIGTERM" : "SIGINT");
}

function setClock(swarm: Swarm, ms: number): void {
  swarm.clockSetT = swarm.sim.t;
  swarm.sim.stepClock(ms);
}

function inTrouble({ sim }: Swarm, life: LifeStory, { forMs }: Fault): void {
  life.diskTroubleUntilT = Math.max(life.diskTroubleUntilT, sim.t + forMs);
}

/** The Python version's monitor writes to the same file. */
function foreignEvents(swarm: Swarm): void {
  const ts = isoOf(swarm.wall);
  append(
    swarm,
    `{"ts": "${ts}", "event": "monitor_alert_emitted", "detector": "hung", "severity": "warning", ` +
      `"message": "m\\u00e4h", "auto_action": "none"}\n` +
      `{"ts": "${ts}", "event": "agent_network_blip", "round_num": 1, "phase": null, "matched": "ECONNRESET", ` +
      `"round_duration_s": 1.5, "exit_code": 1, "timed_out": false}\n`,
  );
}

/** Another agent's limit, met by a round of the Python version. */
function foreignLimit(swarm: Swarm, { forMs }: Fault): void {
  const { sim } = swarm;
  const resetS = Math.ceil((swarm.wall + forMs) / 1000);
  const line = `{"ts": "${isoOf(swarm.wall)}", "event": "transient_error_detected", ` +
    `"classification": "rate_limit_account", "agent": "codex", "reset_at_epoch": ${resetS}, "round_num": 0, ` +
    `"raw": ""}\n`;
  if (append(swarm, line)) swarm.foreignLimits.push({ line, resetAt: resetS * 1000, t: sim.t });
}

/** By the month of the wall clock, as long as that has not been set back to an older one. */
function append(swarm: Swarm, text: string): boolean {
  const byClock = `${LOG_DIR}/events-${isoOf(swarm.wall).slice(0, 7)}.jsonl`;
  const newest = swarm.eventFiles.at(-1) ?? byClock;
  return swarm.sim.foreignAppend(newest > byClock ? newest : byClock, text);
}

/** Somebody else holds the round lock, and says nothing. */
function takeLock(swarm: Swarm, life: LifeStory, { forMs }: Fault): void {
  withLock(swarm, life, forMs, nothing);
}

/** A round of the Python version runs beside; its `round_end` does not say whether it met a limit. */
function foreignRound(swarm: Swarm, life: LifeStory, { forMs }: Fault): void {
  const numbers = [...swarm.eventText.matchAll(/"event": "round_(start|end)", "round_num": (\d+)/g)];
  const isClear = swarm.eventText.endsWith("\n") && numbers.at(-1)?.[1] !== "start";
  if (!isClear) return;
  const round = Math.max(0, ...numbers.map((match) => Number(match[2]))) + 1;
  const line = (event: string, more = "") =>
    `{"ts": "${isoOf(swarm.wall)}", "event": "${event}", "round_num": ${round}${more}}\n`;
  withLock(swarm, life, forMs, () => {
    append(
      swarm,
      line("agent_exit", `, "exit_code": 0, "duration_s": 9.5, "timed_out": false, "exit_cause": "clean"`) +
        line("round_end"),
    );
  }, () => append(swarm, line("round_start", `, "phase": null`)) && synced(swarm));
}

/** A start that a power cut takes away while its end in next month's file stays would be nobody's fault. */
function synced({ eventFiles, sim }: Swarm): boolean {
  const file = sim.disk.find(eventFiles.at(-1) ?? "");
  if (file?.kind === "file") file.synced();
  return true;
}

/** Holds the round lock for a time, if it is free and `begin` goes well. */
function withLock(swarm: Swarm, life: LifeStory, forMs: number, end: () => void, begin = () => true): void {
  const { cuts, sim } = swarm;
  const file = sim.disk.find(ROUND_LOCK);
  if (file?.kind !== "file" || file.lockedBy !== null || !begin()) return;
  file.lockedBy = "another program";
  life.lockTakenUntilT = Math.max(life.lockTakenUntilT, sim.t + forMs);
  sim.at(sim.t + forMs, () => {
    if (swarm.cuts !== cuts) return;
    end();
    file.lockedBy = null;
  });
}

function secondServe(swarm: Swarm, life: LifeStory): void {
  const first = life.heard.some(({ event }) => event.event === "serve_started");
  if (first && life.heard.at(-1)?.event.event !== "serve_stopped") swarm.rival(life);
}

function nothing(): void {}
