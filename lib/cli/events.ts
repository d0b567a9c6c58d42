import { EXIT } from "../core/exit_code.ts";
import { failure } from "../core/problem.ts";
import type { Host } from "../host.ts";
import { isEvent, lastEvents } from "../observe/event_query.ts";
import { follow } from "../observe/follow.ts";
import { layoutOf } from "../store/layout.ts";
import type { EventsFlags } from "./flags.ts";
import type { CliContext, VerbResult } from "./context.ts";
import { loadConfig } from "./load_config.ts";

const WINDOW = 10;

/** Prints events as they are stored: the last ones, or with `--tail` those that come. */
export async function events({ host }: CliContext, flags: EventsFlags): Promise<VerbResult> {
  const kinds = flags.kind === undefined ? null : kindsIn(flags.kind);
  if (kinds?.size === 0) {
    return failure(EXIT.usage, "--kind requires at least one kind", { hint: "--kind round_end,agent_exit" });
  }
  const tails = flags.tail || flags.follow;
  if (tails && flags.window !== undefined) {
    return failure(EXIT.usage, "--window and --tail are mutually exclusive", {
      hint: "leave one of them out",
    });
  }
  const loaded = await loadConfig(host, flags.config, EXIT.failed);
  if (loaded.kind === "failure") return loaded;
  const layout = layoutOf(loaded.config.runtime.log_dir);
  const { out } = host.terminal;
  if (!tails) {
    for (const line of lastEvents(host, layout, flags.window ?? WINDOW, kinds)) out.write(`${line}\n`);
    return EXIT.done;
  }
  for await (const line of follow(host, layout, interrupted(host))) {
    if (isEvent(line, kinds)) out.write(`${line}\n`);
    if (out.closed) break;
  }
  return EXIT.done;
}

function kindsIn(text: string): ReadonlySet<string> {
  return new Set(text.split(",").map((kind) => kind.trim()).filter((kind) => kind !== ""));
}

function interrupted(host: Host): AbortSignal {
  const over = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGUSR1"] as const) host.signals.on(name, () => over.abort());
  return over.signal;
}
