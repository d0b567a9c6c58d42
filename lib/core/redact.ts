const MARK = "<redacted>";

/**
 * Replaces what looks like a secret by `<redacted>`: keys, passwords, tokens, cookies, private-key blocks.
 * Idempotent and best effort; takes time in proportion to the text's length, whatever the text is.
 * `TOKEN=abc` becomes `TOKEN=<redacted>`.
 */
export function redact(text: string): string {
  return RULES.reduce((masked, rule) => masked.replace(rule, `$<keep>${MARK}`), text);
}

/** The redacted text's first `max` UTF-16 units, one less where a surrogate pair would be torn. */
export function redactedCut(text: string, max: number): string {
  const masked = redact(text);
  if (masked.length <= max) return masked;
  return masked.slice(0, isInsidePair(masked, max) ? max - 1 : max);
}

/** The redacted text's last `max` UTF-16 units, one less where a surrogate pair would be torn. */
export function redactedTail(text: string, max: number): string {
  const masked = redact(text);
  if (masked.length <= max) return masked;
  const from = masked.length - max;
  return masked.slice(isInsidePair(masked, from) ? from + 1 : from);
}

function isInsidePair(text: string, at: number): boolean {
  return /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(Math.max(0, at - 1), at + 1));
}

// Two habits keep the rules below linear and idempotent:
// - what follows an unbounded repetition cannot fail, or the next attempt can only start behind that repetition;
// - a mask ends where a word ends, so that nothing can start right behind it that could not start there before.

/** What makes a name the name of a secret. */
const SECRET_WORD = oneOf(
  [
    "password",
    "passwd",
    "pwd",
    "token",
    "secret",
    "api[_-]?key",
    "access[_-]?key",
    "credential",
    "private[_-]?key",
  ],
);

const SECRET_FLAG = `--${
  oneOf(
    [
      "token",
      "password",
      "passwd",
      "api-key",
      "apikey",
      "secret",
      "secret-access-key",
      "access-key",
      "auth",
      "authorization",
      "client-secret",
      "aws-session-token",
      "bearer",
      "auth-token",
      "private-key",
    ],
  )
}`;

const SECRET_HEADER = oneOf(["authorization", "cookie", "x-api-key", "x-auth-token", "x-amz-security-token"]);

const SECRET_QUERY = oneOf(
  [
    "access_token",
    "api_?key",
    "token",
    "auth",
    "secret",
    "sig",
    "signature",
    "password",
    "client_secret",
    "x-amz-security-token",
    "x-amz-signature",
  ],
);

/** Token forms with the least length that tells them from ordinary words such as `sk-report.md`. */
const KEY_FORM = oneOf([
  String.raw`sk-(?:ant|proj|svcacct|admin|or-v1)-[\w-]{16,}`,
  String.raw`sk-[A-Za-z0-9]{16,}`,
  String.raw`gh[opsu]_[A-Za-z0-9]{20,}`,
  String.raw`github_pat_\w{20,}`,
  String.raw`xox[bpars]-[A-Za-z0-9-]{10,}`,
  String.raw`xapp-[A-Za-z0-9-]{10,}`,
  String.raw`A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])`,
  String.raw`AIza[\w-]{35,}`,
  String.raw`glpat-[\w-]{20,}`,
  String.raw`ya29\.[\w-]{20,}`,
  String.raw`[srp]k_(?:live|test)_[A-Za-z0-9]{16,}`,
  String.raw`npm_[A-Za-z0-9]{20,}`,
  String.raw`hf_[A-Za-z0-9]{20,}`,
]);

/** The start of a word, also within quotes, brackets and lists; `?` and `&` are left to the rule for URLs. */
const WORD_START = "(?<![^\\s\"'`([{,;|:])";

/** A shell word. An opening quote right at its start that is never closed takes the rest of the line. */
const WORD = String.raw`(?=\S)(?:"(?:[^"\\\n]|\\.?)*(?:"|$)|'[^'\n]*(?:'|$))?(?:"[^"\n]*"|'[^'\n]*'|\S)*`;

const PEM_LABEL = String.raw`[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----`;
const PEM_REST = String.raw`(?:[^-]|-(?!----))*-----END ${PEM_LABEL}`;
const PEM_LINES = String.raw`(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]{16,})*`;

/** Applied in this order to the whole text; each match but its group `keep` is masked. */
const RULES: readonly RegExp[] = [
  // Private-key blocks; of one that is torn, the lines that can be key material.
  rule("", "", `-----BEGIN ${PEM_LABEL}(?:${PEM_REST}|${PEM_LINES})`),
  // JSON members and what resembles them, also within a JSON string. They come before the assignments, whose
  // value could otherwise swallow a member's name and leave the rest of its value behind.
  rule(
    "i",
    String.raw`(?<![^\s{,([\\])["'](?=[\w.-]*?(?:${SECRET_WORD}|authorization|cookie))[\w.-]+\\?["']` +
      String.raw`\s{0,8}:\s{0,8}(?<quote>\\?["'])`,
    String.raw`(?:(?!\k<quote>)(?:\\.|.))+`,
  ),
  // NAME=value; the shell's own PWD holds a path.
  rule(
    "im",
    String.raw`${WORD_START}(?!pwd=/)(?=[\w.-]*?${SECRET_WORD})[\w.-]+(?:[ \t]{0,8}=[ \t]{0,8}(?=["'])|=)`,
    WORD,
  ),
  // --flag value, --flag=value, and the flag in a printed list of arguments.
  rule("im", String.raw`${SECRET_FLAG}(?:[ \t]+|=)`, `(?!--)${WORD}`),
  rule("i", String.raw`${SECRET_FLAG}(?<quote>["']),\s{0,8}\k<quote>`, String.raw`(?:(?!\k<quote>).)+`),
  // HTTP header lines.
  rule("i", String.raw`${SECRET_HEADER}:[ \t]*`, String.raw`[^\s][^\r\n]*`),
  // -u user:password, but not a URL.
  rule("m", String.raw`${WORD_START}-u(?:[ \t]+|=)`, String.raw`(?=["']?[^\s:?&#]*:(?!//))${WORD}`),
  // HTTP authentication schemes; messages name them too ("Basic authentication failed"). `--bearer` is a flag.
  rule(
    "",
    String.raw`(?<![A-Za-z0-9-])(?:Bearer|Basic|Token|ApiKey|Digest|Negotiate|NTLM)[ \t]+`,
    "(?!authenticat|authorizat)[A-Za-z0-9+/=._-]{12,}",
  ),
  // User information of a URL.
  rule("", "://", String.raw`[^\s/?#"<>]+(?=@)`),
  // Query and fragment of a URL.
  rule("i", `[?&#]${SECRET_QUERY}=`, String.raw`[^&#\s"]+`),
  // JSON web tokens. The look-ahead finds the dots once, so that a run of `eyJ` is not searched from each of them.
  rule(
    "",
    String.raw`(?<![\w-])(?=[\w-]+\.[\w-]+\.[\w-])[\w-]*?(?<![A-Za-z0-9])`,
    String.raw`eyJ[\w-]*(?:\.[\w-]+){2,4}`,
  ),
  rule("", "(?<![A-Za-z0-9])", KEY_FORM),
];

function oneOf(alternatives: readonly string[]): string {
  return `(?:${alternatives.join("|")})`;
}

function rule(flags: string, keep: string, masked: string): RegExp {
  return new RegExp(`(?<keep>${keep})${masked}`, `g${flags}`);
}
