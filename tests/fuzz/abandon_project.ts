import { systemHost } from "../../lib/sys/mod.ts";
import { leftGroups } from "./left_groups.ts";
import { endBystander, livingOf, type Project } from "./project.ts";
import { pause } from "./supervisor.ts";

/** Keeps the files of a project with a broken promise, and ends what runs of it. */
export async function abandonProject(project: Project): Promise<void> {
  const host = systemHost();
  const { root } = host.cgroups;
  await endBystander(project);
  for (let left = livingOf(project); left.length > 0; left = livingOf(project)) {
    for (const pid of left) host.processes.signal(pid, "SIGKILL");
    await pause(20);
  }
  for (const name of leftGroups(host, project)) {
    // What was killed a moment ago may still be in it.
    while (!host.cgroups.remove(`${root}/${name}`)) await pause(20);
  }
}
