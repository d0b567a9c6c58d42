import { EVENTS, type Kind, KINDS, type Writer } from "../../lib/core/events.ts";
import type { Field } from "../../lib/core/field.ts";
import { blocks, code, table } from "./markdown.ts";

/** Headings in the order of the page. */
const WRITERS: Readonly<Record<Writer, string>> = {
  round: "About a round",
  serve: "About the loop",
  monitor: "By the monitor",
  upgrade: "By an upgrade",
};

/**
 * Every kind of event with its fields.
 * @param written the kinds that this version writes itself; the others come from other writers
 */
export function eventsPage(written: ReadonlySet<string>): string {
  return blocks(
    "# Events",
    "The log is `events-YYYY-MM.jsonl` in the log directory, one JSON object a line. Every object begins with `ts` " +
      "(UTC, milliseconds) and `event` (the kind). Fields are only ever added. Kinds of the Python version keep " +
      "their names, fields and meanings.",
    "- *synced*: written to the disk at once, so that a power cut does not undo it.\n" +
      "- *not written yet*: this version reads the kind but does not write it.\n" +
      "- *optional*: absent in lines of older writers.\n" +
      "- *redacted*: secrets are masked first, then the text is cut to so many characters.",
    ...Object.entries(WRITERS).flatMap(([writer, heading]) => [
      `## ${heading}`,
      ...KINDS.filter((kind) => EVENTS[kind].by === writer).flatMap((kind) =>
        section(kind, written.has(kind))
      ),
    ]),
  );
}

function section(kind: Kind, isWritten: boolean): readonly string[] {
  const { when, synced, fields } = EVENTS[kind];
  const marks = [...(synced ? ["synced"] : []), ...(isWritten ? [] : ["not written yet"])];
  return [
    `### ${kind}`,
    `${sentence(when)}${marks.map((mark) => ` *${mark[0]?.toUpperCase()}${mark.slice(1)}.*`).join("")}`,
    table(
      ["field", "type", "meaning"],
      Object.entries<Field<unknown>>(fields).map((
        [name, field],
      ) => [code(name), typeOf(field), textOf(field)]),
    ),
  ];
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

function typeOf({ shape }: Field<unknown>): string {
  if (typeof shape === "string") return shape === "table" ? "record" : shape;
  if ("optional" in shape) return `${typeOf(shape.optional)}, optional`;
  if ("nullable" in shape) return `${typeOf(shape.nullable)} or null`;
  if ("list" in shape) return `list of ${typeOf(shape.list)}`;
  if ("oneOf" in shape) return shape.oneOf.map(code).join(", ");
  return code(`{${Object.keys(shape.fields).join(", ")}}`);
}

function textOf({ text, free }: Field<unknown>): string {
  return free === null ? text : `${text} (redacted, ${free})`;
}
