import { EXIT } from "../core/exit_code.ts";
import { failure } from "../core/problem.ts";
import { lastEvents } from "../observe/event_query.ts";
import { observe } from "../observe/observed.ts";
import { snapshot } from "../observe/snapshot.ts";
import { layoutOf } from "../store/layout.ts";
import type { PeekFlags } from "./flags.ts";
import type { CliContext, VerbResult } from "./context.ts";
import { loadConfig } from "./load_config.ts";

// `peek --json` is for pipelines: what only a page or a selection needs would make a fifth of its start.
type PeekText = typeof import("../observe/peek_text.ts");
type Select = typeof import("../observe/select.ts");

const EVENTS_SELECTOR = "events.";

/** Shows the project's state, as a page or as a document. */
export async function peek({ host, parts }: CliContext, flags: PeekFlags): Promise<VerbResult> {
  if (flags.select === EVENTS_SELECTOR) {
    return failure(EXIT.usage, "--select events. needs a kind", {
      hint: "--select events.transient_error_detected",
    });
  }
  const loaded = await loadConfig(host, flags.config, EXIT.failed);
  if (loaded.kind === "failure") return loaded;
  const { config } = loaded;
  const { out } = host.terminal;
  if (flags.select?.startsWith(EVENTS_SELECTOR)) {
    const kind = flags.select.slice(EVENTS_SELECTOR.length);
    const lines = lastEvents(host, layoutOf(config.runtime.log_dir), flags.window, new Set([kind]));
    out.write(flags.json ? `[${lines.join(", ")}]\n` : lines.map((line) => `${line}\n`).join(""));
    return EXIT.done;
  }
  const observed = observe(host, config);
  const options = { round: flags.round ?? null, withLog: flags.log, events: flags.events ?? 0 };
  const document = snapshot(host, config, parts.plugins, observed, options);
  if (typeof flags.round === "number" && document.current_round === null) {
    return failure(
      EXIT.failed,
      `Cannot find round ${flags.round}: no log of it in ${observed.layout.rounds}`,
      {
        hint: "agent-runner peek --round latest",
      },
    );
  }
  if (flags.select !== undefined) return await printSelected(out, document, flags.select, flags.json);
  if (flags.json) out.write(`${JSON.stringify(document, null, 2)}\n`);
  else {
    const { peekText } = await import("../observe/peek_text.ts" as string) as PeekText;
    out.write(peekText(host, config, observed, document, flags.log));
  }
  return EXIT.done;
}

async function printSelected(
  out: { write(text: string): void },
  document: object,
  path: string,
  asJson: boolean,
): Promise<VerbResult> {
  const { select } = await import("../observe/select.ts" as string) as Select;
  const found = select(document, path);
  if (found.kind === "missing") {
    return failure(EXIT.failed, `Cannot select "${path}": there is no "${found.segment}"`, {
      hint: found.known.length === 0 ? "agent-runner peek --json" : `one of: ${found.known.join(", ")}`,
    });
  }
  const { value } = found;
  const isBare = !asJson && (typeof value !== "object" || value === null);
  out.write(`${isBare ? String(value) : JSON.stringify(value, null, 2)}\n`);
  return EXIT.done;
}
