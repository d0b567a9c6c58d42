/**
 * `stop-request.json`: what a signal alone cannot say, as signals that are sent together arrive as one.
 *
 * @module
 */
import type { Host } from "../host.ts";
import { bestEffort } from "../core/file_error.ts";
import type { Layout } from "./layout.ts";
import { parseObject } from "./status.ts";

/** What the round is to do: end `now`, or `finish`, however often that is asked for. */
export type StopRequest = "now" | "finish";

/** Says what the signal that is sent afterwards is to mean for the running round. */
export function requestStop(host: Host, layout: Layout, request: StopRequest): void {
  host.files.replace(layout.stopRequest, JSON.stringify({ now: request === "now" }), "whole");
}

/** Takes the request away; null where there is none, as for a signal by itself. */
export function takeStopRequest(host: Host, layout: Layout): StopRequest | null {
  let text: string | null = null;
  bestEffort(() => {
    text = host.files.readText(layout.stopRequest);
    if (text !== null) host.files.remove(layout.stopRequest);
  });
  if (text === null) return null;
  return parseObject(text)?.now === true ? "now" : "finish";
}
