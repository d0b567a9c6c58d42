import { bestEffort, type FileError } from "../core/file_error.ts";
import type { World } from "../core/rules.ts";
import { roundLockHolder } from "../store/holder.ts";
import { failedChecks, logDirRefusal } from "./startup_checks.ts";
import type { StopSwitch } from "./stop_switch.ts";
import type { Supervision } from "./supervision.ts";

/** Characters of a sentinel or stop file that are of interest: more than the events keep. */
const TEXT_MAX = 4000;

/** Looks at everything that the rules judge by, except for what only matters when a round is about to start. */
export function look(supervision: Supervision, stop: StopSwitch): World {
  const { config, layout, log } = supervision;
  log.poll();
  const { stop_file } = config.runtime;
  return {
    stopAsked: stop.asked.aborted,
    sentinel: textOf(supervision, layout.sentinel),
    stopFile: stop_file === null ? null : textOf(supervision, stop_file),
    brokenConfig: [],
    lockHolder: null,
    freeMb: null,
    logFault: log.fault?.message ?? null,
  };
}

/** The same world with the start-up checks made. */
export async function lookAtSetUp(supervision: Supervision, world: World): Promise<World> {
  const { host, layout, log } = supervision;
  const refusal = logDirRefusal(host, layout);
  const passing = refusal !== null && mayPass(supervision, refusal) ? refusal : null;
  const failed = await failedChecks(supervision, passing === null ? refusal : null);
  for (const { name, reason, hint } of failed) {
    log.append({ event: "smoke_check_failed", reason: `${name}: ${reason}` });
    supervision.voice.note(`STARTUP FAIL: ${name}: ${reason} | how-to-fix: ${hint}`);
  }
  return {
    ...world,
    brokenConfig: failed.map(({ name, reason }) => `${name}: ${reason}`),
    logFault: world.logFault ?? passing?.message ?? null,
  };
}

/** The same world with the start-up checks made, the free space measured and the round lock tried. */
export async function lookBeforeRound(supervision: Supervision, world: World): Promise<World> {
  const { host, config, layout, metrics } = supervision;
  const checked = await lookAtSetUp(supervision, world);
  const freeMb = config.runtime.disk_min_free_mb > 0 ? await metrics.disk.freeMb() : null;
  const mayStart = checked.brokenConfig.length === 0 && checked.logFault === null;
  if (!mayStart) return { ...checked, freeMb };
  let lockHolder: string | null = null;
  const refusal = bestEffort(() => {
    lockHolder = roundLockHolder(host, layout);
  });
  // The set-up took the lock just now: whether this is more than a trouble that passes, the next look at it tells.
  return { ...checked, freeMb, lockHolder, logFault: refusal?.message ?? null };
}

/** A full disk is freed again; other refusals are a wrong configuration only where this serve has run no round yet. */
function mayPass({ log }: Supervision, { fault }: FileError): boolean {
  const { serve } = log.state;
  return fault === "full" || (serve.kind === "started" && serve.completed > 0);
}

/** The file's text, "" where it cannot be read, null where it is not there. */
function textOf({ host }: Supervision, path: string): string | null {
  let text: string | null = "";
  const refusal = bestEffort(() => {
    text = host.files.readText(path);
  });
  return refusal !== null ? "" : (text as string | null)?.slice(0, TEXT_MAX) ?? null;
}
