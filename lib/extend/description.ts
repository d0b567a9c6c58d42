/**
 * What a plugin says of itself, checked: it is a stranger's word.
 *
 * @module
 */
import * as v from "valibot";
import { isKind } from "../core/events.ts";
import { API_VERSION } from "../core/plugin.ts";

/** Names that the program itself puts into a round's context. */
const CONTEXT_NAMES = ["round_num", "started_at", "phase", "orphan_stash", "previous"];

const NAME = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9_-]{0,63}$/, "must be 1 to 64 lower-case letters, digits, _ and -, a letter first"),
);

/** Names of parts may be those of a Python version's plugin. */
const PART_NAME = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z_][\w-]{0,63}$/, "must be 1 to 64 letters, digits, _ and -"),
  v.check((name) => name !== "__proto__", "is no name"),
);

function words(most: number) {
  return v.pipe(
    v.array(
      v.pipe(
        v.string(),
        v.minLength(1, "must not be empty"),
        v.maxLength(200, "is longer than 200 characters"),
      ),
    ),
    v.maxLength(most, `has more than ${most} items`),
  );
}

function parts<Part extends v.GenericSchema>(part: Part) {
  return v.pipe(v.array(part), v.maxLength(50, "has more than 50 items"));
}

/** Words that people get to see. */
function printable(most: number) {
  return v.pipe(words(most), v.everyItem((word) => !/\p{Cc}/u.test(word), "holds control characters"));
}

/** Words that can stand in a permission: the runtime takes a comma for a separator. */
const WANTED = v.optional(
  v.pipe(
    v.array(
      v.pipe(
        v.string(),
        v.regex(/^[^,\p{Cc}]{1,200}$/u, "must be 1 to 200 characters on one line, no comma"),
        v.check((word) => word.trim() !== "", "must not be empty"),
      ),
    ),
    v.maxLength(50, "has more than 50 items"),
  ),
  [],
);

const DESCRIPTION = v.object({
  name: NAME,
  agents: printable(50),
  interest: words(50),
  eventKinds: v.pipe(
    v.array(
      v.pipe(
        v.string(),
        v.regex(/^[a-z][a-z0-9_]{0,63}$/, "must be lower-case snake case"),
        v.check((kind) => !isKind(kind), "is a kind of this program's own"),
      ),
    ),
    v.maxLength(50, "has more than 50 items"),
  ),
  ownedPaths: printable(100),
  wants: v.optional(
    v.strictObject({
      read: WANTED,
      write: WANTED,
      net: WANTED,
      env: WANTED,
      run: WANTED,
      emit: v.optional(v.boolean(), false),
    }),
    {},
  ),
  functions: v.array(v.picklist(["reader", "ownWords", "serveStartup", "preRound", "postRound"])),
  contextEnrichers: parts(
    v.pipe(
      PART_NAME,
      v.check((name) => !CONTEXT_NAMES.includes(name), "is a name of the round's own context"),
    ),
  ),
  dirtyHandlers: parts(v.object({ name: PART_NAME, priority: v.pipe(v.number(), v.integer()) })),
  detectors: parts(v.object({
    name: PART_NAME,
    severity: v.picklist(["info", "warning", "critical"]),
    auto_action: v.picklist(["none", "stop_service"]),
  })),
});

export type Description = Readonly<v.InferOutput<typeof DESCRIPTION>>;

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
  const result = v.safeParse(DESCRIPTION, raw);
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
