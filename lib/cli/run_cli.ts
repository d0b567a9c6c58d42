import { run } from "@stricli/core";
import { EXIT } from "../core/exit_code.ts";
import type { Host } from "../host.ts";
import { application, NESTED } from "./commands.ts";
import type { CliContext, Parts } from "./context.ts";
import { takeGlobals } from "./take_globals.ts";

/** Runs the program with its arguments; resolves to the exit code. Without a verb it prints help and fails. */
export async function runCli(host: Host, args: readonly string[], parts: Parts): Promise<number> {
  const { words, globals } = takeGlobals(args);
  const { out, err } = host.terminal;
  const hasVerb = words.length > 0;
  const streams: CliContext["process"] = { stdout: hasVerb ? out : err, stderr: err };
  const [verb = "--help", ...rest] = words;
  const line = NESTED.includes(verb) ? [verb, "--", ...rest] : [verb, ...rest];
  await run(application, line, { host, parts, globals, process: streams });
  return hasVerb ? exitCodeOf(Number(streams.exitCode ?? EXIT.done)) : EXIT.failed;
}

/** Stricli's `UnknownCommand` and `InvalidArgument`; its other negative codes are failures of the program. */
const STRICLI_USAGE = [-5, -4];

function exitCodeOf(code: number): number {
  if (code >= 0) return code;
  return STRICLI_USAGE.includes(code) ? EXIT.usage : EXIT.failed;
}
