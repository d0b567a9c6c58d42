import assert from "node:assert/strict";
import { EVENTS, type Kind, KINDS, type LoggedEvent } from "../../lib/core/events.ts";
import type { Field, Fields } from "../../lib/core/field.ts";
import { isoOf } from "../../lib/core/instant.ts";
import { RULES } from "../../lib/core/rules.ts";
import { eventText, ruleText } from "../../lib/observe/event_text.ts";
import { T0 } from "../core/given.ts";

const READING = { now: T0, zoneOffsetMin: () => 0 };

/** A value that the field takes; with `bare` as little as it may be: nothing, an empty list. */
function valueOf({ shape }: Field<unknown>, bare: boolean): unknown {
  if (typeof shape === "string") return PLAIN[shape];
  if ("optional" in shape) return bare ? undefined : valueOf(shape.optional, bare);
  if ("nullable" in shape) return bare ? null : valueOf(shape.nullable, bare);
  if ("list" in shape) return bare ? [] : [valueOf(shape.list, bare)];
  if ("oneOf" in shape) return shape.oneOf[0];
  return valuesOf(shape.fields, bare);
}

const PLAIN = { boolean: true, int: 7, number: 7.5, string: "word", table: {} };

function valuesOf(fields: Fields, bare: boolean): object {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valueOf(field, bare)]));
}

function exampleOf(kind: Kind, bare: boolean): LoggedEvent {
  return { ts: isoOf(T0), event: kind, ...valuesOf(EVENTS[kind].fields, bare) } as LoggedEvent;
}

for (const kind of KINDS) {
  Deno.test(`eventText() has words of its own for ${kind}`, () => {
    for (const bare of [false, true]) {
      const text = eventText(exampleOf(kind, bare), READING);
      assert.doesNotMatch(text, /\w=|undefined|null|NaN|\[object/, text);
      assert.ok(!text.includes(kind) && text.includes(" "), text);
    }
  });
}

Deno.test("eventText() shows a plugin's kind by its fields", () => {
  const event = { ts: isoOf(T0), event: "review_done", score: 3, by: "me" } as unknown as LoggedEvent;
  assert.equal(eventText(event, READING), "review_done score=3 by=me");
});

Deno.test("eventText() does not put a stop by a limit down to the agent", () => {
  const ends = (reason: string) =>
    eventText({ ts: isoOf(T0), event: "agent_self_terminated", reason }, READING);
  assert.equal(ends("rate_limit"), 'the loop ends with it, by transient_error_action = "stop"');
  assert.equal(ends("all done"), "the agent says that it is done: all done");
});

Deno.test("eventText() names no end of a wait that has no known one", () => {
  const waits = (rule: string) =>
    eventText({ ts: isoOf(T0), event: "wait_started", rule, until_epoch: T0 / 1000 + 2 }, READING);
  assert.equal(waits("lock_held"), "waiting, with a look every few seconds: another round holds the lock");
  assert.equal(waits("restart_delay"), "waiting until 22:13:22 (in 2 s): pause between rounds");
});

Deno.test("ruleText() has words for every rule", () => {
  for (const rule of Object.keys(RULES)) assert.notEqual(ruleText(rule), rule);
});
