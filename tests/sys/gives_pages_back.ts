/** A process that lets go of the runtime's pages twice, and fails unless most of them are gone each time. */
import assert from "node:assert/strict";
import { releasePages } from "../../lib/sys/libc.ts";

const whole = residentFileKib();
for (let times = 0; times < 2; times++) {
  releasePages();
  const rest = residentFileKib();
  assert.ok(rest < whole / 2, `${rest} of ${whole} KiB are still here`);
}

function residentFileKib(): number {
  return Number(/^RssFile:\s+(\d+) kB$/m.exec(Deno.readTextFileSync("/proc/self/status"))![1]);
}
