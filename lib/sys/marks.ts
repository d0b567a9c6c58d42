/** Variable that marks every process of a round; the launcher sets it in the agent only. */
const MARKER = "AGENT_RUNNER_ROUND_ID=";

/** Pids before and behind the newest one that the quick look covers: what forks for ever is always among them. */
const BEHIND = 64;
const AHEAD = 8;

/** Linux: reads the environments below /proc; those of other users cannot be seen. */
export function marked(id: string, which: "all" | "newest"): readonly number[] {
  const wanted = new TextEncoder().encode(`${MARKER}${id}`);
  const pids = which === "all" ? allPids() : newestPids();
  return pids.filter((pid) => pid !== Deno.pid && carries(pid, wanted));
}

function allPids(): readonly number[] {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).map(({ name }) =>
    Number(name)
  );
}

/** The last pid given out is the fifth field of /proc/loadavg. */
function newestPids(): readonly number[] {
  const last = Number(readBytes("/proc/loadavg", (bytes) => new TextDecoder().decode(bytes))?.split(" ")[4]);
  if (!Number.isSafeInteger(last)) return [];
  const pids: number[] = [];
  for (let pid = last + AHEAD; pid > Math.max(1, last - BEHIND); pid--) pids.push(pid);
  return pids;
}

/** Whether one of the environment's entries is exactly this one. */
function carries(pid: number, wanted: Uint8Array): boolean {
  return readBytes(`/proc/${pid}/environ`, (bytes) => indexOf(bytes, wanted) >= 0) ?? false;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = bytes.indexOf(wanted[0]!); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) {
    const end = at + wanted.length;
    const isEntry = (at === 0 || bytes[at - 1] === 0) && (end === bytes.length || bytes[end] === 0);
    if (isEntry && wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

/** Null when the process has gone or belongs to somebody else. */
function readBytes<T>(path: string, use: (bytes: Uint8Array) => T): T | null {
  try {
    return use(Deno.readFileSync(path));
  } catch {
    return null;
  }
}
