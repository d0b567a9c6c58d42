import type { Description } from "../../extend/description.ts";
import type { EventLog } from "../../store/event_log.ts";

/** What detectors have to say: told when it is new, or has changed. */
export class Alerts {
  readonly #last = new Map<string, string>();

  /** @param answers by the detectors' names */
  tell(
    log: EventLog,
    detectors: Description["detectors"],
    answers: Readonly<Record<string, unknown>>,
  ): void {
    for (const { name: detector, severity, auto_action } of detectors) {
      const message = (answers[detector] as { readonly message?: unknown } | null | undefined)?.message;
      if (typeof message !== "string") this.#last.delete(detector);
      else if (this.#last.get(detector) !== message) {
        this.#last.set(detector, message);
        log.append({ event: "monitor_alert_emitted", detector, severity, message, auto_action });
      }
    }
  }
}
