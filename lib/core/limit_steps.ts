/**
 * How the limits in the state come and go; the steps of `evolve` that have to do with them.
 *
 * @module
 */
import type { Instant } from "./instant.ts";
import type { ProjectState } from "./project_state.ts";
import { type LoggedLimit, type Throttle, throttleOf } from "./throttle.ts";

/** A round that ran without a new limit ends every row, whatever its own end was. */
export function withoutLimit(state: ProjectState): ProjectState {
  return { ...state, throttles: [], recovering: [...state.recovering, ...state.throttles], rows: {} };
}

/** `round_end.limit` and `transient_error_detected` tell of the same limit; the first of them counts. */
export function detected(state: ProjectState, logged: LoggedLimit, round: number, at: Instant): ProjectState {
  const known = state.throttles.find((throttle) => isSame(throttle, logged));
  if (known !== undefined && known.sinceRound === round && round > 0) return state;
  const row = state.rows[logged.classification] ?? null;
  const throttle = throttleOf(logged, at, round, row);
  const guesses = throttle.strikes + (throttle.source === "estimate" ? 1 : 0);
  return {
    ...state,
    throttles: [...state.throttles.filter((other) => other !== known), throttle],
    recovering: state.recovering.filter((other) => !isSame(other, logged)),
    rows: {
      ...state.rows,
      [logged.classification]: { count: guesses, since: throttle.firstDetectedAt },
    },
  };
}

/** Whether both are the same class of the same agent. */
export function isSame(
  throttle: Throttle,
  other: { readonly classification: string; readonly agent: string },
): boolean {
  return throttle.classification === other.classification && throttle.agent === other.agent;
}
