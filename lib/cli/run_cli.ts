import { EXIT } from "../core/exit_code.ts";
import { FileError } from "../core/file_error.ts";
import { type Failure, failure } from "../core/problem.ts";
import { VERSION } from "../core/version.ts";
import type { Host } from "../host.ts";
import { type Line, readLine } from "./command_line.ts";
import { PROGRAM } from "./commands.ts";
import type { CliContext, Parts, VerbResult } from "./context.ts";
import { printFailure } from "./print_failure.ts";

/** Runs the program with its arguments; resolves to the exit code. Without a verb it prints help and fails. */
export async function runCli(host: Host, args: readonly string[], parts: Parts): Promise<number> {
  const line = await readLine(PROGRAM, args);
  try {
    const result = await resultOf({ host, parts }, line);
    if (typeof result === "number") return result;
    if (result.kind === "exit") return result.code;
    printFailure(host.terminal.err, result, line.json);
    return result.exitCode;
  } finally {
    host.terminal.finish();
  }
}

async function resultOf(context: CliContext, line: Line): Promise<VerbResult> {
  try {
    return await carriedOut(context, line);
  } catch (error) {
    // Of files a verb knows better what it means; what is left is the output itself.
    if (error instanceof FileError) return failure(EXIT.failed, error.message);
    throw error;
  }
}

async function carriedOut(context: CliContext, line: Line): Promise<VerbResult> {
  const { out, err } = context.host.terminal;
  const name = ["agent-runner", ...line.path].join(" ");
  switch (line.kind) {
    case "run":
      return await (await line.verb.load())(context, line.flags, ...line.args);
    case "version":
      out.write(`agent-runner ${VERSION}\n`);
      return EXIT.done;
    case "help": {
      const { helpText } = await import("./help_text.ts" as string) as typeof import("./help_text.ts");
      (line.isAsked ? out : err).write(await helpText(name, line.of));
      return line.isAsked ? EXIT.done : EXIT.failed;
    }
    case "wrong":
      return misused(name, line);
  }
}

function misused(name: string, { problems }: Extract<Line, { readonly kind: "wrong" }>): Failure {
  const hint = `${name} --help`;
  const [first] = problems;
  if (first !== undefined && problems.length === 1) {
    return failure(EXIT.usage, `${first.where}: ${first.text}`, { hint });
  }
  return failure(EXIT.usage, `Cannot run ${name}: ${problems.length} problems`, { problems, hint });
}
