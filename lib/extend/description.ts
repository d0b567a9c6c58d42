/**
 * What a plugin says of itself, checked: it is a stranger's word.
 *
 * @module
 */
import {
  array,
  boolean,
  check,
  everyItem,
  type GenericSchema,
  type InferOutput,
  integer,
  maxLength,
  minLength,
  number,
  object,
  optional,
  picklist,
  pipe,
  regex,
  safeParse,
  strictObject,
  string,
} from "valibot";
import { isKind } from "../core/events.ts";
import { API_VERSION } from "../core/plugin.ts";

/** Names that the program itself puts into a round's context. */
const CONTEXT_NAMES = ["round_num", "started_at", "phase", "orphan_stash", "previous"];

const NAME = pipe(
  string(),
  regex(/^[a-z][a-z0-9_-]{0,63}$/, "must be 1 to 64 lower-case letters, digits, _ and -, a letter first"),
);

/** Names of parts may be those of a Python version's plugin. */
const PART_NAME = pipe(
  string(),
  regex(/^[A-Za-z_][\w-]{0,63}$/, "must be 1 to 64 letters, digits, _ and -"),
  check((name) => name !== "__proto__", "is no name"),
);

function words(most: number) {
  return pipe(
    array(
      pipe(
        string(),
        minLength(1, "must not be empty"),
        maxLength(200, "is longer than 200 characters"),
      ),
    ),
    maxLength(most, `has more than ${most} items`),
  );
}

function parts<Part extends GenericSchema>(part: Part) {
  return pipe(array(part), maxLength(50, "has more than 50 items"));
}

/** Words that people get to see. */
function printable(most: number) {
  return pipe(words(most), everyItem((word) => !/\p{Cc}/u.test(word), "holds control characters"));
}

/** Words that can stand in a permission: the runtime takes a comma for a separator. */
const WANTED = optional(
  pipe(
    array(
      pipe(
        string(),
        regex(/^[^,\p{Cc}]{1,200}$/u, "must be 1 to 200 characters on one line, no comma"),
        check((word) => word.trim() !== "", "must not be empty"),
      ),
    ),
    maxLength(50, "has more than 50 items"),
  ),
  [],
);

const DESCRIPTION = object({
  name: NAME,
  agents: printable(50),
  interest: words(50),
  eventKinds: pipe(
    array(
      pipe(
        string(),
        regex(/^[a-z][a-z0-9_]{0,63}$/, "must be lower-case snake case"),
        check((kind) => !isKind(kind), "is a kind of this program's own"),
      ),
    ),
    maxLength(50, "has more than 50 items"),
  ),
  ownedPaths: printable(100),
  wants: optional(
    strictObject({
      read: WANTED,
      write: WANTED,
      net: WANTED,
      env: WANTED,
      run: WANTED,
      emit: optional(boolean(), false),
    }),
    {},
  ),
  functions: array(picklist(["reader", "ownWords", "serveStartup", "preRound", "postRound"])),
  contextEnrichers: parts(
    pipe(
      PART_NAME,
      check((name) => !CONTEXT_NAMES.includes(name), "is a name of the round's own context"),
    ),
  ),
  dirtyHandlers: parts(object({ name: PART_NAME, priority: pipe(number(), integer()) })),
  detectors: parts(object({
    name: PART_NAME,
    severity: picklist(["info", "warning", "critical"]),
    auto_action: picklist(["none", "stop_service"]),
  })),
});

export type Description = Readonly<InferOutput<typeof DESCRIPTION>>;

/** The description, or in a sentence what is wrong with it. */
export function readDescription(raw: unknown): Description | string {
  const version = (raw as { readonly apiVersion?: unknown } | null)?.apiVersion;
  if (version !== API_VERSION) {
    return version === undefined
      ? `it names no apiVersion; write: apiVersion: ${API_VERSION}`
      : `it is written for version ${
        show(version)
      } of the plugin contract, this program speaks version ${API_VERSION}`;
  }
  const result = safeParse(DESCRIPTION, raw);
  if (result.success) return result.output;
  return result.issues.map((issue) => {
    const path = (issue.path ?? []).map(({ key }) => key).join(".");
    return `${path} ${show(issue.input)}: ${issue.message}`;
  }).join("; ");
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
