/**
 * Where a plugin comes from: what `source` stands for, and how its text is got.
 *
 * @module
 */
import { FileError } from "../core/file_error.ts";
import type { Host } from "../host.ts";
import { cachedText, cacheText } from "./text_cache.ts";

/** What the word in the configuration stands for. */
export type Source =
  /** `path` is absolute. */
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "url"; readonly url: string }
  /** `specifier` names an exact version. */
  | { readonly kind: "npm"; readonly specifier: string };

/** What was wanted, or in a sentence why it cannot be had. */
export type Got<T> = { readonly kind: "ok"; readonly value: T } | {
  readonly kind: "bad";
  readonly why: string;
};

export interface Text {
  readonly text: string;
  readonly sha256: string;
}

/** A larger module is no plugin (bytes). */
const BYTES_MAX = 8 * 1024 * 1024;

const FETCH_MS = 30_000;

/** Redirects on one host that are followed. */
const MOVES_MAX = 5;

/** @param folder that a relative path is taken against */
export function sourceOf(written: string, folder: string, home: string | null): Got<Source> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(written)?.[1]?.toLowerCase() ?? null;
  switch (scheme) {
    case null:
      return fileSource(written, folder, home);
    case "https":
      return urlSource(written);
    case "http":
      return /^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?\//i.test(written)
        ? urlSource(written)
        : bad("plain http is for this machine only (localhost); use https");
    case "npm":
      return /^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+[\w.+-]*(\/[\w./-]+)?$/.test(written)
        ? ok({ kind: "npm", specifier: written })
        : bad("an npm package needs its exact version: npm:NAME@1.2.3");
    default:
      return bad(`cannot load from ${scheme}: use a path, https://… or npm:NAME@VERSION`);
  }
}

function fileSource(written: string, folder: string, home: string | null): Got<Source> {
  if (written.startsWith("~/")) {
    return home === null
      ? bad("~ cannot be expanded, as HOME is not set")
      : ok({ kind: "file", path: home + written.slice(1) });
  }
  const joined = written.startsWith("/") ? written : `${folder}/${written}`;
  return ok({
    kind: "file",
    path: decodeURIComponent(
      new URL(`file://${encodeURI(joined).replaceAll(/[?#]/g, encodeURIComponent)}`).pathname,
    ),
  });
}

function urlSource(written: string): Got<Source> {
  if (!URL.canParse(written)) return bad("is no address");
  const { username, password } = new URL(written);
  return username + password === "" ? ok({ kind: "url", url: written }) : bad("must not hold a password");
}

/** The text of a local plugin. */
export async function readPluginFile(host: Host, path: string): Promise<Got<Text>> {
  try {
    const stat = host.files.stat(path);
    if (stat === null) return bad(`${path} does not exist`);
    if (stat.isDir) return bad(`${path} is a folder; name the file in it`);
    if (!stat.isFile) return bad(`${path} is no regular file`);
    if (stat.size > BYTES_MAX) return bad(`${path} is larger than ${BYTES_MAX} bytes`);
    const read = await asModule(host, host.files.readText(path) ?? "", path);
    if (read.kind === "ok" && read.value.sha256 !== await host.files.sha256({ path })) {
      return bad(`${path} is not UTF-8`);
    }
    return read;
  } catch (error) {
    if (error instanceof FileError) return bad(error.message);
    throw error;
  }
}

/**
 * The text behind an address: the kept one where its hash is known, without any network; else what it serves now.
 * @param sha256 what it has to be, null: whatever it is
 * @param cache folder of the kept texts
 */
export async function readPluginUrl(
  host: Host,
  url: string,
  sha256: string | null,
  cache: string,
): Promise<Got<Text>> {
  const kept = sha256 === null ? null : await cachedText(host, cache, sha256);
  if (kept !== null && sha256 !== null) return ok({ text: kept, sha256 });
  const fetched = await fetchText(host, url);
  if (fetched.kind === "bad") return fetched;
  const { value } = fetched;
  if (sha256 !== null && value.sha256 === sha256) cacheText(host, cache, value);
  return fetched;
}

/** What an address serves now. */
export async function fetchText(host: Host, url: string): Promise<Got<Text>> {
  let at = url;
  for (let moves = 0; moves <= MOVES_MAX; moves++) {
    const answer = await host.web.get(at, { timeoutMs: FETCH_MS, bytesMax: BYTES_MAX });
    if (answer.kind === "refused") return bad(`${at} cannot be fetched: ${answer.why}`);
    if (answer.kind === "ok") {
      const text = utf8(answer.bytes);
      if (text === null) return bad(`${at} is not UTF-8`);
      if (/^text\/html\b/i.test(answer.type)) return bad(`${at} ${HTML}`);
      return await asModule(host, text, at);
    }
    if (new URL(answer.to).origin !== new URL(at).origin) {
      return bad(
        `${at} sends us on to another host, ${new URL(answer.to).host}; name ${answer.to} if that is meant`,
      );
    }
    at = answer.to;
  }
  return bad(`${url} sends us on more than ${MOVES_MAX} times`);
}

async function asModule(host: Host, text: string, where: string): Promise<Got<Text>> {
  if (text.trim() === "") return bad(`${where} is empty`);
  if (/^\s*(<!doctype html|<html)/i.test(text)) return bad(`${where} ${HTML}`);
  const sha256 = await host.files.sha256({ text });
  return sha256 === null ? bad(`${where} cannot be read`) : ok({ text, sha256 });
}

const HTML = "is a page for people (HTML), not a module";

/** With a byte order mark, as the hash is that of all bytes; null where it is something else. */
function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // The only thing that a decoder refuses.
    return null;
  }
}

function ok<T>(value: T): Got<T> {
  return { kind: "ok", value };
}

function bad(why: string): { readonly kind: "bad"; readonly why: string } {
  return { kind: "bad", why };
}
