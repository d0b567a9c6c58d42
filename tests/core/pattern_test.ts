import assert from "node:assert/strict";
import { CONFIG } from "../../lib/core/config.ts";
import { compilePattern, translatePattern } from "../../lib/core/pattern.ts";

Deno.test("compilePattern() heeds case, unless it is told not to", () => {
  assert.deepEqual(compilePattern("denied"), /denied/);
  assert.deepEqual(compilePattern("(?i)denied"), /denied/i);
  assert.deepEqual(compilePattern("denied", { ignoreCase: true }), /denied/i);
});

Deno.test("compilePattern() says why, when the pattern is broken", () => {
  assert.equal(compilePattern("[a"), 'invalid regex "[a": Unterminated character class');
  assert.equal(compilePattern("a(?i)b"), 'invalid regex "a(?i)b": Invalid group');
});

Deno.test("translatePattern() rewrites what only Python writes so", () => {
  assert.equal(
    translatePattern(String.raw`\A(?P<word>\w+) (?P=word)\Z`),
    String.raw`^(?<word>\w+) \k<word>$`,
  );
  assert.equal(translatePattern("[]x]"), String.raw`[\]x]`);
  assert.equal(translatePattern("[^]x]"), String.raw`[^\]x]`);
});

Deno.test("translatePattern() changes nothing, when it only looks like Python's", () => {
  for (const text of [String.raw`\\A`, "[(?P<]", String.raw`[\]]A`, "A-Z", String.raw`\.claude/snapshot-`]) {
    assert.equal(translatePattern(text), text);
  }
});

Deno.test("compilePattern() knows a failed login by the default pattern", () => {
  const pattern = compilePattern(CONFIG.monitor.auth_fail_patterns.default?.[0] ?? "", { ignoreCase: true });
  assert.ok(pattern instanceof RegExp);
  for (
    const line of [
      "OAuth token expired",
      "HTTP 401",
      "invalid API key",
      "authentication_error",
      "session has expired",
    ]
  ) {
    assert.match(line, pattern);
  }
  for (const line of ["4010 tests", "author failed", "authorised"]) assert.doesNotMatch(line, pattern);
});
