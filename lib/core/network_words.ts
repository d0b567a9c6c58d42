/**
 * The first words in a line that tell of a failed network connection or gateway, as found there; null where there
 * are none. Only to be asked about words that a CLI itself wrote: prose about networks matches as well.
 */
export function networkWords(text: string): string | null {
  return NETWORK_FAILURE.exec(text)?.[0] ?? null;
}

/** The wording of libc, Node, curl, Python and HTTP status lines, whole words only. */
const NETWORK_FAILURE = new RegExp(
  `\\b(?:${
    [
      "connection (?:refused|reset|timed out)",
      "connect timed out",
      "network (?:is )?unreachable",
      "name or service not known",
      "nodename nor servname",
      "temporary failure in name resolution",
      "ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN",
      "fetch failed",
      "socket hang up",
      "50[0234] (?:service unavailable|bad gateway|gateway time-?out)",
    ].join("|")
  })\\b`,
  "i",
);
