/**
 * Exit codes of every verb (the sysexits family). Frozen: a service manager's unit relies on them.
 * A service never restarts 69, 70, 77 and 78.
 */
export const EXIT = {
  /** Done; also a stop that somebody asked for. */
  done: 0,
  failed: 1,
  usage: 2,
  /** Stopped by a usage limit or a budget. */
  limit: 69,
  /** Stopped by the crash breaker or by `on_no_work = "stop"`. */
  breaker: 70,
  /** Busy: another process holds what is needed. Try again. */
  busy: 75,
  /** Authentication or billing: a person has to act. */
  auth: 77,
  config: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Stops that a restart cannot mend. */
export const PERMANENT_EXITS: readonly number[] = [EXIT.limit, EXIT.breaker, EXIT.auth, EXIT.config];
