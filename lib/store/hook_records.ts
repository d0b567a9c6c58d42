/**
 * `hooks/<id>.json`: what runs around a round at this moment, so that another supervisor can end it. Written before it may
 * start, removed when it has ended; a program's own files lie beside it.
 *
 * @module
 */
import { fields, intFrom, nullable, num, optional, type ValuesOf, word } from "../core/field.ts";
import type { Host } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";
import type { Layout } from "./layout.ts";
import { parseObject } from "./status.ts";

function recordFields() {
  return {
    /** Leader of its group. */
    pid: intFrom(2),
    start_time: word(),
    boot_id: word(),
    /** Its marker. */
    id: word(),
    cgroup: nullable(word()),
    /** What a plugin may write without leave; absent or null for a program. */
    folder: optional(nullable(word())),
    /** The supervisor that runs it. */
    owner: fields({ pid: num(), start_time: word() }),
  };
}

export type HookRecord = ValuesOf<ReturnType<typeof recordFields>>;

/** @throws FileError: then it must not start */
export function writeHookRecord(
  host: Host,
  { hooks }: Layout,
  { pid, startTime, id, cgroup, folder = null }: {
    readonly pid: number;
    readonly startTime: string;
    readonly id: string;
    readonly cgroup: string | null;
    readonly folder?: string | null;
  },
): void {
  const { self } = host.processes;
  const record: HookRecord = {
    pid,
    start_time: startTime,
    boot_id: host.clock.boot().id,
    id,
    cgroup,
    folder,
    owner: { pid: self.pid, start_time: self.startTime },
  };
  host.files.makeDir(hooks);
  host.files.replace(pathOf(hooks, id), JSON.stringify(record), "whole");
}

/** Where a program gets its input from, and leaves its output and its status. */
export function hookFiles({ hooks }: Layout, id: string) {
  const [input, log, status] = [`${hooks}/${id}.input`, `${hooks}/${id}.log`, `${hooks}/${id}.status`];
  return { input, log, status, unfinished: `${status}.tmp` };
}

/** With the files beside it. */
export function removeHookRecord(host: Host, layout: Layout, id: string): void {
  for (const path of [...Object.values(hookFiles(layout, id)), pathOf(layout.hooks, id)]) {
    bestEffort(() => host.files.remove(path));
  }
}

/** Those whose supervisor is gone; a file that is no record is removed. */
export function leftHookRecords(host: Host, layout: Layout): readonly HookRecord[] {
  const left: HookRecord[] = [];
  for (const { name } of host.files.list(layout.hooks) ?? []) {
    if (!name.endsWith(".json")) continue;
    const path = `${layout.hooks}/${name}`;
    const record = parseObject(host.files.readText(path) ?? "");
    if (!fields(recordFields()).is(record)) bestEffort(() => host.files.remove(path));
    else if (!isOwned(host, record)) left.push(record);
  }
  return left;
}

function isOwned(host: Host, { owner, boot_id }: HookRecord): boolean {
  const found = host.processes.inspect(owner.pid);
  return boot_id === host.clock.boot().id && found !== null && !found.zombie &&
    found.startTime === owner.start_time;
}

function pathOf(folder: string, id: string): string {
  return `${folder}/${id}.json`;
}
