import type { ReaderChoice } from "../extend/choose_reader.ts";
import { agentOf } from "../extend/output_reader.ts";

/** Which reader watches the agent, or what follows where none does. */
export function readerText(choice: ReaderChoice): string {
  if (choice.kind !== "chosen") {
    const why = choice.kind === "none" ? choice.why : choice.text;
    return `no reader watches the agent (${why}): limits are not seen; set agent.reader if it speaks a known format`;
  }
  const because = choice.because === "reader" ? "agent.reader" : "its command";
  return `the ${agentOf(choice.reader)} reader watches the agent (by ${because})`;
}
