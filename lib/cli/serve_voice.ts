/**
 * How `serve` speaks: events as JSON; one plain line an event; and on a terminal one live line below them.
 *
 * @module
 */
import { cutCells } from "../core/cells.ts";
import { spanText } from "../core/duration_text.ts";
import type { LoggedEvent } from "../core/events.ts";
import { isOpenEnded } from "../core/rules.ts";
import type { Host } from "../host.ts";
import { eventLine, ruleText, untilText } from "../observe/event_text.ts";
import { bestEffort } from "../core/file_error.ts";
import { encodeLine } from "../store/line_format.ts";
import type { Activity, Voice } from "../supervise/voice.ts";

export interface ServeVoice {
  readonly voice: Voice;
  readonly onAppend: (event: LoggedEvent) => void;
  /** Takes the live line away. */
  close(): void;
}

const CLEAR_LINE = "\r\x1b[K";

/** Cells right of the live line: `^C`, as the terminal echoes it there, and the cursor must not make it wrap. */
const ROOM = 3;

export function serveVoice(host: Host, asJson: boolean): ServeVoice {
  const { out, err } = host.terminal;
  const reading = {
    get now() {
      return host.clock.now();
    },
    zoneOffsetMin: host.env.zoneOffsetMin,
  };
  const live = new LiveLine(
    host,
    !asJson && out.isTerminal && err.isTerminal && host.env.get("TERM") !== "dumb",
  );
  // A pager that nobody scrolls, or Ctrl-S, must not keep a round from being ended in time.
  host.terminal.dontWait();
  let refused = false;
  /** Events are in the log too: a standard output that takes none is said, once, and no reason to end. */
  function print(text: string): void {
    const refusal = bestEffort(() => out.write(text));
    if (refusal !== null && !refused) {
      err.write(`cannot write to ${refusal.message}; events go into the log all the same\n`);
    }
    refused = refusal !== null;
  }
  return {
    voice: {
      note: (text) => live.around(() => err.write(`${text}\n`)),
      activity: (activity) => live.show(activity),
    },
    onAppend: (event) =>
      live.around(() => print(asJson ? encodeLine(event) : `${eventLine(event, reading)}\n`)),
    close: () => live.clear(),
  };
}

/** The line that is drawn again and again below everything else. */
class LiveLine {
  readonly #host: Host;
  readonly #enabled: boolean;
  #text = "";

  constructor(host: Host, enabled: boolean) {
    this.#host = host;
    this.#enabled = enabled;
  }

  show(activity: Activity): void {
    if (!this.#enabled) return;
    this.#text = activityText(activity, this.#host);
    this.#draw();
  }

  /** Prints above the line. */
  around(print: () => void): void {
    if (this.#text !== "") this.#host.terminal.err.write(CLEAR_LINE);
    print();
    if (this.#text !== "") this.#draw();
  }

  clear(): void {
    if (this.#text !== "") this.#host.terminal.err.write(CLEAR_LINE);
    this.#text = "";
  }

  #draw(): void {
    const { err } = this.#host.terminal;
    // What is kept for a terminal that is held is to be words, not a line for every second.
    if (err.isBehind) return;
    err.write(`${CLEAR_LINE}${cutCells(this.#text, err.columns() - ROOM)}`);
  }
}

/** Such as `round 12 · a tool runs · 3 min 5 s of 30 min · last output 4 s ago`; "" when there is nothing to say. */
export function activityText(activity: Activity, host: Host): string {
  switch (activity.kind) {
    case "running": {
      const { round, work, elapsedMs, limitMs, quietMs } = activity;
      const left = `ends by force in ${spanText(Math.max(0, limitMs - elapsedMs))}`;
      return `round ${round} · ${work} · ${spanText(elapsedMs)} · last output ${
        spanText(quietMs)
      } ago · ${left}`;
    }
    case "waiting": {
      const { rule, until } = activity;
      if (isOpenEnded(rule)) return `waiting · ${ruleText(rule)}`;
      const reading = { now: host.clock.now(), zoneOffsetMin: host.env.zoneOffsetMin };
      return `waiting ${untilText(until, reading)} · ${ruleText(rule)}`;
    }
    case "between":
      return "";
  }
}
