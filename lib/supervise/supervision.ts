import type { Bare } from "./bare.ts";
import type { Footprint } from "./footprint.ts";
import type { Hooks } from "./hooks/hooks.ts";

/** What every part of the write side but the hooks works with. */
export interface Supervision extends Bare {
  /** What else runs around the rounds. */
  readonly hooks: Hooks;
  readonly footprint: Footprint;
}
