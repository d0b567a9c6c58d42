import { bestEffort } from "../core/file_error.ts";
import { removeRunningRound } from "../store/running_round.ts";
import type { Supervision } from "./supervision.ts";

/**
 * Removes the record of a round that is closed, and the name of its lock's holder. The record stays for as long as the
 * disk has not taken the round's end: should this supervisor die before, the next one closes the round from it.
 */
export function forgetRound({ host, layout, log }: Supervision): void {
  if (!log.isBehind) bestEffort(() => removeRunningRound(host, layout));
  bestEffort(() => host.files.remove(layout.roundLockHolder));
}
