import type { Config } from "./config.ts";

/** What `phases.list` gives a round. */
export interface Phase {
  /** Null without a list. */
  readonly name: string | null;
  /** Place in the list, from 0; 0 without a list. */
  readonly index: number;
}

/** The phase of a round of the rotation: round 1 has the first one, after the last one it begins anew. */
export function phaseOf({ phases: { list } }: Config, round: number): Phase {
  if (list.length === 0) return { name: null, index: 0 };
  const index = (round - 1) % list.length;
  return { name: list[index]!, index };
}

/** Where a round's phase stands in the list; for one that was asked for by name it is the first such place. */
export function phaseIndex(config: Config, round: number, name: string | null): number {
  const turn = phaseOf(config, round);
  return turn.name === name ? turn.index : Math.max(0, config.phases.list.indexOf(name ?? ""));
}

/** The configuration as it holds in a phase, with what `[phases.<name>]` replaces. */
export function forPhase(config: Config, name: string | null): Config {
  const own = name === null || !Object.hasOwn(config.phases.by_name, name)
    ? undefined
    : config.phases.by_name[name];
  if (own === undefined) return config;
  const { runtime, prompt } = config;
  return {
    ...config,
    runtime: {
      ...runtime,
      round_timeout_s: own.round_timeout_s ?? runtime.round_timeout_s,
      disable_pre_round_hooks: own.disable_pre_round_hooks ?? runtime.disable_pre_round_hooks,
    },
    prompt: own.prompt === null ? prompt : { ...prompt, file: null, files: own.prompt.files },
  };
}

/** Whether a round is one of those that look with fresh eyes. */
export function hasFreshEyes({ runtime: { fresh_eyes_every_n: every } }: Config, round: number): boolean {
  return every !== null && round % every === 0;
}
