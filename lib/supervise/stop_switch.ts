import type { Host, SignalName } from "../host.ts";
import type { StopRequest } from "../store/stop_request.ts";

/** Signals that arrive together are one request; a second one counts from here on (ms). */
const SECOND_REQUEST_AFTER_MS = 200;

/**
 * Requests to stop: the first lets the running round finish, a second ends it, unless it says what it wants.
 * Signals are heard from the moment of arming until `close`.
 */
export class StopSwitch {
  readonly #host: Host;
  readonly #asked = new AbortController();
  readonly #now = new AbortController();
  readonly #closers: (() => void)[] = [];
  readonly #note: (text: string) => void;
  #askedAtMs: number | null = null;
  #reloadAsked = false;

  /** What the request at hand says of the round, whatever the number of signals; null leaves it to that. */
  takeRequest: () => StopRequest | null = () => null;

  /** Whether SIGHUP under a service asks for a reload; it is ignored otherwise. */
  reloads = false;

  /** @param note told what a signal led to, in a sentence */
  constructor(host: Host, note: (text: string) => void) {
    this.#host = host;
    this.#note = note;
  }

  /**
   * Hears SIGTERM, SIGINT and SIGUSR1 (which would otherwise open the runtime's debugger), and SIGHUP: a stop where a
   * terminal has gone, a reload under a service.
   */
  arm(): void {
    for (const name of ["SIGTERM", "SIGINT", "SIGUSR1"] as const) this.#on(name, () => this.request(name));
    const { terminal } = this.#host;
    const hasTerminal = terminal.stdinIsTerminal || terminal.err.isTerminal;
    this.#on("SIGHUP", () => {
      if (hasTerminal) return this.request("SIGHUP");
      this.#reloadAsked = this.reloads;
      this.#note(
        this.reloads
          ? "SIGHUP: the configuration is read anew before the next round"
          : "SIGHUP ignored: there is no terminal to lose",
      );
    });
  }

  /** Whether somebody has asked for a reload since the last time. */
  takeReload(): boolean {
    const asked = this.#reloadAsked;
    this.#reloadAsked = false;
    return asked;
  }

  /** Aborted when somebody has asked for a stop. */
  get asked(): AbortSignal {
    return this.#asked.signal;
  }

  /** Aborted when the running round is to be ended too. */
  get now(): AbortSignal {
    return this.#now.signal;
  }

  request(why: string): void {
    const atMs = this.#host.clock.monotonicMs();
    const request = this.takeRequest();
    if (request === "now") {
      this.#note(`${why}: stopping now; a running round is ended`);
      this.#asked.abort();
      this.#now.abort();
    } else if (this.#askedAtMs === null) {
      this.#askedAtMs = atMs;
      this.#note(`${why}: stopping; a running round is finished first (once more: it is ended now)`);
      this.#asked.abort();
    } else if (request === "finish") {
      this.#note(`${why}: stopping already; a running round is finished first`);
    } else if (atMs - this.#askedAtMs >= SECOND_REQUEST_AFTER_MS && !this.#now.signal.aborted) {
      this.#note(`${why} again: ending the running round`);
      this.#now.abort();
    }
  }

  close(): void {
    for (const close of this.#closers.splice(0)) close();
  }

  #on(name: SignalName, handler: () => void): void {
    this.#closers.push(this.#host.signals.on(name, handler));
  }
}
