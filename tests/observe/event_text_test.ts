import assert from "node:assert/strict";
import { EVENTS, type Kind, KINDS, type LoggedEvent } from "../../lib/core/events.ts";
import { isoOf } from "../../lib/core/instant.ts";
import { RULES } from "../../lib/core/rules.ts";
import { eventText, ruleText } from "../../lib/observe/event_text.ts";
import { T0 } from "../core/given.ts";

const READING = { now: T0, zoneOffsetMin: () => 0 };

/** What of a schema says which values it takes. */
interface Schema {
  readonly type: string;
  readonly wrapped?: Schema;
  readonly item?: Schema;
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, Schema>>;
}

/** A value that the schema takes; with `bare` as little as it may be: nothing, an empty list. */
function valueOf(schema: Schema, bare: boolean): unknown {
  switch (schema.type) {
    case "optional":
      return bare ? undefined : valueOf(schema.wrapped!, bare);
    case "nullable":
      return bare ? null : valueOf(schema.wrapped!, bare);
    case "string":
      return "word";
    case "number":
      return 7;
    case "boolean":
      return true;
    case "picklist":
      return schema.options![0];
    case "array":
      return bare ? [] : [valueOf(schema.item!, bare)];
    case "record":
      return {};
    default:
      return Object.fromEntries(
        Object.entries(schema.entries!).map(([name, entry]) => [name, valueOf(entry, bare)]),
      );
  }
}

function exampleOf(kind: Kind, bare: boolean): LoggedEvent {
  const fields = valueOf(EVENTS[kind].schema as unknown as Schema, bare);
  return { ts: isoOf(T0), event: kind, ...fields as object } as LoggedEvent;
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

Deno.test("eventText() names no end of a wait that has no known one", () => {
  const waits = (rule: string) =>
    eventText({ ts: isoOf(T0), event: "wait_started", rule, until_epoch: T0 / 1000 + 2 }, READING);
  assert.equal(waits("lock_held"), "waiting, with a look every few seconds: another round holds the lock");
  assert.equal(waits("restart_delay"), "waiting until 22:13:22 (in 2 s): pause between rounds");
});

Deno.test("ruleText() has words for every rule", () => {
  for (const rule of Object.keys(RULES)) assert.notEqual(ruleText(rule), rule);
});
