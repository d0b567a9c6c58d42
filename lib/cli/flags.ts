/**
 * What each verb gets of its flags.
 *
 * @module
 */
import type { GlobalFlags } from "./context.ts";

export interface InitFlags extends GlobalFlags {
  readonly preset: string;
  readonly force: boolean;
  readonly commit: boolean;
}

export interface ServeFlags extends GlobalFlags {
  readonly once: boolean;
  readonly maxRounds?: number;
}

export interface RoundFlags extends GlobalFlags {
  readonly phase?: string;
}

export interface PeekFlags extends GlobalFlags {
  readonly select?: string;
  readonly round?: number | "latest";
  readonly log: boolean;
  readonly events?: number;
  readonly window: number;
}

export interface EventsFlags extends GlobalFlags {
  readonly kind?: string;
  readonly window?: number;
  readonly tail: boolean;
  readonly follow: boolean;
}

export interface StopFlags extends GlobalFlags {
  readonly now: boolean;
  readonly wait: boolean;
}

export interface PluginNewFlags extends GlobalFlags {
  readonly force: boolean;
}

export interface PluginTestFlags extends GlobalFlags {
  readonly log?: string;
  readonly trust?: "sandbox" | "full";
}

export interface PluginAddFlags extends GlobalFlags {
  readonly sha256?: string;
  readonly trust: "sandbox" | "full";
  readonly yes: boolean;
}

export interface PluginUpdateFlags extends GlobalFlags {
  readonly yes: boolean;
}

export type WorkAction = "list" | "show" | "restore";
