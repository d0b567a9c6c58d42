/**
 * `Terminal.outReaderGone`. A pipe tells its writer that nobody reads any more when something is written, or to poll(2),
 * which this runtime does not have. GNU tail(1) asks it once a second, and ends by SIGPIPE.
 */
export async function readerGone(over: AbortSignal): Promise<boolean> {
  const child = isPipe() ? start() : null;
  if (child === null) return false;
  const end = () => child.kill("SIGKILL");
  over.addEventListener("abort", end);
  const { signal } = await child.status;
  over.removeEventListener("abort", end);
  return signal === "SIGPIPE";
}

function isPipe(): boolean {
  try {
    return Deno.statSync("/dev/stdout").isFifo === true;
  } catch {
    // Nothing is lost but the watching.
    return false;
  }
}

/** It follows a file that never grows, and ends with this process. Another kind of tail(1) ends at once. */
function start(): Deno.ChildProcess | null {
  try {
    return new Deno.Command("tail", {
      args: ["-f", `--pid=${Deno.pid}`, "/dev/null"],
      stdin: "null",
      stdout: "inherit",
      stderr: "null",
    }).spawn();
  } catch {
    return null;
  }
}
