import type { Kind } from "../../lib/core/events.ts";
import type { Heard, Texts } from "./swarm_story.ts";

/** The event for a complaint. */
export function nameOf({ event, t }: Heard): string {
  const round = "round_num" in event ? ` ${event.round_num}` : "";
  return `${event.event}${round} of t=${t}`;
}

export function linesOf(texts: Texts): readonly string[] {
  return Object.values(texts).flatMap((text) => text.split("\n"));
}

export interface Line {
  readonly event: Kind | null;
  readonly ts?: string;
  readonly round_num?: number;
  readonly duration_s?: number;
  readonly verdict?: string;
  readonly refusal?: string | null;
  readonly limit?: { readonly classification: string; readonly reset_source: string } | null;
}

/** The lines that are events; a round's must have a number. */
export function eventsOf(texts: Texts): readonly Line[] {
  return linesOf(texts).flatMap((line) => {
    if (!line.startsWith('{"ts": "') || !line.endsWith("}")) return [];
    const event = parsed(line) as Line | null;
    const isNumbered = event?.round_num !== undefined || event?.event?.startsWith("round_") !== true;
    return event !== null && isNumbered ? [event] : [];
  });
}

/** The first complaint about one of the items. */
export function firstOf<T>(list: readonly T[], judge: (item: T) => string | null): string | null {
  for (const item of list) {
    const text = judge(item);
    if (text !== null) return text;
  }
  return null;
}

/** The text as JSON, null where it is none. */
export function parsed(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
