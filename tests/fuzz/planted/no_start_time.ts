/**
 * Planted: a pid alone names a process. Whoever has the recorded launcher's pid is taken for it.
 *
 * @module
 */
import type { ProcessInfo } from "../../../lib/host.ts";
import { startWith } from "../start_with.ts";

await startWith((host) => {
  let recorded: { readonly pid: number; readonly start_time: string } | null = null;
  const aged = (info: ProcessInfo) =>
    info.pid === recorded?.pid ? { ...info, startTime: recorded.start_time } : info;
  return {
    ...host,
    files: {
      ...host.files,
      readText: (path) => {
        const text = host.files.readText(path);
        if (text !== null && path.endsWith("/running-round.json")) recorded = JSON.parse(text);
        return text;
      },
    },
    processes: {
      ...host.processes,
      inspect: (pid) => {
        const info = host.processes.inspect(pid);
        return info === null ? null : aged(info);
      },
      list: () => host.processes.list().map(aged),
    },
  };
});
