import { EVENTS, type Kind, KINDS, type Writer } from "../../lib/core/events.ts";
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
  const { when, synced, schema } = EVENTS[kind];
  const marks = [...(synced ? ["synced"] : []), ...(isWritten ? [] : ["not written yet"])];
  const fields = Object.entries<Schema>(schema.entries);
  return [
    `### ${kind}`,
    `${sentence(when)}${marks.map((mark) => ` *${mark[0]?.toUpperCase()}${mark.slice(1)}.*`).join("")}`,
    table(
      ["field", "type", "meaning"],
      fields.map(([name, field]) => [code(name), typeOf(field), textOf(field)]),
    ),
  ];
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

/** As much of a schema as the page needs. */
interface Schema {
  readonly type: string;
  readonly pipe?: readonly Schema[];
  readonly wrapped?: Schema;
  readonly item?: Schema;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly options?: readonly string[];
  readonly description?: string;
  readonly metadata?: { readonly free?: number };
}

function typeOf(schema: Schema): string {
  switch (schema.type) {
    case "optional":
      return `${typeOf(wrapped(schema))}, optional`;
    case "nullable":
      return `${typeOf(wrapped(schema))} or null`;
    case "array":
      return `list of ${schema.item === undefined ? "anything" : typeOf(schema.item)}`;
    case "object":
      return code(`{${Object.keys(schema.entries ?? {}).join(", ")}}`);
    case "picklist":
      return (schema.options ?? []).map((option) => code(option)).join(", ");
    case "number":
      return stepsOf(schema).some(({ type }) => type === "integer") ? "int" : "number";
    default:
      return schema.type;
  }
}

function textOf(schema: Schema): string {
  const steps = stepsOf(schema);
  const text = steps.map(({ description }) => description).find((found) => found !== undefined) ?? "";
  const cut = steps.map(({ metadata }) => metadata?.free).find((found) => found !== undefined);
  return cut === undefined ? text : `${text} (redacted, ${cut})`;
}

/** The schema, the steps of its pipe and what it wraps. */
function stepsOf(schema: Schema): readonly Schema[] {
  const steps = (schema.pipe ?? []).filter(({ type }) => type !== schema.type);
  return [schema, ...steps, ...(schema.wrapped === undefined ? [] : stepsOf(schema.wrapped))];
}

function wrapped(schema: Schema): Schema {
  return schema.wrapped ?? { type: "anything" };
}
