import type { Launch, LaunchSpec } from "../host.ts";
import { refusalOf } from "./refusal.ts";

/** The programs that the launcher calls, by absolute path: the agent's `PATH` is none of its business. */
export interface LauncherTools {
  /** flock(1), null where there is none. */
  readonly flock: string | null;
  readonly mv: string;
}

/**
 * Starts the launcher, which waits at its gate.
 *
 * The paths in `spec` have to be absolute. `ended` resolves with the launcher's own exit code: 0 when it wrote the
 * status, 75 when the lock is held by somebody else, 125 or the shell's own code when it could not get so far,
 * 128 + n when signal n ended it, -1 where the kernel no longer says.
 *
 * @param startTimeOf start time of a running process, as in `ProcessInfo`
 * @throws FileError when it cannot be started
 */
export function launch(spec: LaunchSpec, tools: LauncherTools, startTimeOf: (pid: number) => string): Launch {
  const child = spawn(spec, tools);
  const gate = child.stdin.getWriter();
  let open = true;
  function leaveGate(word: string): void {
    if (!open) return;
    open = false;
    // A launcher that has ended closed its end of the pipe: EPIPE here is no news, `ended` says it.
    if (word !== "") gate.write(new TextEncoder().encode(word)).catch(ignore);
    gate.close().catch(ignore);
  }
  gate.closed.catch(ignore);
  const ended = child.status.then((status) => status.code, () => -1);
  ended.then(() => leaveGate(""));
  return {
    pid: child.pid,
    startTime: startTimeOf(child.pid),
    openGate: () => leaveGate("go\n"),
    shutGate: () => leaveGate(""),
    ended,
  };
}

/**
 * POSIX shell. Arguments: 1 lock file or "", 2 flock, 3 mv, 4 marker, 5 status file, 6 standard input,
 * 7 folder of the round's cgroup or "", 8 log; then the agent's words.
 *
 * It keeps to positional parameters: a variable of the shell that happens to be in the environment would reach the
 * agent changed. Only the marker's is assigned, which the agent gets anyway.
 */
const LAUNCHER = `
# Called as sh, bash would keep silent about signals. Other shells have no such option and go on.
command set +o posix 2>/dev/null
if [ -n "$1" ]; then
  exec 9>>"$1" || exit 125
  LC_ALL=C "$2" -n 9 || { [ "$?" -eq 1 ] && exit 75; exit 125; }
fi
# The gate. End of file: the supervisor died before it had written the round down.
read -r AGENT_RUNNER_ROUND_ID || exit 125
# Blanks first, which the status is written over: a disk that is full by then has the room for it.
printf '%256s' '' >"$5.tmp"
# From here on the shell's own remarks are the status in the making.
exec 2<>"$5.tmp" <"$6" || exit 125
# Caught, not ignored, so that the agent gets the defaults and the launcher outlives a signal to the group.
trap : TERM INT HUP
(
  # 0 is the process that writes; $$ would be the launcher, which has to stay outside.
  [ -z "$7" ] || echo 0 >"$7/cgroup.procs" || exit 125
  AGENT_RUNNER_ROUND_ID=$4
  export AGENT_RUNNER_ROUND_ID
  exec >>"$8" 2>&1 9>&- || exit 125
  shift 8
  exec "$@"
)
printf '%d\\n' "$?" >&2 && LC_ALL=C "$3" -f "$5.tmp" "$5" 2>/dev/null
`;

function spawn(spec: LaunchSpec, tools: LauncherTools): Deno.ChildProcess {
  const positional = [
    spec.lockPath ?? "",
    tools.flock ?? "flock",
    tools.mv,
    spec.id,
    spec.statusPath,
    spec.stdinPath,
    spec.cgroup ?? "",
    spec.logPath,
  ];
  try {
    return new Deno.Command("/bin/sh", {
      args: ["-c", LAUNCHER, "agent-runner-launcher", ...positional, ...spec.argv],
      cwd: spec.cwd,
      clearEnv: true,
      env: { ...spec.env },
      detached: true,
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
  } catch (error) {
    throw refusalOf(error, spec.cwd);
  }
}

function ignore(): void {}
