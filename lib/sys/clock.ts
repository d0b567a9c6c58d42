import type { Instant } from "../core/instant.ts";
import type { Clock } from "../host.ts";
import { once } from "../core/once.ts";

/** The machine's clocks. */
export function systemClock(): Clock {
  const bootId = once(Deno.build.os === "linux" ? linuxBootId : darwinBootId);
  return {
    now: wallClock,
    monotonicMs,
    boot: () => ({ id: bootId(), ms: Deno.build.os === "linux" ? linuxUptimeMs() : Deno.osUptime() * 1000 }),
    sleep,
  };
}

function wallClock(): Instant {
  return Date.now();
}

function monotonicMs(): number {
  return performance.now();
}

function linuxBootId(): string {
  return Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim();
}

/** /proc/uptime counts suspended time (CLOCK_BOOTTIME) in steps of 10 ms; `Deno.osUptime()` in whole seconds. */
function linuxUptimeMs(): number {
  return Math.round(Number.parseFloat(Deno.readTextFileSync("/proc/uptime")) * 1000);
}

function darwinBootId(): string {
  const { stdout } = new Deno.Command("/usr/sbin/sysctl", { args: ["-n", "kern.bootsessionuuid"] })
    .outputSync();
  return new TextDecoder().decode(stdout).trim();
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) return Promise.resolve();
  const timer = setTimeout(wake, ms);
  signal?.addEventListener("abort", wake);
  function wake(): void {
    clearTimeout(timer);
    signal?.removeEventListener("abort", wake);
    resolve();
  }
  return promise;
}
