import { EXIT } from "../core/exit_code.ts";
import { observe } from "../observe/observed.ts";
import { whyDocument } from "../observe/why_document.ts";
import { whyText } from "../observe/why_text.ts";
import type { CliContext, GlobalFlags, VerbResult } from "./context.ts";
import { loadConfig } from "./load_config.ts";

/** Says what the supervisor is doing, since when, by which rule, and what comes next. */
export async function why({ host }: CliContext, flags: GlobalFlags): Promise<VerbResult> {
  const loaded = await loadConfig(host, flags.config, EXIT.failed);
  if (loaded.kind === "failure") return loaded;
  const observed = observe(host, loaded.config);
  const text = whyText(host, loaded.config, observed);
  host.terminal.out.write(
    flags.json ? `${JSON.stringify(whyDocument(host, observed, text), null, 2)}\n` : `${text}\n`,
  );
  return EXIT.done;
}
