/**
 * `stop-request.json`: what a signal alone cannot say, as signals that are sent together arrive as one.
 *
 * @module
 */
import type { Host } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";
import type { Layout } from "./layout.ts";
import { parseObject } from "./status.ts";

/** Asks the running supervisor to end its round too; the signal that makes it look is sent afterwards. */
export function requestStopNow(host: Host, layout: Layout): void {
  host.files.replace(layout.stopRequest, JSON.stringify({ now: true }), "whole");
}

/** Takes the request away; true when the round is to be ended too. */
export function takeStopRequest(host: Host, layout: Layout): boolean {
  let text: string | null = null;
  bestEffort(() => {
    text = host.files.readText(layout.stopRequest);
    if (text !== null) host.files.remove(layout.stopRequest);
  });
  return text !== null && parseObject(text)?.now === true;
}
