import { FileError } from "../core/file_error.ts";
import type { SurroundingUnit } from "../core/surrounding_unit.ts";
import type { Host } from "../host.ts";

/** A service manager that does not answer is not waited for any longer (ms). */
const TIMEOUT_MS = 3000;

/** The systemd unit around this process, null where there is none or it cannot be asked. */
export async function surroundingUnit(host: Host): Promise<SurroundingUnit | null> {
  if (host.env.get("INVOCATION_ID") === undefined) return null;
  const place = unitPlace(host.files.readText("/proc/self/cgroup") ?? "");
  if (place === null) return null;
  const mode = await killMode(host, place);
  return mode === null ? null : { name: place.name, killsAll: mode === "control-group" || mode === "mixed" };
}

/** A unit's name, and whether it belongs to a user's manager. */
export interface UnitPlace {
  readonly name: string;
  readonly isUser: boolean;
}

/**
 * The innermost `.service` in the text of `/proc/self/cgroup`, null without one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const text = "0::/user.slice/user-0.slice/user@0.service/app.slice/agent-runner@x.service\n";
 * assert.deepEqual(unitPlace(text), { name: "agent-runner@x.service", isUser: true });
 * ```
 */
export function unitPlace(cgroups: string): UnitPlace | null {
  for (const line of cgroups.split("\n")) {
    const parts = line.slice(line.lastIndexOf(":") + 1).split("/");
    const name = parts.findLast((part) => part.endsWith(".service"));
    if (name === undefined || name.startsWith("user@")) continue;
    return { name, isUser: parts.some((part) => part.startsWith("user@")) };
  }
  return null;
}

async function killMode(host: Host, { name, isUser }: UnitPlace): Promise<string | null> {
  const scope = isUser ? ["--user"] : [];
  const argv = ["systemctl", ...scope, "show", "--property=KillMode", "--value", "--", name];
  try {
    const { code, stdout } = await host.processes.run(argv, { cwd: "/", timeoutMs: TIMEOUT_MS });
    return code === 0 ? new TextDecoder().decode(stdout).trim() : null;
  } catch (error) {
    if (error instanceof FileError) return null;
    throw error;
  }
}
