import { FileError } from "../../core/file_error.ts";
import type { Host } from "../../host.ts";
import { type Check, fails, type Seen } from "./check.ts";
import { NotStarted } from "./containment_checks.ts";
import { Stage } from "./stage.ts";

/** A check and what was seen of it. */
export interface Outcome extends Seen {
  readonly check: Check;
}

export interface Checked {
  readonly outcomes: readonly Outcome[];
  /** What of the self-test could not be ended or removed, in words; none on a machine that works. */
  readonly left: readonly string[];
}

/**
 * Makes all checks at once, in a temporary folder of their own, and tidies up.
 * @param over ends every wait when it is aborted
 * @throws FileError when the folder cannot be made
 */
export async function runChecks(host: Host, checks: readonly Check[], over: AbortSignal): Promise<Checked> {
  const stage = new Stage(host, over);
  // Whatever fails, the others come to their end first: a check that went on would start what nobody ends.
  const settled = await Promise.allSettled(
    checks.map(async (check) => ({ check, ...await look(check, stage) })),
  );
  const left = await stage.close();
  const outcomes = settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
  return { outcomes, left };
}

/** What the machine refuses is an answer too. */
async function look({ look }: Check, stage: Stage): Promise<Seen> {
  try {
    return await look(stage);
  } catch (error) {
    if (error instanceof FileError || error instanceof NotStarted) return fails(error.message);
    throw error;
  }
}
