import { leftHookRecords, removeHookRecord } from "../../store/hook_records.ts";
import { type Containment, endRound, hasMembers, isLauncherAlive } from "../contain.ts";
import type { Bare } from "../bare.ts";

/** Ends what a supervisor that died had running around its round. */
export async function endLeftHooks({ host, layout, voice }: Bare): Promise<void> {
  for (const record of leftHookRecords(host, layout)) {
    const { pid, start_time: startTime, id, cgroup } = record;
    const left: Containment = { pid, startTime, id, cgroup };
    const isSameBoot = record.boot_id === host.clock.boot().id;
    if (isSameBoot && (isLauncherAlive(host, left) || hasMembers(host, left))) {
      // A plugin's process is what a round's launcher is; it has no last word to write.
      if (isLauncherAlive(host, left)) host.processes.signal(-pid, "SIGKILL");
      await endRound(host, left, 0);
      voice.note(`a hook of an earlier supervisor still ran and was ended (pid ${pid})`);
    } else if (cgroup !== null) host.cgroups.remove(cgroup);
    if (record.folder) await host.processes.removeSandboxFolder(record.folder);
    removeHookRecord(host, layout, id);
  }
}
