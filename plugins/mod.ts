import type { Plugin } from "../lib/core/plugin.ts";
import { claude } from "./claude.ts";

/** The plugins that come with the program. */
export const PLUGINS: readonly Plugin[] = [claude];
