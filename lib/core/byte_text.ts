/**
 * Bytes as a text of one character each (U+0000 to U+00FF): file names that are no UTF-8 can be cut, compared and given
 * back without a loss.
 *
 * @module
 */

/** Arguments that a call takes without trouble in every engine. */
const PART = 8192;

/**
 * The bytes as a text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(byteText(new Uint8Array([97, 255])), "a\u00ff");
 * ```
 */
export function byteText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += PART) {
    text += String.fromCharCode(...bytes.subarray(at, at + PART));
  }
  return text;
}

/**
 * The bytes that a text of `byteText` stands for.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(bytesOf("a\u00ff"), new Uint8Array([97, 255]));
 * ```
 */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/**
 * The same as people read it; what is no UTF-8 is replaced.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(readable("\u00c3\u00a4"), "ä");
 * ```
 */
export function readable(text: string): string {
  return new TextDecoder().decode(bytesOf(text));
}
