import type { Instant } from "../core/instant.ts";
import type { Environment } from "../host.ts";
import { once } from "../core/once.ts";
import { refusing } from "./refusal.ts";

/** Path of the single-file program, set by its own start-up script. */
export const SELF_VARIABLE = "AGENT_RUNNER_SELF";

/** What this process was started with; read at first use. */
export function systemEnvironment(): Environment {
  const all = once(allVariables);
  const cwd = once(() => refusing("working folder", () => Deno.cwd()));
  const program = once(programWords);
  return {
    get,
    all,
    get cwd() {
      return cwd();
    },
    get home() {
      return get("HOME") || null;
    },
    get program() {
      return program();
    },
    get runtime() {
      return Deno.build.standalone ? null : Deno.execPath();
    },
    zoneOffsetMin,
  };
}

/** Undefined as well for a value that is not UTF-8, which no string can hold. */
function get(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.InvalidData) return undefined;
    throw error;
  }
}

function allVariables(): Readonly<Record<string, string>> {
  const { [SELF_VARIABLE]: self, DENO_NO_UPDATE_CHECK: check, ...others } = Deno.env.toObject();
  return self === undefined && check !== undefined ? { ...others, DENO_NO_UPDATE_CHECK: check } : others;
}

function programWords(): readonly string[] {
  const self = get(SELF_VARIABLE);
  if (self) return [self];
  if (Deno.build.standalone) return [Deno.execPath()];
  const main = decodeURIComponent(new URL(Deno.mainModule).pathname);
  return [Deno.execPath(), "run", "-A", "--no-prompt", "--quiet", main];
}

/** `Date` counts the other way round: minutes that UTC is ahead. */
function zoneOffsetMin(at: Instant): number {
  const ahead = new Date(at).getTimezoneOffset();
  return ahead === 0 ? 0 : -ahead;
}
