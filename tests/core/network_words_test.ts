import assert from "node:assert/strict";
import fc from "fast-check";
import { networkWords } from "../../lib/core/network_words.ts";

const WORDS = [
  "connection refused",
  "Connection reset",
  "connection timed out",
  "connect timed out",
  "Network is unreachable",
  "network unreachable",
  "Name or service not known",
  "nodename nor servname",
  "Temporary failure in name resolution",
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "fetch failed",
  "socket hang up",
  "500 Service Unavailable",
  "502 Bad Gateway",
  "503 Service Unavailable",
  "504 Gateway Timeout",
  "504 Gateway Time-out",
];

Deno.test("networkWords() returns the words as found, whatever their case", () => {
  for (const words of WORDS) {
    for (const found of [words, words.toLowerCase(), words.toUpperCase()]) {
      assert.equal(networkWords(`error: ${found}.`), found);
    }
  }
});

Deno.test("networkWords() returns the first words, when there are several", () => {
  assert.equal(networkWords("TypeError: fetch failed, cause: connect ECONNREFUSED"), "fetch failed");
});

Deno.test("networkWords() finds nothing, when the words are parts of others or only name the subject", () => {
  const lines = [
    "",
    "dns",
    "dns.ts: resolve()",
    "1504 Gateway Timeout",
    "503",
    "504 lines",
    "MYENOTFOUNDER",
    "prefetch failed",
  ];
  for (const line of lines) assert.equal(networkWords(line), null);
});

Deno.test("networkWords() returns a part of the line, when it returns anything", () => {
  const line = fc.array(fc.constantFrom(...WORDS, "dns", " ", "x", "\n")).map((parts) => parts.join(""));
  fc.assert(fc.property(line, (text) => text.includes(networkWords(text) ?? "")));
});
