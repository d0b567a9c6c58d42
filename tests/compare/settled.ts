/** What stands for itself in each run of its own. */
export interface Names {
  /** The folder that everything is in. */
  readonly dir: string;
}

/** Fields that no two runs share; only their type is compared. */
const VOLATILE: ReadonlySet<string> = new Set([
  "ts",
  "duration_s",
  "last_duration_s",
  "round_duration_s",
  "reset_at_epoch",
  "original_reset_at_epoch",
  "applied_reset_at_epoch",
  "requested_sleep_s",
  "applied_sleep_s",
  "throttled_for_s",
  "pid",
  "agent_pid",
  "log_size_kb",
  "last_write_age_s",
  "wall_age_s",
  "until_epoch",
]);

/** A JSON value in which volatile numbers are `<number>`, and texts are as `settledText` makes them. */
export function settled(value: unknown, names: Names, key = ""): unknown {
  if (key === "config_hash") return "<hash>";
  if (typeof value === "string") return settledText(value, names);
  if (typeof value === "number") return VOLATILE.has(key) ? "<number>" : value;
  if (Array.isArray(value)) return value.map((item) => settled(item, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, settled(item, names, name)]));
}

/** A text without the folder, times, commit ids and seconds that are new each time. */
export function settledText(text: string, { dir }: Names): string {
  return text.replaceAll(dir, "<dir>")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?/g, "<time>")
    .replaceAll(/\b\d{8}T\d{6}\b/g, "<stamp>")
    .replaceAll(/\b(events|metrics)-\d{4}-\d\d\b/g, "$1-<month>")
    .replaceAll(/\b[0-9a-f]{40}\b/g, "<commit>")
    .replaceAll(/\b[0-9a-f]{8}\.\d+-\d+-(\d+)\b/g, "<start>-$1")
    .replaceAll(/("duration_s": )[\d.]+/g, "$1<number>");
}
