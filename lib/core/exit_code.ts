/**
 * Exit codes of every verb (the sysexits family). Frozen: a service manager's unit relies on them.
 * A service never restarts 69, 70, 77 and 78.
 */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  limit: 69,
  breaker: 70,
  busy: 75,
  auth: 77,
  config: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code says, for the reference. */
export const EXIT_TEXTS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: "Done; also a stop that somebody asked for, by one signal or two.",
  failed: "Failed. Verbs that only read also answer a bad configuration with it.",
  usage: "The command line is wrong.",
  limit: 'Stopped by a usage limit, with `transient_error_action = "stop"`.',
  breaker: 'Stopped by the crash breaker or by `on_no_work = "stop"`.',
  busy: "Busy: another process holds what is needed. Try again.",
  auth: "Login or account was refused: a person has to act.",
  config: "The configuration, or what it names, does not work: `serve` and `round` only.",
};

/** Stops that a restart cannot mend. */
export const PERMANENT_EXITS: readonly number[] = [EXIT.limit, EXIT.breaker, EXIT.auth, EXIT.config];
