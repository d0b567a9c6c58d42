import type { LoggedFields, RunRecord, SeenByAgent } from "./record.ts";

/**
 * One way in which two records differ. `at` says where and how: `+` before what only ours has, `-` before what only the
 * Python version has, `=` before what both have with another value, such as `event +wait_started`,
 * `field =agent_exit.exit_code`, `file -rounds/R1-<stamp>.log`.
 */
export interface Difference {
  readonly at: string;
  readonly python: unknown;
  readonly ours: unknown;
}

/** Everything in which `ours` differs from what the Python version left. */
export function differences(python: RunRecord, ours: RunRecord): readonly Difference[] {
  return [
    ...valueDifference("exit =code", python.exitCode, ours.exitCode),
    ...lineDifferences("event", python.events, ours.events),
    ...lineDifferences("metrics", python.metrics, ours.metrics),
    ...listDifferences("file", python.files, ours.files),
    ...contentDifferences(python.contents, ours.contents),
    ...agentDifferences(python.agents, ours.agents),
    ...Object.keys({ ...python.git, ...ours.git }).flatMap((name) =>
      listDifferences(`git ${name}`, python.git[name] ?? [], ours.git[name] ?? [])
    ),
  ];
}

function lineDifferences(
  what: "event" | "metrics",
  python: readonly LoggedFields[],
  ours: readonly LoggedFields[],
): readonly Difference[] {
  return aligned(python, ours, kindOf).flatMap(([theirs, own]): readonly Difference[] => {
    if (theirs === null) return [{ at: `${what} +${kindOf(own)}`, python: null, ours: own }];
    if (own === null) return [{ at: `${what} -${kindOf(theirs)}`, python: theirs, ours: null }];
    return fieldDifferences(what === "event" ? "field" : what, kindOf(own), theirs, own);
  });
}

/** Where one side has no such file, the list of files says so. */
function contentDifferences(
  python: RunRecord["contents"],
  ours: RunRecord["contents"],
): readonly Difference[] {
  return Object.keys({ ...python, ...ours }).flatMap((name) => {
    const [theirs, own] = [python[name], ours[name]];
    if (theirs === undefined || own === undefined) return [];
    return fieldDifferences("content", name, theirs, own);
  });
}

function agentDifferences(
  python: readonly SeenByAgent[],
  ours: readonly SeenByAgent[],
): readonly Difference[] {
  const pairs = ours.slice(0, python.length).map((own, index) => [python[index]!, own] as const);
  return [
    ...valueDifference("agent =starts", python.length, ours.length),
    ...pairs.flatMap(([theirs, own]) => [
      ...valueDifference("agent =cwd", theirs.cwd, own.cwd),
      ...fieldDifferences("env", "", theirs.env, own.env, { ordered: false }),
      ...listDifferences("prompt", lines(theirs.prompt), lines(own.prompt)),
      ...listDifferences("argument", theirs.args.flatMap(lines), own.args.flatMap(lines)),
    ]),
  ];
}

/** Names, order and values of fields; what ours adds may stand anywhere. */
function fieldDifferences(
  what: string,
  name: string,
  python: LoggedFields,
  ours: LoggedFields,
  { ordered } = { ordered: true },
): readonly Difference[] {
  const keys = Object.keys({ ...python, ...ours });
  const common = (one: LoggedFields) =>
    Object.keys(one).filter((key) => key in python && key in ours).join(" ");
  const at = (sign: string, key: string) => `${what} ${sign}${name === "" ? key : `${name}.${key}`}`;
  return [
    ...keys.flatMap((key) => {
      if (!(key in python)) return [{ at: at("+", key), python: null, ours: ours[key] }];
      if (!(key in ours)) return [{ at: at("-", key), python: python[key], ours: null }];
      const [theirs, own] = [python[key], ours[key]];
      if (isObject(theirs) && isObject(own)) {
        return fieldDifferences(what, name === "" ? key : `${name}.${key}`, theirs, own, { ordered });
      }
      return valueDifference(at("=", key), theirs, own);
    }),
    ...(ordered ? valueDifference(at("=", "(order)"), common(python), common(ours)) : []),
  ];
}

function isObject(value: unknown): value is LoggedFields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function valueDifference(at: string, python: unknown, ours: unknown): readonly Difference[] {
  return JSON.stringify(python) === JSON.stringify(ours) ? [] : [{ at, python, ours }];
}

function listDifferences(
  what: string,
  python: readonly string[],
  ours: readonly string[],
): readonly Difference[] {
  return aligned(python, ours, String).flatMap(([theirs, own]): readonly Difference[] => {
    if (theirs === null) return [{ at: `${what} +${own}`, python: null, ours: own }];
    return own === null ? [{ at: `${what} -${theirs}`, python: theirs, ours: null }] : [];
  });
}

/** A comma at the end of a line of JSON belongs to the line that follows. */
function lines(text: string): readonly string[] {
  return text.split("\n").map((line) => line.replace(/,$/, ""));
}

type Pair<T> = readonly [T, T] | readonly [T, null] | readonly [null, T];

/** Both lists in one order, such that as many as possible of the same name stand beside each other. */
function aligned<T>(
  python: readonly T[],
  ours: readonly T[],
  nameOf: (item: T) => string,
): readonly Pair<T>[] {
  const common = commonLengths(python.map(nameOf), ours.map(nameOf));
  const pairs: Pair<T>[] = [];
  let [i, j] = [0, 0];
  while (i < python.length || j < ours.length) {
    const [theirs, own] = [python[i], ours[j]];
    if (i < python.length && j < ours.length && nameOf(theirs!) === nameOf(own!)) {
      pairs.push([theirs!, own!]);
      i++;
      j++;
    } else if (j >= ours.length || (i < python.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      pairs.push([theirs!, null]);
      i++;
    } else {
      pairs.push([null, own!]);
      j++;
    }
  }
  return pairs;
}

/** At [i][j] the length of the longest common subsequence of what follows from i and from j on. */
function commonLengths(a: readonly string[], b: readonly string[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i]![j] = a[i] === b[j]
        ? lengths[i + 1]![j + 1]! + 1
        : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  return lengths;
}

function kindOf(event: LoggedFields | null): string {
  return String(event?.event);
}
