export interface Options {
  readonly seed: number;
  readonly points: number;
  /** Only this project of the seed, null: all. */
  readonly project: number | null;
  /** Projects at a time. */
  readonly lanes: number;
  /** Script to fuzz instead of the program, null: the program. */
  readonly entry: string | null;
  readonly syscalls: boolean;
}

/** Reads `--name=value` and `--name value`. */
export function parseOptions(args: readonly string[]): Options {
  const words = args.flatMap((arg) => arg.startsWith("--") ? arg.split(/=(.*)/s, 2) : [arg]);
  const valueOf = (name: string) => {
    const at = words.indexOf(`--${name}`);
    return at < 0 ? null : words[at + 1] ?? null;
  };
  const numberOf = (name: string, otherwise: number) => {
    const value = Number(valueOf(name) ?? otherwise);
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`--${name} takes a whole number`);
    return value;
  };
  const project = valueOf("project");
  return {
    seed: numberOf("seed", 1),
    points: numberOf("points", 200),
    project: project === null ? null : numberOf("project", 0),
    lanes: Math.max(1, numberOf("lanes", 4)),
    entry: valueOf("entry"),
    syscalls: words.includes("--syscalls"),
  };
}
