import assert from "node:assert/strict";
import { type Sample, stillAfter, type Stillness } from "../../lib/core/stall.ts";

/** A look at a second, at which nothing has moved unless told. */
function at(atS: number, seen: Partial<Sample> = {}): Sample {
  return { atMs: atS * 1000, grew: false, openTools: 0, cpuMs: 0, ...seen };
}

Deno.test("stillAfter() counts from the first look, when nothing has moved since", () => {
  assert.equal(stalledFor([]), 0);
  assert.equal(stalledFor([at(5, { grew: true })]), 0);
  assert.equal(stalledFor([at(5), at(10), at(65)]), 60_000);
});

Deno.test("stillAfter() begins anew with output, an open tool call and CPU time", () => {
  assert.equal(stalledFor([at(0), at(50, { grew: true }), at(60)]), 10_000);
  assert.equal(stalledFor([at(0), at(50, { openTools: 1 }), at(60)]), 10_000);
  assert.equal(stalledFor([at(0), at(50, { cpuMs: 500 }), at(60, { cpuMs: 500 })]), 10_000);
});

Deno.test("stillAfter() begins anew when a process has ended, or the CPU time cannot be seen", () => {
  const used = at(0, { cpuMs: 9000 });
  assert.equal(stalledFor([used, at(50, { cpuMs: 400 }), at(60, { cpuMs: 400 })]), 10_000);
  assert.equal(stalledFor([at(0), at(50, { cpuMs: null }), at(60)]), 0);
  assert.equal(stalledFor([at(0, { cpuMs: null }), at(60, { cpuMs: null })]), 0);
});

Deno.test("stillAfter() does not take the timers of a process that waits for work", () => {
  const idle = Array.from({ length: 121 }, (_, i) => at(i * 5, { cpuMs: i * 4 }));
  assert.equal(stalledFor(idle), 600_000);
  const busy = Array.from({ length: 121 }, (_, i) => at(i * 5, { cpuMs: i * 50 }));
  assert.equal(stalledFor(busy), 0);
});

/** How long nothing has moved when the last of the samples was taken (ms). */
function stalledFor(samples: readonly Sample[]): number {
  const last = samples.at(-1);
  const still = samples.reduce<Stillness | null>(stillAfter, null);
  return last === undefined || still === null ? 0 : last.atMs - still.sinceMs;
}
